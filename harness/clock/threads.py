"""What blocks a thread becomes a park: Thread.start/join/is_alive and time.sleep (locks: see `locks`).

Outside the clock, that is in a thread that is no participant, every replacement does what the original does.

Thread pools need no hook of their own: their workers are ordinary participants, once the queue they wait
on is the Python one.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from harness.clock.baton import Baton

_real_start = threading.Thread.start
_real_join = threading.Thread.join
_real_is_alive = threading.Thread.is_alive
_real_enumerate = threading.enumerate
_real_sleep = time.sleep


def install(baton: Baton, *, on_thread: Callable[[str, str], None]) -> None:
    """Put the hooks in. `on_thread(phase, name)` is called as each thread of the subject begins and ends."""
    threading.Thread.start = _start_in_turn(baton, on_thread)  # type: ignore[method-assign, assignment]
    _hook_ends(baton)
    _hook_lists()
    _hook_exit(baton)

    def sleep(seconds: float) -> None:
        if baton.current() is None:
            return _real_sleep(seconds)
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        baton.park(None, seconds, "sleep")
        return None

    time.sleep = sleep  # type: ignore[assignment]


def _start_in_turn(baton: Baton, on_thread: Callable[[str, str], None]) -> Callable[[Any], None]:
    def start(self: Any) -> None:
        starter = baton.current()
        if starter is None or not self._initialized or self._started.is_set():
            return _real_start(self)
        ours = starter.ours and getattr(self, "ours", False)
        who = baton.register(self.name, ours=ours)
        run = self.run

        def run_in_turn() -> None:
            baton.enter(who)
            del self.run  # it refers back to this thread
            if not ours:
                on_thread("begin", self.name)
            try:
                run()
            except BaseException:
                self._invoke_excepthook(self)  # here, where it may log: outside it would run free
            finally:
                if not ours:
                    on_thread("end", self.name)
                baton.leave(who)

        self.run = run_in_turn
        self._participant = who
        try:
            with baton.real_waiting():
                _real_start(self)
                baton.await_arrival(who)
        except BaseException:
            if self._participant is who and not self._started.is_set():
                baton.unregister(who)
                del self._participant, self.run
            raise
        return None

    return start


def _hook_ends(baton: Baton) -> None:
    def join(self: Any, timeout: float | None = None) -> None:
        who = getattr(self, "_participant", None)
        me = baton.current()
        if me is None or who is None or who is me:
            return _real_join(self, timeout)
        if not who.done:
            baton.park(lambda: who.done, None if timeout is None else max(0.0, timeout), "join")
        if who.done:
            _real_join(self)  # only its last few instructions are left, outside the clock
        return None

    def is_alive(self: Any) -> bool:
        who = getattr(self, "_participant", None)
        return _real_is_alive(self) if who is None else not who.done

    threading.Thread.join = join  # type: ignore[method-assign]
    threading.Thread.is_alive = is_alive  # type: ignore[method-assign]


def _hook_lists() -> None:
    """A thread that has left the clock is gone, though its last instructions may still run."""

    def living() -> list[threading.Thread]:
        return [thread for thread in _real_enumerate() if thread.is_alive()]

    threading.enumerate = living
    threading.active_count = lambda: len(living())


def _hook_exit(baton: Baton) -> None:
    """The interpreter waits for its threads before it ends: in virtual time, or they would never run."""

    def finish() -> None:
        me = baton.current()
        if me is None:
            return
        pools: Any = sys.modules.get("concurrent.futures.thread")
        if pools is not None:
            pools._python_exit()
        others = [thread for thread in _real_enumerate() if not thread.daemon]
        for thread in others:
            who = getattr(thread, "_participant", None)
            if who is not None and who is not me:
                thread.join()

    threading._register_atexit(finish)  # type: ignore[attr-defined]
