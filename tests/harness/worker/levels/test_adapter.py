"""The adapter level: connect, run, disconnect, and what is left then."""

from __future__ import annotations

from pathlib import Path

from harness.journal.run_kinds import Left, RunClose, RunTeardown, SubjConnect, SubjDisconnect
from tests.harness import bot
from tests.harness.worker.runs import MINUTE_US, of, records

ENDS = (RunTeardown, SubjDisconnect, Left, RunClose)


def test_a_run_connects_once_and_ends_with_disconnect_leftovers_and_close(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path)
    assert [event.how for _, event in of(found, SubjConnect)] == [None, "ok"]
    ends = [record.event for record in found if isinstance(record.event, ENDS)]
    assert [type(event) for event in ends] == [RunTeardown, SubjDisconnect, SubjDisconnect, Left, RunClose]
    assert ends[3] == Left([], [], [], [], [], [])


def test_a_task_that_outlives_disconnect_is_a_leftover(tmp_path: Path) -> None:
    root = bot.copy(tmp_path, in_connect="self._more = asyncio.create_task(asyncio.sleep(10**6))")
    ((_, left),) = of(records(root, tmp_path), Left)
    assert left.tasks == ["sleep"]


def test_a_disconnect_that_does_not_end_is_left_after_a_minute_and_named(tmp_path: Path) -> None:
    root = bot.copy(tmp_path, in_connect="self.disconnect = lambda: asyncio.sleep(10**6)")
    found = records(root, tmp_path, end="10m")
    ((time, closed),) = of(found, RunClose)
    assert (closed.why, closed.detail) == ("end", "the subject's disconnect() did not end")
    assert 11 * MINUTE_US <= time <= 11 * MINUTE_US + 1_000_000


def test_a_connect_that_raises_is_in_the_journal_and_the_run_goes_on(tmp_path: Path) -> None:
    root = bot.copy(tmp_path, in_connect="raise OSError('no')")
    found = records(root, tmp_path, end="10m")
    _, ended = (event for _, event in of(found, SubjConnect))
    assert (ended.how, ended.error) == ("raised", "OSError: no")
    assert of(found, RunTeardown) == [(10 * MINUTE_US, RunTeardown("end"))]


def test_a_system_exit_in_the_loop_is_a_crash_with_its_status(tmp_path: Path) -> None:
    root = bot.copy(tmp_path, in_connect="asyncio.get_running_loop().call_later(60, exit, 3)")
    ((_, closed),) = of(records(root, tmp_path), RunClose)
    assert (closed.why, closed.status) == ("exited", 3)
