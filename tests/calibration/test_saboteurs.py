"""Each saboteur fails its own check where that shows, and no other check anywhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.judging.checks import CHECKS
from harness.scenario.vocabulary import NOT_AT_ADAPTER
from tests.calibration.bench import Bench, failed, state, told
from tests.calibration.saboteurs import SABOTEURS, build

ELSEWHERE = (
    "calibration-calm",
    "calibration-exhausted",
    "calibration-dead-peer",
    "calibration-resume",
    "calibration-endless",
)
"""Looked at for every saboteur. With QQCHAOS_WHOLE_CATALOGUE set, the whole catalogue is (minutes)."""


def names(bench: Bench, shows: tuple[str, ...]) -> list[str]:
    if os.environ.get("QQCHAOS_WHOLE_CATALOGUE"):
        return list(bench.runs)
    return list(dict.fromkeys((*shows, *ELSEWHERE)))


@pytest.mark.parametrize("name", SABOTEURS)
def test_it_fails_exactly_its_check(bench: Bench, tmp_path: Path, name: str) -> None:
    one = SABOTEURS[name]
    outcomes = bench.run(build(one.changes, tmp_path / name), names(bench, one.shows))
    for run, outcome in outcomes.items():
        assert failed(outcome) <= {one.check}, told(outcome)
        if run in one.shows:
            assert state(outcome, one.check) == "fail", told(outcome)
        undecided = {check.name for check in outcome.checks if check.state == "unknown"}
        if not outcome.unmet:
            assert undecided <= one.undecided, told(outcome)
        assert outcome.ending.name not in ("instrument-failed", "unclassified"), told(outcome)
        assert outcome.ending.name == one.ending.get(run, outcome.ending.name), told(outcome)


def test_every_check_of_the_adapter_level_has_one() -> None:
    assert {one.check for one in SABOTEURS.values()} == set(CHECKS) - set(NOT_AT_ADAPTER)
