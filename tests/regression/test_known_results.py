"""Every run of the catalogue on a released hermes-agent ends as it is known to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fake_qq_server.units import HOUR
from tests.regression import known
from tests.regression.known import Known, Row

RELEASES = os.environ.get("QQCHAOS_TEST_HERMES", "0.19.0").split(",")
WHOLE = [
    pytest.param("adapter", None, id="adapter"),
    pytest.param("runner", None, marks=pytest.mark.slow, id="runner"),
    pytest.param("runner", known.REFERENCE, marks=pytest.mark.slow, id="runner+reference"),
]
"""Level and fix; the runner's take four minutes each."""

Results = tuple[Mapping[str, Row], Mapping[str, Row]]


@pytest.fixture(scope="module", params=RELEASES)
def results(
    request: pytest.FixtureRequest, level: str, fix: str | None, tmp_path_factory: pytest.TempPathFactory
) -> Results:
    one = Known(request.param, level, fix)
    return one.read(), one.measure(tmp_path_factory.mktemp("known"), one.runs())


@pytest.mark.hermes
@pytest.mark.parametrize(("level", "fix"), WHOLE, scope="module")
class TestTheWholeCatalogue:
    def test_every_run_ends_as_known(self, results: Results) -> None:
        before, now = results
        assert {name: row for name, row in now.items() if row != before.get(name)} == {}

    def test_no_known_run_is_missing(self, results: Results) -> None:
        before, now = results
        assert set(before) == set(now)

    def test_nothing_is_unclassified_or_failed_by_the_instrument(self, results: Results) -> None:
        _, now = results
        assert not {row["ending"] for row in now.values()} & {"unclassified", "instrument-failed"}


@pytest.mark.hermes
@pytest.mark.parametrize("release", RELEASES)
def test_the_gateways_short_runs_end_as_known(release: str, tmp_path: Path) -> None:
    one = Known(release, "runner")
    short = [run for run in one.runs() if run.end_us <= HOUR]
    before, now = one.read(), one.measure(tmp_path, short)
    assert len(now) >= 12
    assert {name: row for name, row in now.items() if row != before.get(name)} == {}


@pytest.mark.parametrize("fix", [None, known.REFERENCE])
def test_every_run_of_the_gateway_is_known(fix: str | None) -> None:
    for release in known.releases_known():
        one = Known(release, "runner", fix)
        assert set(one.read()) == {run.name for run in one.runs()}, release


def test_what_differs_is_told() -> None:
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


def test_the_page_says_what_the_files_say() -> None:
    assert known.DOCUMENT.read_text(encoding="utf-8") == known.page()
