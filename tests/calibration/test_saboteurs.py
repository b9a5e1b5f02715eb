"""Each saboteur fails its own check where that shows, and no other check anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.judging.checks import CHECKS
from harness.judging.outcome import Outcome
from harness.scenario.vocabulary import NOT_AT_ADAPTER
from tests.calibration.bench import Bench, failed, state, told, undecided
from tests.calibration.conftest import chosen
from tests.calibration.saboteurs import ENDINGS, SABOTEURS, Saboteur, build

ELSEWHERE = (
    "calibration-calm",
    "calibration-exhausted",
    "calibration-dead-peer",
    "calibration-resume",
    "calibration-endless",
)
"""Looked at for every saboteur; the whole catalogue takes minutes."""

EACH = pytest.mark.parametrize("name", SABOTEURS)


def runs(one: Saboteur) -> list[str]:
    return list(dict.fromkeys((*one.shows, *ELSEWHERE)))


@pytest.fixture(scope="module")
def outcomes(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Mapping[str, Mapping[str, Outcome]]:
    """What each saboteur did in each of its runs, by name: all in one go."""
    folder = tmp_path_factory.mktemp("saboteurs")
    built = {name: build(SABOTEURS[name].changes, folder / name) for name in chosen(request, SABOTEURS)}
    done = bench.run_all({hermes: runs(SABOTEURS[name]) for name, hermes in built.items()})
    return {name: done[hermes] for name, hermes in built.items()}


def fails_nothing_else(one: Saboteur, outcome: Outcome) -> None:
    assert failed(outcome) <= {one.check, *one.also}, told(outcome)
    assert outcome.unmet or undecided(outcome) <= {one.check, *one.undecided}, told(outcome)
    assert outcome.ending.name not in ("instrument-failed", "unclassified"), told(outcome)


@pytest.mark.xdist_group("saboteurs")
@EACH
def test_a_saboteur_fails_exactly_its_check(outcomes: Mapping[str, Mapping[str, Outcome]], name: str) -> None:
    one = SABOTEURS[name]
    assert list(outcomes[name]) == runs(one)
    for run, outcome in outcomes[name].items():
        fails_nothing_else(one, outcome)
        if run in one.shows:
            assert state(outcome, one.check) == "fail", told(outcome)


@pytest.mark.xdist_group("saboteurs")
@EACH
def test_a_saboteur_ends_as_the_table_says(outcomes: Mapping[str, Mapping[str, Outcome]], name: str) -> None:
    one = SABOTEURS[name]
    ended = {run: outcome.ending.name for run, outcome in outcomes[name].items()}
    assert ended == {run: {**ENDINGS, **one.ending}[run] for run in runs(one)}


@pytest.mark.slow
@EACH
def test_a_saboteur_fails_no_other_check_in_the_whole_catalogue(
    bench: Bench, tmp_path: Path, name: str
) -> None:
    one = SABOTEURS[name]
    for outcome in bench.run(build(one.changes, tmp_path / name), list(bench.runs)).values():
        fails_nothing_else(one, outcome)


def test_every_check_of_the_adapter_level_has_a_saboteur() -> None:
    assert {one.check for one in SABOTEURS.values()} == set(CHECKS) - set(NOT_AT_ADAPTER)


def test_every_ending_in_the_table_is_of_a_run_that_is_looked_at() -> None:
    assert set(ENDINGS) == {run for one in SABOTEURS.values() for run in runs(one)}
    assert {name for name, one in SABOTEURS.items() if set(one.ending) - set(runs(one))} == set()
