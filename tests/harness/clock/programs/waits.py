"""Programs: each way a thread can wait."""

# mypy: disable-error-code="func-returns-value"
from __future__ import annotations

import asyncio
import concurrent.futures
import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from harness.clock import BATON


def _now() -> float:
    return BATON.now_us / 1e6


def _thread(target: Callable[..., Any], *arguments: Any) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments)
    thread.start()
    return thread


def _later(seconds: float, call: Callable[[], Any]) -> threading.Thread:
    return _thread(lambda: (time.sleep(seconds), call()))


def sleep() -> float:
    time.sleep(100)
    return _now()


def start_and_join() -> list[Any]:
    thread = _thread(time.sleep, 10)
    seen: list[Any] = [thread.is_alive(), thread in threading.enumerate()]
    thread.join(timeout=4)
    seen += [thread.is_alive(), _now()]
    thread.join()
    return [*seen, thread.is_alive(), _now(), thread in threading.enumerate(), threading.active_count()]


def join_mistakes() -> list[str]:
    """What the real ones refuse is refused."""
    said = []
    thread = threading.Thread(target=time.sleep, args=(1,))
    for wrong in (thread.join, threading.current_thread().join, lambda: (thread.start(), thread.start())):
        try:
            wrong()
        except RuntimeError as refusal:
            said.append(str(refusal))
    thread.join()
    return said


def a_thread_that_cannot_start() -> list[Any]:
    """The system has no more threads: the clock does not wait for the one that never came."""
    name = "_start_joinable_thread" if hasattr(threading, "_start_joinable_thread") else "_start_new_thread"
    real = getattr(threading, name)

    def refuse(*args: Any, **named: Any) -> Any:
        raise RuntimeError("can't start new thread")

    setattr(threading, name, refuse)
    thread = threading.Thread(target=time.sleep, args=(5,))
    said = ""
    try:
        thread.start()
    except RuntimeError as refusal:
        said = str(refusal)
    setattr(threading, name, real)
    time.sleep(10)
    return [said, thread.is_alive(), _now()]


def a_thread_that_raises() -> list[Any]:
    """Its last words are said in its turn, and whoever joins goes on."""
    said: list[Any] = []

    def hook(args: Any) -> None:
        time.sleep(3)
        said.append([str(args.exc_value), _now()])

    threading.excepthook = hook
    thread = _thread(lambda: 1 // 0)
    thread.join()
    return [*said, thread.is_alive(), _now()]


def locks(kind: str) -> list[float]:
    """A lock held across a sleep while two others want it, one of them with a time-out."""
    lock = getattr(threading, kind)()
    order: list[float] = []

    def patient() -> None:
        with lock:
            order.append(_now())

    def impatient() -> None:
        order.append(float(lock.acquire(timeout=3)))
        order.append(_now())

    with lock:
        threads = [_thread(patient), _thread(impatient)]
        time.sleep(60)
    for thread in threads:
        thread.join()
    return order


def lock_arguments() -> list[str]:
    said = []
    lock = threading.Lock()
    for blocking, timeout in ((False, 5.0), (True, -2.0)):
        try:
            lock.acquire(blocking, timeout)
        except ValueError as refusal:
            said.append(str(refusal))
    return [*said, str(lock.locked()), str(lock.acquire(False)), str(lock.acquire(False))]


def conditions() -> list[Any]:
    condition = threading.Condition()
    box: list[int] = []
    seen: list[Any] = []

    def put() -> None:
        with condition:
            box.append(1)
            condition.notify_all()

    with condition:
        seen += [condition.wait(5), _now()]
    _later(7, put)
    with condition:
        seen += [condition.wait_for(lambda: bool(box), timeout=100), _now()]
        seen += [condition.wait_for(lambda: len(box) > 1, timeout=0.1), _now()]
    return seen


def events() -> list[Any]:
    event = threading.Event()
    seen: list[Any] = [event.wait(2.5), _now()]
    _later(4, event.set)
    return [*seen, event.wait(), _now(), event.wait(0), event.is_set()]


def queues() -> list[Any]:
    seen: list[Any] = []
    for kind in (queue.Queue, queue.SimpleQueue, queue.PriorityQueue):
        box: Any = kind()
        try:
            box.get(timeout=5.1)
        except queue.Empty:
            seen.append(round(_now(), 5))
        _later(10, partial(box.put, "x"))
        seen += [box.get(), round(_now(), 5)]
    full: queue.Queue[int] = queue.Queue(1)
    full.put(1)
    try:
        full.put(2, timeout=3)
    except queue.Full:
        seen.append(round(_now(), 5))
    return seen


def semaphores() -> list[Any]:
    semaphore = threading.Semaphore(1)
    seen: list[Any] = [semaphore.acquire(), semaphore.acquire(timeout=3), _now()]
    _later(4, semaphore.release)
    return [*seen, semaphore.acquire(), _now()]


def barrier_and_timer() -> list[Any]:
    barrier = threading.Barrier(2)
    seen: list[Any] = []
    _later(6, barrier.wait)
    barrier.wait()
    seen.append(_now())
    threading.Timer(5, lambda: seen.append(_now())).start()
    cancelled = threading.Timer(5, lambda: seen.append("never"))
    cancelled.start()
    cancelled.cancel()
    time.sleep(10)
    return seen


def futures() -> list[Any]:
    seen: list[Any] = []
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(time.sleep, length) for length in (30, 10, 20)]
        try:
            jobs[0].result(timeout=5)
        except concurrent.futures.TimeoutError:
            seen.append(_now())
        done, rest = concurrent.futures.wait(jobs, timeout=10)
        seen += [len(done), len(rest), _now()]
        done, rest = concurrent.futures.wait(jobs, return_when=concurrent.futures.FIRST_COMPLETED)
        seen += [len(done), _now()]
        seen += [_now() for _ in concurrent.futures.as_completed(jobs, timeout=100)]
    return seen


