"""The journal's kinds that only the process level writes: the program from outside, and who keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fake_qq_server.events import Event


@dataclass(frozen=True)
class ProcService(Event):
    """Who keeps the program: a real systemd, or nobody (`name`), and which, or why nobody (`detail`)."""

    KIND = "proc.service"
    name: Literal["systemd", "none"]
    detail: str


@dataclass(frozen=True)
class ProcUnit(Event):
    """What systemd says of the program's unit, on change; `restarts`: how often it has started it again."""

    KIND = "proc.unit"
    active: str
    sub: str
    restarts: int


@dataclass(frozen=True)
class ProcRate(Event):
    """From here on time passes so many times as fast as real time."""

    KIND = "proc.rate"
    rate: float


@dataclass(frozen=True)
class ProcSentinel(Event):
    """Whether time passed too fast for this machine: reconnect attempts that the log says were made, those of
    which the platform saw a request, and how late the harness's own timer was at worst (seconds of the
    run)."""

    KIND = "proc.sentinel"
    begun: int
    seen: int
    late: float


@dataclass(frozen=True)
class ProcSpin(Event):
    """In real time, before it was told to stop, the program's main thread hardly ever rested: of `real`
    seconds it ran for `busy`."""

    KIND = "proc.spin"
    busy: float
    real: float


@dataclass(frozen=True)
class SubjGaveUp(Event):
    """The program's log says that its adapter tries no more."""

    KIND = "subj.gaveup"


KINDS: tuple[type[Event], ...] = (ProcService, ProcUnit, ProcRate, ProcSentinel, ProcSpin, SubjGaveUp)
"""Every kind of this module."""
