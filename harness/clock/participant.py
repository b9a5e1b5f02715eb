"""A participant: a thread under the clock, with what it waits for."""

from __future__ import annotations

import _thread
from collections.abc import Callable
from typing import Any

_allocate_lock = _thread.allocate_lock  # the real one: hooks replace `threading.Lock`, not this


class ClockStuck(RuntimeError):
    """No participant can ever run again: nobody waits for a time or for input."""


class Participant:
    """One thread and what it waits for.

    `ours`: a thread of the harness, not of the subject. `loop` is its running event loop. It is parked until
    `test()` is true or `deadline` (µs) has come, in the call that `waits_for` names, since `parked_at`; `got`
    is then what the test gave, `fault` what it raised. `due` is when work came for a loop that is blocked,
    `reported` whether that was reported. `given`: the baton is on its way. `_go` is released to give it the
    baton, `_here` once when its thread has started.
    """

    def __init__(self, name: str, number: int, *, ours: bool) -> None:
        self.name = name
        self.number = number
        self.ours = ours
        self.loop: Any = None
        self.test: Callable[[], Any] | None = None
        self.deadline: int | None = None
        self.waits_for = "start"
        self.parked_at = 0
        self.due: int | None = None
        self.reported = False
        self.got: Any = None
        self.done = False
        self.given = False
        self.fault: BaseException | None = None
        self._go = _allocate_lock()
        self._go.acquire()
        self._here = _allocate_lock()
        self._here.acquire()


class ThreadState(_thread._local):
    """What the clock knows of the thread that asks."""

    waits_really = False
    participant: Participant | None = None


class RealWaiting:
    """A context in which this thread's waiting is real: it keeps the baton, and the clock stands still."""

    def __init__(self, local: ThreadState) -> None:
        self._local = local
        self._before = False

    def __enter__(self) -> None:
        self._before = self._local.waits_really
        self._local.waits_really = True

    def __exit__(self, *exc: object) -> None:
        self._local.waits_really = self._before
