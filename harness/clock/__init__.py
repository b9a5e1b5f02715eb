"""Virtual time for every loop and thread of a process; see `baton` for the idea and docs/virtual-time.md.

Runs beside the subject, and imports nothing of the harness: it can be used alone. `install()`, then the
imports of what is to run, then `begin()`.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from harness.clock import children, locks, polls, sockets, stable_ids, threads, wallclock
from harness.clock.baton import Baton
from harness.clock.loop import VirtualLoop
from harness.clock.participant import ClockStuck, Participant

BATON = Baton()
"""The clock of this process. It does nothing until a thread is adopted."""

_state: dict[str, Any] = {"installed": False, "seed": 0, "on_thread": lambda phase, name: None}


def install() -> None:
    """Put all hooks in, once, before anything that makes locks is imported. They wait for `begin`."""
    if _state["installed"]:
        return
    _state["installed"] = True
    threads.install(BATON, on_thread=lambda phase, name: _state["on_thread"](phase, name))
    locks.install(BATON)
    sockets.install(BATON)
    polls.install(BATON)
    asyncio.new_event_loop = asyncio.events.new_event_loop = new_event_loop
    policy: Any = getattr(asyncio, "DefaultEventLoopPolicy", None)
    if policy is not None:  # gone in Python 3.16; until then for `get_event_loop` and its like
        policy._loop_factory = staticmethod(new_event_loop)
    wallclock.install(BATON)
    children.install(BATON)
    stable_ids.install()
    os.register_at_fork(after_in_child=BATON.reset_in_child)


def begin(name: str = "main", *, seed: int = 0, on_thread: Any = None) -> Participant:
    """Put the calling thread under the clock; `on_thread(phase, name)` hears of the subject's threads."""
    _state["seed"] = seed
    if on_thread is not None:
        _state["on_thread"] = on_thread
    stable_ids.restart_numbering()
    return BATON.adopt(name)


def new_event_loop() -> asyncio.AbstractEventLoop:
    """What `asyncio.new_event_loop` makes once the hooks are in: virtual as soon as the clock has begun."""
    return VirtualLoop(BATON, _state["seed"]) if BATON.begun else asyncio.SelectorEventLoop()


__all__ = ["BATON", "Baton", "ClockStuck", "Participant", "VirtualLoop", "begin", "install", "new_event_loop"]
