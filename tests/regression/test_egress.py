"""Nothing leaves the machine: what the audit hook refuses in a run of the gateway is in docs/runner.md."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from harness import environments
from harness.journal import SubjEgress, SubjMessage
from harness.loading import load_text
from harness.running import Judged, Series

PAGE = Path(__file__).resolve().parents[2] / "docs/runner.md"
RELEASES = os.environ.get("QQCHAOS_TEST_HERMES", "0.19.0").split(",")
RUN = """
scenario: egress
story: Nothing goes wrong, and one message comes.
issues: []
levels: [runner]
asks: [connects, stops]
rules:
  - {at: ready + 60s, do: {dispatch: C2C_MESSAGE_CREATE}}
end: 30m
"""


def table() -> dict[str, set[tuple[str, str]]]:
    """What the page lists, by release."""
    part = PAGE.read_text(encoding="utf-8").partition("<!-- refused -->")[2].partition("<!-- end -->")[0]
    found: dict[str, set[tuple[str, str]]] = {}
    for release, what, target in re.findall(r"^\| ([\d.]+) \| (\w+) `([^`]+)` \|", part, re.MULTILINE):
        found.setdefault(release, set()).add((what, target))
    return found


def refused(release: str, out: Path) -> set[tuple[str, str]]:
    """What a run without faults, with one message, was refused."""
    (run,) = load_text(RUN)[0].runs
    judged: list[Judged] = list(
        Series(environments.resolve(release), out, "runner").run([run], lambda one: None)
    )
    records = judged[0].records
    assert any(isinstance(one.event, SubjMessage) for one in records)
    return {(one.event.what, one.event.target) for one in records if isinstance(one.event, SubjEgress)}


@pytest.mark.hermes
@pytest.mark.parametrize("release", RELEASES)
def test_what_is_refused_is_what_the_page_lists(release: str, tmp_path: Path) -> None:
    assert refused(release, tmp_path) == table()[release]


def test_the_page_lists_what_a_release_is_refused() -> None:
    assert {"0.13.0", "0.16.0", "0.19.0"} <= set(table())