def saturated_pool() -> list[Any]:
    """Ten jobs of a minute through two threads, handed in directly and by a loop, while a coroutine ticks."""
    ends: list[float] = []
    pool = concurrent.futures.ThreadPoolExecutor(2)

    def job() -> None:
        time.sleep(60)
        ends.append(_now())

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        direct = [pool.submit(job) for _ in range(5)]
        hops = [loop.run_in_executor(pool, job) for _ in range(5)]
        ticks = 0
        while not all(hop.done() for hop in hops):
            await asyncio.sleep(1)
            ticks += 1
        return [ticks, all(future.done() for future in direct)]

    got = asyncio.run(main())
    pool.shutdown()
    return [*got, ends]


def default_pool() -> list[float]:
    """As many threads on every machine."""

    async def main() -> list[float]:
        await asyncio.gather(*(asyncio.to_thread(time.sleep, 1) for _ in range(33)))
        return [_now()]

    return asyncio.run(main())


def abandoned_job() -> list[Any]:
    """The coroutine is gone, its thread still runs, and time does not run past it."""
    ends: list[Any] = []

    def job() -> None:
        for _ in range(3):
            time.sleep(10)
            ends.append(_now())

    async def main() -> list[Any]:
        try:
            await asyncio.wait_for(asyncio.to_thread(job), 15)
        except TimeoutError:
            ends.append(["timeout", _now()])
        await asyncio.sleep(100)
        return [*ends, _now()]

    return asyncio.run(main())


def hundred_hops(count: int) -> list[Any]:
    """Thread hops racing timers in one instant: the order is part of the result."""
    order: list[Any] = []

    async def hop(number: int) -> None:
        await asyncio.sleep(number % 3)
        order.append([number, await asyncio.to_thread(lambda: (time.sleep(number % 2), _now())[1])])

    async def main() -> None:
        await asyncio.gather(*(hop(number) for number in range(count)))

    asyncio.run(main())
    return order


def at_exit() -> str:
    """A thread is still at work when the program ends; the interpreter waits for it, in virtual time."""
    _later(3600, lambda: print("the last one", _now(), flush=True))
    return "main is done"


def signals() -> list[Any]:
    """A signal handler that raises while the baton is elsewhere does not let two threads run at once."""
    import os
    import signal

    def handler(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGUSR1, handler)
    running = [0]

    def work() -> None:
        running[0] += 1
        os.kill(os.getpid(), signal.SIGUSR1)
        deadline = time.monotonic_ns() + 0
        for _ in range(300_000):
            deadline += 1
        running[0] -= 1
        time.sleep(5)

    thread = _thread(work)
    seen: list[Any] = []
    try:
        thread.join()
    except KeyboardInterrupt:
        seen.append(["interrupted", running[0]])
    thread.join()
    return [*seen, _now()]
