"""What blocks a thread becomes a park: Thread.start/join/is_alive, Condition.wait, Lock, RLock, time.sleep.

Installed once, before the subject is imported (a lock made earlier stays real). Outside the clock, that is
in a thread that is no participant, every replacement does what the original does.

Thread pools need no hook of their own: their workers are ordinary participants, once the queue they wait
on is the Python one (C's SimpleQueue would keep the baton).
"""

from __future__ import annotations

import _thread
import queue
import threading
import time
from typing import Any

from .baton import Baton

_real_start = threading.Thread.start
_real_join = threading.Thread.join
_real_is_alive = threading.Thread.is_alive
_real_wait = threading.Condition.wait
_real_sleep = time.sleep
_allocate_lock = _thread.allocate_lock


def install(baton: Baton, *, seen: Any) -> None:
    """Put the hooks in. `seen(phase, name)` is told of each thread of the subject."""
    _hook_threads(baton, seen)
    _hook_locks(baton)
    _hook_conditions(baton)

    def sleep(seconds: float) -> None:
        if baton.current() is None:
            _real_sleep(seconds)
        else:
            if seconds < 0:
                raise ValueError("sleep length must be non-negative")
            baton.park(None, seconds, "sleep")

    time.sleep = sleep
    queue.SimpleQueue = queue._PySimpleQueue  # type: ignore[attr-defined, misc]


def _hook_threads(baton: Baton, seen: Any) -> None:
    def start(self: Any) -> None:
        starter = baton.current()
        if starter is None:
            return _real_start(self)
        ours = starter.ours and getattr(self, "ours", False)
        who = self._participant = baton.enroll(self.name, ours=ours)
        run = self.run

        def run_in_turn() -> None:
            baton.enter(who)
            if not ours:
                seen("begin", self.name)
            try:
                run()
            finally:
                if not ours:
                    seen("end", self.name)
                baton.leave(who)

        self.run = run_in_turn
        with baton.raw():
            _real_start(self)
            baton.await_arrival(who)
        return None

    def join(self: Any, timeout: float | None = None) -> None:
        who = getattr(self, "_participant", None)
        if baton.current() is None or who is None:
            return _real_join(self, timeout)
        if not who.done:
            baton.park(lambda: who.done, None if timeout is None else max(0.0, timeout), "join")
        if who.done:
            _real_join(self)  # only its last few instructions are left, outside the clock
        return None

    def is_alive(self: Any) -> bool:
        who = getattr(self, "_participant", None)
        return _real_is_alive(self) if who is None else not who.done

    threading.Thread.start = start  # type: ignore[method-assign]
    threading.Thread.join = join  # type: ignore[method-assign]
    threading.Thread.is_alive = is_alive  # type: ignore[method-assign]


def _hook_locks(baton: Baton) -> None:
    class Lock:
        """`threading.Lock` whose waiting is a park where its holder is under the clock too."""

        def __init__(self) -> None:
            self._real = _allocate_lock()
            self._holder: Any = None

        def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
            me = baton.current()
            if self._real.acquire(False):
                self._holder = me
                return True
            if not blocking:
                return False
            if me is None or self._holder is None:
                got = self._real.acquire(True, timeout)
            else:
                limit = None if timeout < 0 else timeout
                got = bool(baton.park(lambda: self._real.acquire(False), limit, "lock"))
            if got:
                self._holder = me
            return got

        def release(self) -> None:
            self._holder = None
            self._real.release()

        def locked(self) -> bool:
            return self._real.locked()

        def __enter__(self) -> bool:
            return self.acquire()

        def __exit__(self, *exc: object) -> None:
            self.release()

        def _at_fork_reinit(self) -> None:
            self._real = _allocate_lock()
            self._holder = None

    class RLock(threading._PyRLock):  # type: ignore[name-defined, misc]
        """The Python RLock over such a lock."""

        def __init__(self) -> None:
            super().__init__()
            self._block = Lock()

    threading.Lock = Lock  # type: ignore[assignment, misc]
    threading.RLock = RLock


def _hook_conditions(baton: Baton) -> None:
    def wait(self: Any, timeout: float | None = None) -> bool:
        if baton.current() is None or (timeout is not None and timeout <= 0):
            return _real_wait(self, timeout)
        if not self._is_owned():
            raise RuntimeError("cannot wait on un-acquired lock")
        waiter = _allocate_lock()
        waiter.acquire()
        self._waiters.append(waiter)
        saved = self._release_save()
        got = False
        try:
            got = bool(baton.park(lambda: waiter.acquire(False), timeout, "condition"))
            return got
        finally:
            self._acquire_restore(saved)
            if not got and waiter in self._waiters:
                self._waiters.remove(waiter)

    threading.Condition.wait = wait  # type: ignore[method-assign]
