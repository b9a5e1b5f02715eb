"""The adapter level: connect, run, disconnect, and what is left then."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from fake_qq_server.events import HttpAnswer, HttpSend, WsAuth, WsHello, WsIn
from harness.journal.run_kinds import Left, RunClose, RunTeardown, SubjConnect, SubjDisconnect, SubjLog
from tests.harness import bot
from tests.harness.worker.runs import MINUTE_US, of, records

FAILS = """

async def fails() -> None:
    raise OSError("a text that may differ from run to run")
"""
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


def test_what_asyncio_logs_of_the_bot_is_recorded_with_the_type_of_an_exception(tmp_path: Path) -> None:
    root = bot.copy(tmp_path, in_connect="aiohttp.ClientSession(); asyncio.create_task(fails())")
    adapter = root / bot.ADAPTER
    adapter.write_text(adapter.read_text("utf-8") + FAILS, encoding="utf-8")
    logs = {event.template: event for _, event in of(records(root, tmp_path), SubjLog)}
    unclosed = logs["Unclosed client session"]
    assert (unclosed.level, unclosed.logger, unclosed.error) == ("ERROR", "asyncio", None)
    unseen = logs["Task exception was never retrieved"]
    assert (unseen.level, unseen.logger, unseen.error) == ("ERROR", "asyncio", "OSError")


def test_what_the_bot_says_and_sends_and_what_it_was_answered_is_recorded(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path)
    ((_, identify),) = of(found, WsAuth)
    assert (identify.op, identify.token, identify.shard) == ("identify", "valid", [0, 1])
    beats = [event.s for _, event in of(found, WsIn) if event.op == "heartbeat"]
    assert of(found, WsHello)[0][1] == WsHello(41250) and set(beats) == {1, 2}
    ((_, send),) = of(found, HttpSend)
    assert (send.scene, send.what, send.msg_id, send.length) == ("c2c", "message", "probe-1", 17)
    ((_, answer),) = (pair for pair in of(found, HttpAnswer) if pair[1].endpoint == "api")
    assert replace(answer, message=None) == HttpAnswer("api", 200, accepted=True)
    assert str(answer.message).startswith("ROBOT1.0_")


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


def test_the_environment_that_a_scenario_sets_is_the_subjects(tmp_path: Path) -> None:
    tell = '__import__("logging").getLogger("bot").warning(__import__("os").environ["NO_PROXY"])'
    set_here = 'environment: {NO_PROXY: "mine.example:{ws}"}'
    found = records(bot.copy(tmp_path, in_connect=tell), tmp_path, more=set_here)
    told = [event.template for _, event in of(found, SubjLog)]
    assert any(re.fullmatch("mine.example:(<ws>|[0-9]+)", one) for one in told), told
