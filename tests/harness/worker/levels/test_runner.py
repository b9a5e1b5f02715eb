"""The runner level: a whole gateway, from its start to its exit code."""

from __future__ import annotations

from pathlib import Path

from harness.journal.run_kinds import Left, ProcEnding, ProcExit, RunClose, RunnerStop, RunTeardown
from harness.journal.runner_kinds import BesideState, BesideWord, RunnerAdapter, RunnerHeld
from tests.harness import bot
from tests.harness.worker.runs import MINUTE_US, of, records

ENDS = (RunTeardown, RunnerHeld, RunnerStop, ProcEnding, ProcExit, Left, RunClose)
BANNED = "[{at: ready + 60s, do: {close: 4915}}]"


def test_a_run_ends_with_sigint_the_exit_code_and_what_is_left(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, level="runner")
    ends = [record.event for record in found if isinstance(record.event, ENDS)]
    assert [type(event) for event in ends] == [
        RunTeardown,
        RunnerHeld,
        RunnerStop,
        RunnerStop,
        ProcEnding,
        ProcExit,
        Left,
        RunClose,
    ]
    assert ends[5] == ProcExit(0)
    assert ends[6] == Left([], [], [], [], [], [])


def test_what_is_held_is_recorded_before_the_gateway_stops(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, level="runner")
    ((_, held),) = of(found, RunnerHeld)
    assert held.installed
    assert len(held.locks) == 1
    assert [event.installed for _, event in of(found, RunnerAdapter)] == [False, True, False]


def test_the_status_of_a_system_exit_is_the_exit_code(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, rules=BANNED, end="1h", level="runner")
    ((_, ended),) = of(found, ProcExit)
    assert ended == ProcExit(78, "no platform is left that another try could bring back")
    assert of(found, RunnerHeld) == []  # it had ended before the run's end


def test_a_program_without_a_handler_for_sigint_ends_with_130(tmp_path: Path) -> None:
    root = bot.copy(tmp_path, in_connect="asyncio.get_running_loop().remove_signal_handler(2)")
    ((_, ended),) = of(records(root, tmp_path, level="runner"), ProcExit)
    assert ended.code == 130


def test_a_signal_of_a_rule_reaches_the_program_at_that_time(tmp_path: Path) -> None:
    rules = "[{at: ready + 5m, do: {signal: SIGTERM}}]"
    found = records(bot.CORRECT, tmp_path, rules=rules, level="runner")
    ((time, ended),) = of(found, ProcExit)
    assert ended.code == 1
    assert 5 * MINUTE_US <= time <= 6 * MINUTE_US


def test_the_platform_beside_qq_is_written_to_every_ten_minutes_and_answered(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, more="beside: healthy", level="runner", end="25m")
    assert [(event.number, event.what) for _, event in of(found, BesideWord)] == [
        (1, "asked"),
        (1, "answered"),
        (2, "asked"),
        (2, "answered"),
    ]
    asked = [time for time, event in of(found, BesideWord) if event.what == "asked"]
    assert asked[1] - asked[0] == 10 * MINUTE_US
    assert [event.installed for _, event in of(found, BesideState)][-1] is False
