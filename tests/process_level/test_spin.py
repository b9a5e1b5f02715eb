"""A real program that is made to spin, by a patch that stands where its heartbeats should be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness import cli
from harness.hermes import environments
from tests.harness.hermes.fixes.subjects import ADAPTER, diff

SCENARIO = """
scenario: calm
story: Nothing happens.
issues: []
levels: [process]
asks: [stays]
rules: []
end: 20m
"""
RESTS = "                await asyncio.sleep(self._heartbeat_interval)\n"
TURNS = "                await asyncio.sleep(0)\n                continue\n"

pytestmark = [pytest.mark.release, pytest.mark.slow]


def spinning(folder: Path) -> Path:
    """A patch of 0.19.0, whose heartbeat task then turns without end."""
    before = (environments.resolve("0.19.0").root / ADAPTER).read_text(encoding="utf-8")
    assert before.count(RESTS) == 1
    patch = folder / "spin.patch"
    patch.write_text(diff(ADAPTER, ADAPTER, before, before.replace(RESTS, TURNS)), encoding="utf-8")
    return patch


def test_a_program_that_spins_fails_by_that_name(tmp_path: Path) -> None:
    file = tmp_path / "calm.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    words = ["run", str(file), "--level", "process", "--hermes", "0.19.0", "--out", str(tmp_path / "out")]
    assert cli.main([*words, "--with-fix", str(spinning(tmp_path))]) == 1
    (outcome,) = json.loads((tmp_path / "out/outcome.json").read_text(encoding="utf-8"))["outcomes"]
    assert (outcome["verdict"], outcome["ending"]) == ("fail", "busy-spin")
