"""Virtual time for every loop and thread of a process; see `baton` for the idea and docs/virtual-time.md."""

from __future__ import annotations

import asyncio
from typing import Any

from . import sockets, threads, wallclock
from .baton import Baton, ClockStuck, Participant
from .loop import VirtualLoop

BATON = Baton()
"""The clock of this process. It does nothing until a thread is adopted."""

_state: dict[str, Any] = {"installed": False, "seed": 0, "seen": lambda phase, name: None}


def install() -> None:
    """Put all hooks in, once, before anything that makes locks is imported. They wait for `begin`."""
    if _state["installed"]:
        return
    _state["installed"] = True
    threads.install(BATON, seen=lambda phase, name: _state["seen"](phase, name))
    sockets.install(BATON)
    asyncio.new_event_loop = asyncio.events.new_event_loop = new_event_loop  # type: ignore[attr-defined]
    wallclock.install(BATON)


def begin(name: str = "main", *, seed: int = 0, seen: Any = None) -> Participant:
    """Put the calling thread under the clock; `seen(phase, name)` is told of the subject's threads."""
    _state["seed"] = seed
    if seen is not None:
        _state["seen"] = seen
    return BATON.adopt(name)


def new_event_loop() -> asyncio.AbstractEventLoop:
    """What `asyncio.new_event_loop` makes once the hooks are in."""
    return VirtualLoop(BATON, _state["seed"])


__all__ = ["BATON", "Baton", "ClockStuck", "Participant", "VirtualLoop", "begin", "install", "new_event_loop"]
