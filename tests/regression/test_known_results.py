"""Every run of the catalogue on a released hermes-agent ends as it is known to."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fake_qq_server.platform.units import HOUR
from tests.regression import known
from tests.regression.known import Known, Row

RELEASES = os.environ.get("QQCHAOS_TEST_HERMES", "0.19.0").split(",")
WHOLE = [
    pytest.param("adapter", None, id="adapter"),
    pytest.param("runner", None, marks=pytest.mark.slow, id="runner"),
    pytest.param("runner", known.REFERENCE, marks=pytest.mark.slow, id="runner+reference"),
]
"""Level and fix; the runner's take four minutes each."""


@pytest.mark.release
@pytest.mark.sweep
@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("level", "fix"), WHOLE)
def test_the_whole_catalogue_ends_as_known(release: str, level: str, fix: str | None, tmp_path: Path) -> None:
    one = Known(release, level, fix)
    assert changed(one.read(), one.measure(tmp_path, one.runs())) == {}


def changed(before: Mapping[str, Row], now: Mapping[str, Row]) -> dict[str, tuple[Row | None, Row | None]]:
    """What is known and what was seen, of each run where that differs or one is missing."""
    names = [*before, *(name for name in now if name not in before)]
    pairs = {name: (before.get(name), now.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@pytest.mark.release
@pytest.mark.sweep
@pytest.mark.parametrize("release", RELEASES)
def test_the_short_runs_of_the_gateway_end_as_known(release: str, tmp_path: Path) -> None:
    one = Known(release, "runner")
    short = [run for run in one.runs() if run.end_us <= HOUR]
    known_of_them = {run.name: one.read()[run.name] for run in short}
    assert len(short) >= 12
    assert changed(known_of_them, one.measure(tmp_path, short)) == {}


@pytest.mark.parametrize("file", sorted(known.FOLDER.glob("*.json")), ids=lambda file: str(file.stem))
def test_no_known_result_is_unclassified_or_failed_by_the_instrument(file: Path) -> None:
    runs = json.loads(file.read_text(encoding="utf-8"))["runs"]
    assert not {row["ending"] for row in runs.values()} & {"unclassified", "instrument-failed"}


@pytest.mark.parametrize("fix", [None, known.REFERENCE])
def test_every_run_of_the_gateway_has_a_known_result(fix: str | None) -> None:
    for release in known.releases_known():
        one = Known(release, "runner", fix)
        assert set(one.read()) == {run.name for run in one.runs()}, release


def test_a_result_that_is_not_the_known_one_is_a_sentence() -> None:
    row = {"verdict": "pass", "ending": "recovered", "attempts": 3, "failed": []}
    outcome: dict[str, Any] = {
        "scenario": "healthy", "level": "adapter", "fix": None, "subject": {"version": "0.19.0"},
        "verdict": "pass", "ending": "undisturbed", "attempts": 0,
        "checks": [{"name": "connects", "state": "pass"}],
    }  # fmt: skip
    assert known.differences({"outcomes": [outcome]}) == []
    (line,) = known.differences({"outcomes": [{**outcome, **row}]})
    assert line.startswith("healthy (hermes-agent-0.19.0): ") and "'recovered'" in line
    (line,) = known.differences({"outcomes": [{**outcome, "subject": {"version": "9.9"}}]})
    assert ": None is known" in line


def test_the_page_of_results_says_what_the_files_say() -> None:
    assert known.DOCUMENT.read_text(encoding="utf-8") == known.page()
