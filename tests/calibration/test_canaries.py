"""The self-check of determinism sees what leaks, and what the harness makes repeatable stays so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.commands.determinism import Comparison, check_determinism
from tests.calibration.bench import Bench
from tests.calibration.canaries import CANARIES
from tests.calibration.saboteurs import CORRECT, build


def reruns_of(bench: Bench, hermes: Path, run: str, *names: str) -> Comparison:
    return check_determinism(
        Path(sys.executable), bench.spec(hermes, run), names, supervisor=bench.supervisor
    )


@pytest.mark.parametrize("name", [name for name, one in CANARIES.items() if one.leaks])
def test_a_canary_that_leaks_is_caught_by_its_rerun(bench: Bench, tmp_path: Path, name: str) -> None:
    one = CANARIES[name]
    found = reruns_of(bench, build(one.changes, tmp_path / name), one.run, one.rerun)
    assert [difference.rerun for difference in found.differences] == [one.rerun]


@pytest.mark.parametrize("name", [name for name, one in CANARIES.items() if not one.leaks])
def test_a_canary_that_the_harness_makes_repeatable_has_equal_reruns(
    bench: Bench, tmp_path: Path, name: str
) -> None:
    one = CANARIES[name]
    found = reruns_of(bench, build(one.changes, tmp_path / name), one.run, "again", "hash-seed")
    assert found.equal, "\n".join(map(str, found.differences))


@pytest.mark.load
@pytest.mark.parametrize("name", ["calibration-exhausted", "calibration-dead-peer"])
def test_all_reruns_of_the_correct_bot_are_equal(bench: Bench, name: str) -> None:
    found = reruns_of(bench, CORRECT, name)
    assert len(found.digests) == 7
    assert found.equal, "\n".join(map(str, found.differences))
