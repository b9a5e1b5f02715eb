"""A sound bot with a peculiarity fails no check, in every run that it is looked at in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.judging.outcome import Outcome
from tests.calibration.bench import Bench, failed, told
from tests.calibration.conftest import chosen
from tests.calibration.peculiarities import PECULIARITIES
from tests.calibration.saboteurs import build

EVERYWHERE = (
    "calibration-calm",
    "calibration-twice",
    "calibration-exhausted",
    "calibration-dead-peer",
    "calibration-resume",
    "calibration-banned",
)


@pytest.fixture(scope="module")
def outcomes(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Mapping[str, Mapping[str, Outcome]]:
    """What each bot did in each of its runs, by name: all in one go."""
    folder = tmp_path_factory.mktemp("peculiarities")
    names = chosen(request, PECULIARITIES)
    built = {name: build(PECULIARITIES[name].changes, folder / name) for name in names}
    done = bench.run_all({hermes: [*EVERYWHERE, *PECULIARITIES[name].more] for name, hermes in built.items()})
    return {name: done[hermes] for name, hermes in built.items()}


@pytest.mark.xdist_group("peculiarities")
@pytest.mark.parametrize("name", PECULIARITIES)
def test_a_peculiarity_that_is_no_defect_fails_no_check(
    outcomes: Mapping[str, Mapping[str, Outcome]], name: str
) -> None:
    for outcome in outcomes[name].values():
        assert not failed(outcome) and outcome.verdict == "pass", told(outcome)
