"""Time that passes at a rate: a clock that never jumps, and a loop that waits by it."""

from __future__ import annotations

import asyncio
import time

from harness.program.scaled_time import ScaledClock, runner


class Real:
    """Real seconds, as a test has them."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_clock_begins_at_0_and_goes_as_fast_as_real_time() -> None:
    real = Real()
    clock = ScaledClock(real)
    real.now += 2.5
    assert clock.now() == 2.5


def test_its_time_goes_on_without_a_jump_where_the_rate_changes() -> None:
    real = Real()
    clock = ScaledClock(real)
    real.now += 1
    clock.set_rate(400)
    assert clock.now() == 1
    real.now += 2
    clock.set_rate(1)
    real.now += 3
    assert clock.now() == 1 + 800 + 3


def test_a_loop_waits_so_much_shorter_as_its_clock_is_faster() -> None:
    clock = ScaledClock()
    clock.set_rate(10_000)
    began = time.monotonic()
    with runner(clock) as loop:
        loop.run(asyncio.sleep(600))
    assert 0.06 <= time.monotonic() - began < 60
