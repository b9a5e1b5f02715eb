"""The world's time table: when a run ends, when it is probed, and that its end does not need the subject."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_qq_server.events import EventSent, Heal, RuleAct, Session
from harness.journal.record import Record, digest
from harness.journal.run_kinds import RunClose, RunTeardown, SubjListener, SubjState
from harness.judging.outcome import judge
from tests.harness import bot
from tests.harness.worker.runs import HEARTBEAT_US, MINUTE_US, of, records

BANNED = "[{at: ready + 60s, do: {close: 4915}}]"
DROPPED = "[{at: ready + 60s, do: {close: 4009}}, {when: http.gateway, from: ready + 60s, do: {status: 500}}]"


def probes(found: tuple[object, ...]) -> list[int]:
    return [time for time, event in of(found, EventSent) if event.probe]  # type: ignore[arg-type]


def test_a_run_in_service_is_probed_one_heartbeat_before_its_end(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, end="30m")
    assert of(found, RunTeardown) == [(30 * MINUTE_US, RunTeardown("end"))]
    assert probes(found) == [30 * MINUTE_US - HEARTBEAT_US]


def test_after_a_healing_a_run_is_probed_three_heartbeats_after_service_came_back(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, rules=DROPPED, end="1h", more="heal: 5m")
    served = [time for time, event in of(found, Session) if event.what in ("ready", "resumed")]
    assert len(served) == 2
    assert probes(found)[0] == pytest.approx(served[1] + 3 * HEARTBEAT_US, abs=2)
    assert probes(found)[-1] == 60 * MINUTE_US - HEARTBEAT_US


def test_a_run_that_gave_up_ends_ten_minutes_later_where_nothing_can_change_it(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, rules=BANNED, end="3h")
    gave_up = max(time for time, event in of(found, SubjListener) if event.phase == "end")
    ((torn_down, event),) = of(found, RunTeardown)
    assert event.why == "gaveup"
    assert 10 * MINUTE_US <= torn_down - gave_up <= 11 * MINUTE_US
    assert probes(found) == []


def test_a_run_that_gave_up_goes_on_to_its_end_while_the_subject_has_a_task(tmp_path: Path) -> None:
    busy = bot.copy(tmp_path, in_connect="self._more = asyncio.create_task(asyncio.sleep(10**6))")
    found = records(busy, tmp_path, rules=BANNED, end="1h")
    assert of(found, RunTeardown) == [(60 * MINUTE_US, RunTeardown("end"))]


def test_a_program_that_ended_itself_ends_its_run(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, rules=BANNED, end="3h", level="runner")
    ((time, event),) = of(found, RunTeardown)
    assert event.why == "exited"
    assert time < 5 * MINUTE_US


def test_a_subject_that_blocks_its_loop_in_the_tear_down_does_not_keep_the_run_from_ending(
    tmp_path: Path,
) -> None:
    blocks = bot.copy(tmp_path, in_connect="self.disconnect = lambda: __import__('time').sleep(10**6)")
    found = records(blocks, tmp_path, end="10m")
    ((time, event),) = of(found, RunClose)
    assert (event.why, event.detail) == ("end", "the subject's loop did not answer at the tear-down")
    assert time == 12 * MINUTE_US


def gave_up_at(found: tuple[Record, ...]) -> int:
    """When the correct bot set its fatal flag, which is how it gives up."""
    return min(time for time, event in of(found, SubjState) if event.fatal)


def test_a_healing_behind_the_give_up_comes_exactly_then_and_the_run_goes_on_to_its_end(
    tmp_path: Path,
) -> None:
    found = records(bot.CORRECT, tmp_path, rules=DROPPED, end="3h", more="heal: gaveup + 20m")
    assert of(found, Heal) == [(gave_up_at(found) + 20 * MINUTE_US, Heal("keep"))]
    assert of(found, RunTeardown) == [(180 * MINUTE_US, RunTeardown("end"))]


def test_a_healing_at_the_give_up_itself_comes_in_that_instant(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, rules=DROPPED, end="3h", more="heal: gaveup")
    assert of(found, Heal) == [(gave_up_at(found), Heal("keep"))]


def test_a_run_in_which_a_rule_waits_for_the_give_up_goes_on_to_its_end(tmp_path: Path) -> None:
    late = "{at: gaveup + 15m, do: {dispatch: C2C_MESSAGE_CREATE}}"
    found = records(bot.CORRECT, tmp_path, rules=f"{BANNED[:-1]}, {late}]", end="1h")
    assert of(found, RunTeardown) == [(60 * MINUTE_US, RunTeardown("end"))]


def test_a_rule_may_signal_the_program_a_while_after_the_give_up(tmp_path: Path) -> None:
    late = "{at: gaveup + 5m, do: {signal: SIGTERM}}"
    found = records(bot.CORRECT, tmp_path, rules=f"{DROPPED[:-1]}, {late}]", end="3h", level="runner")
    (sent,) = [time for time, event in of(found, RuleAct) if event.verb == "signal"]
    assert sent == gave_up_at(found) + 5 * MINUTE_US


def test_a_gateway_brings_the_bot_back_after_a_healing_behind_the_give_up(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, rules=DROPPED, end="3h", more="heal: gaveup + 20m", level="runner")
    ((healed, _),) = of(found, Heal)
    assert healed == gave_up_at(found) + 20 * MINUTE_US
    assert [time for time in probes(found) if time > healed]


def test_without_a_give_up_a_healing_behind_it_never_comes(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, rules=DROPPED, end="1h", more="heal: gaveup + 20m")
    assert of(found, Heal) == []
    outcome = judge(found)
    assert (outcome.verdict, outcome.ending.name) == ("unknown", "retrying")


LATE = "heal: gaveup + 20m or 30m"
SOONER = "{after: 15m, latest: 3h}"


def test_without_a_give_up_a_healing_comes_at_its_latest_time_all_the_same(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, rules=DROPPED, end="1h", more=LATE)
    assert of(found, Heal) == [(30 * MINUTE_US, Heal("keep"))]


def test_a_run_may_end_a_while_after_its_healing_with_a_probe_before_that(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, rules=DROPPED, end=SOONER, more=LATE)
    assert of(found, RunTeardown) == [(45 * MINUTE_US, RunTeardown("end"))]
    assert [time for time in probes(found) if time >= 44 * MINUTE_US]


def test_a_run_that_nothing_heals_may_end_a_while_after_the_give_up(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, rules=DROPPED, end=SOONER, level="runner")
    assert of(found, RunTeardown) == [(gave_up_at(found) + 15 * MINUTE_US, RunTeardown("end"))]


def test_a_run_ends_at_its_latest_time_where_nothing_ended_it_before(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, rules=DROPPED, end="{after: 15m, latest: 1h}")
    assert of(found, RunTeardown) == [(60 * MINUTE_US, RunTeardown("end"))]


def test_a_run_with_a_healing_behind_the_give_up_is_the_same_each_time(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    journals = [
        records(bot.CORRECT, folder, rules=DROPPED, end="3h", more="heal: gaveup + 20m")
        for folder in (tmp_path, tmp_path / "again")
    ]
    assert len({digest(found) for found in journals}) == 1
