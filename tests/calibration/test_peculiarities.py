"""A sound bot of another kind passes what the correct one passes, and ends as that does."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.judging.outcome import Outcome
from tests.calibration.bench import Bench, told
from tests.calibration.conftest import chosen
from tests.calibration.peculiarities import PECULIARITIES
from tests.calibration.saboteurs import build

RUNS = (
    "calibration-calm",
    "calibration-twice",
    "calibration-resume",
    "calibration-exhausted",
    "calibration-endless",
    "calibration-replies/unreadable",
    "calibration-replies/unavailable",
    "calibration-replies/unanswered",
    "calibration-replies/unauthorised",
)


@pytest.fixture(scope="module")
def outcomes(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Mapping[str, Mapping[str, Outcome]]:
    """What each did in each run, by name: all in one go."""
    folder = tmp_path_factory.mktemp("peculiar")
    built = {name: build(PECULIARITIES[name], folder / name) for name in chosen(request, PECULIARITIES)}
    done = bench.run_all(dict.fromkeys(built.values(), RUNS))
    return {name: done[hermes] for name, hermes in built.items()}


@pytest.mark.xdist_group("peculiarities")
@pytest.mark.parametrize("name", PECULIARITIES)
def test_a_sound_bot_of_another_kind_passes(outcomes: Mapping[str, Mapping[str, Outcome]], name: str) -> None:
    assert list(outcomes[name]) == list(RUNS)
    for outcome in outcomes[name].values():
        assert {one.state for one in outcome.checks} <= {"pass", "n/a"}, told(outcome)
        assert outcome.verdict == "pass", told(outcome)
