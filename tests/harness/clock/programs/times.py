"""Programs: how time moves, and what the wall clock says meanwhile."""

# mypy: disable-error-code="func-returns-value"
from __future__ import annotations

import asyncio
import datetime
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from freezegun.api import real_monotonic, real_time

from harness.clock import BATON, new_event_loop


def an_hour() -> float:
    started = real_monotonic()
    asyncio.run(asyncio.sleep(3600))
    return float(real_monotonic() - started)


def only_if_nobody_is_ready() -> list[str]:
    """A thread that works through ten turns of an instant is not overtaken by a timer of one microsecond."""
    seen = []

    def work() -> None:
        for _ in range(10):
            time.sleep(0)
            seen.append(f"work {BATON.now_us}")

    async def main() -> None:
        asyncio.get_running_loop().call_later(1e-6, lambda: seen.append(f"timer {BATON.now_us}"))
        thread = threading.Thread(target=work)
        thread.start()
        await asyncio.sleep(2e-6)
        thread.join()

    asyncio.run(main())
    return seen


def microseconds() -> list[tuple[int, bool]]:
    """Sleeps of awkward lengths, also where floats are coarse, end on a whole microsecond, never early."""
    ends = []

    async def main() -> None:
        for length in (0.1, 1 / 3, 1e-7, 1e-6, 2.5e-6, 30 * 86400.0, 0.1, 0.000001, 5.000003):
            before = BATON.now_us
            await asyncio.sleep(length)
            ends.append((BATON.now_us - before, isinstance(BATON.now_us, int)))

    asyncio.run(main())
    return ends


def what_a_float_left_over() -> int:
    """Sleep until a moment in pieces that do not add up to it exactly; returns the number of pieces."""

    async def main() -> int:
        loop, pieces = asyncio.get_running_loop(), 0
        await asyncio.sleep(63.561)
        end = loop.time() + 0.84 + 1.5e-14
        while loop.time() < end:
            pieces += 1
            await asyncio.sleep(min(0.3, end - loop.time()))
        return pieces

    return asyncio.run(main())


def neighbours() -> list[list[float]]:
    """Timers a microsecond apart fire a microsecond apart, an hour or a year into the run."""
    fired: list[list[float]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for rest in (0.1, 3600.7, 365 * 86400.3):
            await asyncio.sleep(rest)
            start = BATON.now_us
            here: list[float] = []

            def note(here: list[float] = here, start: int = start) -> None:
                here.append(BATON.now_us - start)

            for micros in (1, 2, 3, 4, 5):
                loop.call_at((start + micros) / 1e6, note)
            await asyncio.sleep(1)
            fired.append(here)

    asyncio.run(main())
    return fired


def for_ever() -> int:
    """A sleep without end is allowed, and costs nothing."""

    async def main() -> int:
        endless = asyncio.ensure_future(asyncio.sleep(float("inf")))
        await asyncio.sleep(10 * 86400)
        endless.cancel()
        return BATON.now_us

    return asyncio.run(main())


def ties() -> list[int]:
    fired: list[int] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for number in range(8):
            loop.call_later(5, fired.append, number)
        await asyncio.sleep(6)

    asyncio.run(main())
    return fired


def _clocks() -> list[float]:
    start = datetime.datetime(2025, 1, 1).timestamp()
    return [
        time.time() - start,
        time.time_ns() / 1e9 - start,
        time.monotonic(),
        time.monotonic_ns() / 1e9,
        time.perf_counter(),
        time.perf_counter_ns() / 1e9,
        datetime.datetime.now().timestamp() - start,
        datetime.datetime.now(datetime.UTC).timestamp() - start,
    ]


def _deep(levels: int) -> list[float]:
    return _clocks() if levels == 0 else _deep(levels - 1)


def wall_clocks() -> list[list[float]]:
    """All clocks: in a coroutine and in threads, shallow and deep in the stack."""

    async def main() -> list[list[float]]:
        await asyncio.sleep(1234.5)
        loop_time = asyncio.get_running_loop().time()
        kept: list[list[float]] = []
        threading.Thread(target=lambda: kept.append(_clocks())).start()
        await asyncio.sleep(0)
        pooled = [await asyncio.to_thread(_clocks), await asyncio.to_thread(_deep, 20)]
        return [[loop_time], _clocks(), _deep(20), *pooled, *kept]

    return asyncio.run(main())


def before_real_dates() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fresh"
        path.write_text("")
        return time.time() < path.stat().st_mtime


def inert() -> dict[str, Any]:
    """Without `begin` everything is as ever."""
    started = time.monotonic()
    done = threading.Event()
    thread = threading.Thread(target=lambda: (time.sleep(0.05), done.set()))
    thread.start()
    flag = done.wait(5)
    thread.join(5)

    async def main() -> str:
        await asyncio.sleep(0.05)
        await asyncio.to_thread(time.sleep, 0.05)
        return type(asyncio.get_running_loop()).__module__

    module = asyncio.run(main())
    return {
        "flag": flag,
        "alive": thread.is_alive(),
        "loop": module,
        "lasted": time.monotonic() - started,
        "off": abs(time.time() - real_time()),
        "year": datetime.datetime.now().year == time.localtime(real_time()).tm_year,
        "turns": BATON.turns,
    }


def fork_then_begin() -> int:
    """The hooks go in before a fork, the clock begins after it."""
    from harness import clock

    child = os.fork()
    if child == 0:
        clock.begin()
        asyncio.run(asyncio.sleep(7))
        os._exit(BATON.now_us // 1_000_000)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def fork_by_the_subject() -> int:
    """A child that a subject forks has none of its threads: it is outside the clock, and time is real."""
    threading.Thread(target=time.sleep, args=(50,), daemon=True).start()
    child = os.fork()
    if child == 0:
        before = time.monotonic()
        time.sleep(0.05)
        threading.Event().wait(0.05)
        os._exit(7 if 0.09 < time.monotonic() - before < 5 else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def loops_from_everywhere() -> list[list[Any]]:
    """However a thread comes to its loop, an hour in it costs nothing."""
    found: list[list[Any]] = []

    def note(how: str, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(asyncio.sleep(3600))
        found.append([how, BATON.now_us])
        loop.close()

    def runner() -> None:
        with asyncio.Runner() as runner:
            runner.run(asyncio.sleep(3600))
        found.append(["runner", BATON.now_us])

    makers = {
        "run": lambda: (asyncio.run(asyncio.sleep(3600)), found.append(["run", BATON.now_us])),
        "runner": runner,
        "new": lambda: note("new", asyncio.new_event_loop()),
        "events": lambda: note("events", asyncio.events.new_event_loop()),
        "policy": lambda: note("policy", asyncio.get_event_loop_policy().new_event_loop()),
        "plain": lambda: note("plain", asyncio.SelectorEventLoop()),
        "ours": lambda: note("ours", new_event_loop()),
    }
    for make in makers.values():
        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
    return found


def a_call_before_a_jump() -> list[tuple[str, int]]:
    """A call before the jump wakes the loop at the instant that would have passed."""
    seen: list[tuple[str, int]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()

        def wake(now_us: int) -> bool:
            seen.append(("asked", now_us))
            if len(seen) > 1:
                return False
            loop.call_soon_threadsafe(lambda: seen.append(("woken", BATON.now_us)))
            return True

        BATON.before_jump.append(wake)
        await asyncio.sleep(60)

    asyncio.run(main())
    return seen
