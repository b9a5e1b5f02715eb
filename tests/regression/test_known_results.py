"""Every run of the catalogue on a released hermes-agent ends as it is known to."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fake_qq_server.platform.units import HOUR
from harness.comparing import baseline
from harness.comparing.changes import changes
from harness.comparing.outcomes import read_outcomes
from harness.comparing.reasons import failures, shipped, unexplained
from harness.comparing.rows import Row
from harness.scenario import selection
from tests.regression import known
from tests.regression.known import Known

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
    assert changed(one.read(), one.measure(tmp_path, one.runs())) == []


def changed(before: Mapping[str, Row], now: Mapping[str, Row]) -> list[str]:
    """A line for each run that does not do what it is known to, or that is missing on one side."""
    pair = ({("", name): row for name, row in rows.items()} for rows in (before, now))
    return [change.text for change in changes(*pair) if change.word != "as known"]


@pytest.mark.release
@pytest.mark.sweep
@pytest.mark.parametrize("release", RELEASES)
def test_the_short_runs_of_the_gateway_end_as_known(release: str, tmp_path: Path) -> None:
    one = Known(release, "runner")
    short = [run for run in one.runs() if run.end_us <= HOUR]
    known_of_them = {run.name: one.read()[run.name] for run in short}
    assert len(short) >= 12
    assert changed(known_of_them, one.measure(tmp_path, short)) == []


FILES = sorted(known.FOLDER.glob(f"{baseline.PREFIX}*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_each_failed_check_has_an_issue_or_a_reason(file: Path) -> None:
    assert unexplained(baseline.read(file).runs, shipped(), selection.all_runs()) == []


def test_each_reason_is_needed_once() -> None:
    failed = {failure for file in FILES for failure in failures(baseline.read(file).runs)}
    given = [failure for reason in shipped() for failure in reason.failures]
    needless = set(given) - failed
    assert (needless, [one for one in given if given.count(one) > 1]) == (set(), [])


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_no_known_result_is_unclassified_or_failed_by_the_instrument(file: Path) -> None:
    runs = baseline.read(file).runs
    assert not {row.ending for row in runs.values()} & {"unclassified", "instrument-failed"}


@pytest.mark.parametrize("fix", [None, known.REFERENCE])
def test_every_run_of_the_gateway_has_a_known_result(fix: str | None) -> None:
    releases = known.releases_known("runner", fix)
    assert {"0.13.0", "0.16.0", "0.19.0"} <= set(releases)
    for release in releases:
        one = Known(release, "runner", fix)
        assert set(one.read()) == {run.name for run in one.runs()}, release


def test_what_is_not_as_known_is_told_run_by_run(tmp_path: Path) -> None:
    outcome: dict[str, Any] = {
        "scenario": "healthy", "level": "adapter", "fix": None, "seed": 0,
        "subject": {"version": "0.19.0", "python": "3.12.1"},
        "verdict": "pass", "ending": "undisturbed", "attempts": 0,
        "checks": [{"name": "connects", "state": "pass"}],
    }  # fmt: skip

    def told(**changed: Any) -> list[str]:
        file = tmp_path / "outcome.json"
        file.write_text(json.dumps({"outcomes": [{**outcome, **changed}]}), encoding="utf-8")
        return [change.word for change in known.differences(read_outcomes(file))]

    assert told() == []
    assert told(ending="recovered", attempts=3) == ["different"]
    assert told(verdict="fail") == ["worse"]
    assert told(subject={"version": "9.9", "python": "3.12.1"}) == ["new"]


def test_the_page_of_results_says_what_the_files_say() -> None:
    assert known.DOCUMENT.read_text(encoding="utf-8") == known.page()
