"""The journal's kinds that only the runner level writes: what the gateway around the adapter does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fake_qq_server.events import Event


@dataclass(frozen=True)
class RunnerQueue(Event):
    """The runner's reconnect queue, on change: is the platform queued for a retry, paused, at which try?"""

    KIND = "runner.queue"
    platform: str
    queued: bool
    attempts: int = 0
    paused: bool = False


@dataclass(frozen=True)
class RunnerAdapter(Event):
    """Whether the runner holds an adapter for the platform, on change."""

    KIND = "runner.adapter"
    platform: str
    installed: bool


@dataclass(frozen=True)
class RunnerState(Event):
    """What the status file says of the gateway as a whole (starting, running, degraded, stopped, ...), on
    change; null while there is no file."""

    KIND = "runner.state"
    state: str | None


@dataclass(frozen=True)
class RunnerHeld(Event):
    """At the run's end, before the tear-down: what the runner and the last adapter still hold of QQ.

    `installed`: the adapter's place in the runner; `http`: its HTTP client is open; `locks`: lock files.
    """

    KIND = "runner.held"
    installed: bool
    http: bool
    locks: Sequence[str] = ()


@dataclass(frozen=True)
class BesideState(Event):
    """The platform beside QQ, on change: installed in the runner, queued for a retry, and its state in the
    status file."""

    KIND = "beside.state"
    installed: bool
    queued: bool
    status: str | None


@dataclass(frozen=True)
class BesideWord(Event):
    """A message of the platform beside QQ: `asked` when a user wrote it, `answered` when the reply came."""

    KIND = "beside.word"
    number: int
    what: Literal["asked", "answered"]


KINDS: tuple[type[Event], ...] = (
    RunnerQueue,
    RunnerAdapter,
    RunnerState,
    RunnerHeld,
    BesideState,
    BesideWord,
)
"""Every kind of this module."""
