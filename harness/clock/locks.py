"""Lock, RLock and Condition whose waiting is a park.

A lock made before the hooks went in stays real: install first. Under these three stand Event, Semaphore,
Barrier, Queue, Timer, `Future.result` and `concurrent.futures.wait`, which need no hook of their own.
"""

from __future__ import annotations

import _thread
import queue
import threading
from typing import Any

from harness.clock.baton import Baton

_real_wait = threading.Condition.wait
_allocate_lock = _thread.allocate_lock


def install(baton: Baton) -> None:
    """Put the hooks in. C's SimpleQueue would keep the baton, so the Python one takes its place."""
    _hook_locks(baton)
    _hook_conditions(baton)
    queue.SimpleQueue = queue._PySimpleQueue  # type: ignore[attr-defined, misc]


def _hook_locks(baton: Baton) -> None:
    class Lock:
        """`threading.Lock` whose waiting is a park where its holder is under the clock too."""

        def __init__(self) -> None:
            self._real = _allocate_lock()
            self._holder: Any = None

        def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
            if timeout != -1 and (not blocking or timeout < 0):
                return self._real.acquire(blocking, timeout)  # raises what the real one raises
            me = baton.current()
            got = self._real.acquire(False)
            if not got and blocking:
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

    threading.Lock = Lock  # type: ignore[assignment]
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
