"""What was done to the bot, over virtual time."""

from __future__ import annotations

import pytest

from harness.judging.timeline import read
from harness.reporting.faults import fault_lanes
from harness.reporting.marks import FAULT, Lane
from tests.harness.journals import HOUR, J, us


def lanes(j: J) -> list[Lane]:
    return fault_lanes(read(j.done(HOUR)))


def only(j: J) -> Lane:
    (found,) = lanes(j)
    return found


def stretches(found: Lane) -> list[tuple[float, float]]:
    assert {band.colour for band in found.bands} <= {FAULT}
    return [(band.start / 1e6, band.end / 1e6) for band in found.bands]


def test_the_acts_of_a_rule_are_ticks_in_a_band_from_the_first_to_the_last() -> None:
    found = only(J().up().acts("r", t=60, verb="status").acts("r", t=90, verb="status"))
    assert (found.title, found.fault) == ("2x status", True)
    assert stretches(found) == [(60, 90)]
    assert [tick.t for tick in found.ticks] == [us(60), us(90)]


def test_one_act_is_a_tick() -> None:
    found = only(J().up().acts("r", t=60, verb="close"))
    assert (found.title, found.bands, len(found.ticks)) == ("close", (), 1)


def test_an_act_that_only_sets_a_mark_is_no_fault() -> None:
    assert lanes(J().up().acts("r", t=60, verb="nothing")) == []


def test_a_condition_is_a_band_until_it_goes_off_or_the_run_ends() -> None:
    j = J().up().interrupted(t=60).released(t=70).interrupted(t=3000)
    assert stretches(only(j)) == [(60, 70), (3000, 3600)]


def test_a_condition_is_over_when_its_connection_is() -> None:
    found = only(J().up().interrupted(t=60).closes(t=70).ready(ws=2, t=80))
    assert stretches(found) == [(60, 70)]
    assert found.bands[0].text == "silent on connection 1 of ws, 10 s"


def test_a_condition_of_a_whole_host_outlives_its_connections() -> None:
    assert stretches(only(J().up().interrupted(None, t=60).closes(t=70))) == [(60, 3600)]


@pytest.mark.parametrize(("rule", "ends"), [(None, 70), ("r", 70), ("another", 3600)])
def test_an_off_ends_what_its_rule_began_and_without_a_rule_whatever_is_on(
    rule: str | None, ends: float
) -> None:
    assert stretches(only(J().up().interrupted(t=60).released(t=70, rule=rule))) == [(60, ends)]


def test_the_seventh_kind_of_fault_and_what_follows_share_a_lane() -> None:
    j = J().up()
    for i in range(8):
        j.acts("r", t=60 + i, verb=f"verb-{i}")
    found = lanes(j)
    assert [one.title for one in found] == [*(f"verb-{i}" for i in range(6)), "other faults"]
    assert [tick.text for tick in found[-1].ticks] == ["verb-6", "verb-7"]
