"""The clock of a served platform alone; where real time would blur what it shows, real time stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from fake_qq_server.serving import clock
from fake_qq_server.serving.clock import MovableClock, TooManySteps


class Log(list[tuple[str, float]]):
    """What was called, and what the clock said then, in seconds since this was made."""

    def __init__(self, of: MovableClock) -> None:
        super().__init__()
        self._of, self.start = of, of.time()

    def note(self, name: str) -> None:
        self.append((name, round(self._of.time() - self.start, 6)))

    def later(self, seconds: float, name: str, then: Callable[[], object] = lambda: None) -> None:
        def call() -> None:
            self.note(name)
            then()

        self._of.call_later(seconds, call)


@pytest.fixture
async def moved(monkeypatch: pytest.MonkeyPatch) -> MovableClock:
    """A clock on a loop whose own clock stands still."""
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "time", lambda: 1000.0)
    return MovableClock(loop)


async def test_what_is_due_in_between_happens_in_order_each_at_its_own_moment(moved: MovableClock) -> None:
    log = Log(moved)
    log.later(300, "c")
    log.later(100, "a", lambda: log.later(50, "b", lambda: log.later(0, "at once")))
    log.later(2000, "later than that")
    await moved.forward(1000)
    assert log == [("a", 100), ("b", 150), ("at once", 150), ("c", 300)]
    assert moved.time() - log.start == 1000


async def test_what_is_due_at_one_moment_happens_in_the_order_in_which_it_was_asked(
    moved: MovableClock,
) -> None:
    log = Log(moved)
    due = moved.time() + 5
    for name in "abc":
        moved.call_at(due, log.note, name)
    await moved.forward(5)
    assert log == [("a", 5), ("b", 5), ("c", 5)]


async def test_it_goes_on_from_where_it_was_moved_to() -> None:
    loop = asyncio.get_running_loop()
    moved = MovableClock(loop)
    before, real = moved.time(), loop.time()
    await moved.forward(3600)
    came: asyncio.Future[float] = loop.create_future()
    moved.call_later(0.01, lambda: came.set_result(moved.time()))
    assert 3600.01 <= await came - before <= 3600 + loop.time() - real + 0.001


async def test_it_runs_so_many_times_as_fast() -> None:
    loop = asyncio.get_running_loop()
    fast, real = MovableClock(loop, 1000), loop.time()
    start = fast.time()
    came = asyncio.Event()
    fast.call_later(20, came.set)
    await came.wait()
    shown, passed = fast.time() - start, loop.time() - real
    assert passed >= 0.019 and shown == pytest.approx(passed * 1000, rel=0.2)


async def test_what_is_cancelled_does_not_happen_not_even_in_the_turn_in_which_it_is_due(
    moved: MovableClock,
) -> None:
    log = Log(moved)
    due = moved.time() + 5
    moved.call_at(due, lambda: doomed.cancel())
    doomed = moved.call_at(due, log.note, "due with what cancels it")
    moved.call_later(3, log.note, "never").cancel()
    at_once = moved.call_later(0, log.note, "at once")
    at_once.cancel()
    await moved.forward(10)
    assert log == []


async def test_timers_that_are_cancelled_again_and_again_are_not_kept(moved: MovableClock) -> None:
    log = Log(moved)
    log.later(1, "kept")
    for _ in range(10_000):
        moved.call_later(600, log.note, "never").cancel()
    assert len(moved._timers) < 1_000
    await moved.forward(700)
    assert log == [("kept", 1)]


async def test_a_move_past_too_much_stops_where_it_got_to_and_says_so(
    monkeypatch: pytest.MonkeyPatch, moved: MovableClock
) -> None:
    monkeypatch.setattr(clock, "MOST_STEPS", 10)
    log = Log(moved)

    def again() -> None:
        log.later(1, "tick", again)

    again()
    with pytest.raises(TooManySteps, match=r"10 moments of the first 10\.000 s"):
        await moved.forward(1000)
    assert len(log) == 10 and moved.time() - log.start == 10


async def test_two_moves_at_once_are_one_after_the_other(moved: MovableClock) -> None:
    before = moved.time()
    await asyncio.gather(moved.forward(100), moved.forward(100))
    assert moved.time() - before == 200
