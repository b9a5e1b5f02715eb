"""The stage alone: its clock, its timers, and where errors go."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fake_qq_server.events import ListSink
from fake_qq_server.stage import Stage
from tests.fake_qq_server.parts import turns


async def test_time_is_microseconds_since_the_clock_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(ListSink())
    now = stage.loop.time()
    with monkeypatch.context() as patch:
        patch.setattr(stage.loop, "time", lambda: now + 5)
        stage.start_clock()
        patch.setattr(stage.loop, "time", lambda: now + 7.5)
        assert stage.now_us() == 2_500_000


async def test_calls_are_made_in_the_order_of_their_times() -> None:
    made: list[str] = []
    stage = Stage(ListSink())
    stage.later(4_000, made.append, "later")
    stage.call_at(stage.now_us() + 1_000, lambda: made.append("at"))
    await asyncio.sleep(0.01)
    assert made == ["at", "later"]


async def test_an_error_in_a_call_goes_to_on_error_and_no_further() -> None:
    errors: list[BaseException] = []
    stage = Stage(ListSink())
    stage.on_error = errors.append
    stage.later(0, lambda: 1 // 0)
    stage.safely(int, "no number")
    await turns()
    assert [type(error) for error in errors] == [ValueError, ZeroDivisionError]


async def test_unless_told_otherwise_an_error_goes_to_the_loops_handler() -> None:
    told: list[dict[str, Any]] = []
    stage = Stage(ListSink())
    stage.loop.set_exception_handler(lambda _, context: told.append(context))
    stage.safely(lambda: 1 // 0)
    stage.loop.set_exception_handler(None)
    assert [type(context["exception"]) for context in told] == [ZeroDivisionError]
