"""The nouns of judging: what a journal's records add up to. Frozen data only; `timeline` derives it.

All times are virtual microseconds; `n` is the number of the record that proves the fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.judging.intervals import Interval

HELLO_HEARTBEAT_US = 41_250_000


@dataclass(frozen=True, order=True)
class Mark:
    """A moment with its proof."""

    t: int
    n: int


@dataclass(frozen=True)
class Call:
    """Something that begins and ends; `end` is null while it is open at E.

    `how` is one of journal.How. `number` is the subject's own count where there is one.
    """

    begin: Mark
    end: Mark | None = None
    how: str | None = None
    error: str | None = None
    number: int = 1

    def lasted(self, upto: int) -> int:
        """How long it took, or has been open at `upto`."""
        return (self.end.t if self.end else upto) - self.begin.t

    @property
    def lines(self) -> tuple[int, ...]:
        return (self.begin.n, self.end.n) if self.end else (self.begin.n,)


@dataclass(frozen=True)
class Connection:
    """One WebSocket connection as the platform saw it.

    `readies`: READY or RESUMED written on it. `ended`: the first of a CLOSE frame either way or
    the TCP connection's end. `closed`: the TCP connection's end. `left`: the subject's own
    CLOSE frame or TCP end, whichever came first.
    """

    number: int
    opened: Mark
    readies: tuple[Mark, ...] = ()
    ended: Mark | None = None
    closed: Mark | None = None
    left: Mark | None = None


@dataclass(frozen=True)
class Interruption:
    """A stretch in which one connection could not serve: silent, stalled or blackholed.

    `name` is the condition that began it; `while_serving`: the connection was serving just before.
    """

    conn: int
    name: str
    on: Mark
    off: Mark | None
    while_serving: bool


@dataclass(frozen=True)
class GiveUp:
    """The subject stopped: its listener ended unbidden, or it set the fatal flag, whichever came first.

    A second sign while the first still stands belongs to the same one. `until`: the READY or RESUMED that
    undid it, else E. `stands`: nothing undid it. `flag`: the fatal flag, as soon as it was set.
    `calls`: the calls of the fatal handler between the READY before it and `until`.
    `connecting`: the connect() within which it happened, where that connect() then failed: its caller got
    the answer as a return value.
    """

    at: Mark
    until: Mark
    stands: bool
    flag: Mark | None = None
    calls: tuple[Call, ...] = ()
    told: tuple[Call, ...] = ()
    connecting: Call | None = None

    @property
    def stretch(self) -> Interval:
        return Interval(self.at.t, self.until.t)


@dataclass(frozen=True)
class Writing:
    """A message event was written to a connection."""

    at: Mark
    conn: int | None
    replay: bool


@dataclass(frozen=True)
class Message:
    """One message id: when it was written, handled, and answered through the API."""

    id: str
    probe: bool
    written: tuple[Writing, ...] = ()
    handled: tuple[Mark, ...] = ()
    replied: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Terms:
    """What the run's scenario says about judging; `of` reads it from `RunOpen.scenario`, believing nothing.

    `limits_us` are the scenario's own limits by check, in microseconds. `handler` is what it told the
    fatal handler to do. `restart` is the service manager's policy: `on-failure` where it names none, as
    hand-made units have it.
    """

    run: str = ""
    issues: tuple[int, ...] = ()
    asks: tuple[str, ...] = ()
    starts_up: bool = True
    heals: bool = False
    handler: str = "record"
    restart: str = "on-failure"
    heartbeat_us: int = HELLO_HEARTBEAT_US
    limits_us: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, scenario: Mapping[str, Any], level: str, run: str = "") -> Terms:
        asks = scenario.get("asks")
        if isinstance(asks, Mapping):
            asks = asks.get(level)
        limits, beat, issues = scenario.get("limits_us"), scenario.get("heartbeat_ms"), scenario.get("issues")
        handler = scenario.get("handler") or "record"
        return cls(
            run=run or str(scenario.get("run") or scenario.get("scenario") or ""),
            issues=tuple(i for i in _list(issues) if isinstance(i, int)),
            asks=tuple(dict.fromkeys(str(name) for name in _list(asks))),
            starts_up=scenario.get("start") != "down",
            heals=scenario.get("heal") is not None,
            handler=str(next((key for key, _ in _items(handler)), handler)),
            restart=str(scenario.get("restart") or "on-failure"),
            heartbeat_us=_scaled(beat, 1000) or HELLO_HEARTBEAT_US,
            limits_us={str(k): us for k, v in _items(limits) if (us := _scaled(v)) is not None},
        )


def _list(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _items(value: object) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else []


def _scaled(value: object, factor: int = 1) -> int | None:
    """A positive number times `factor`, null for whatever else stands there."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e15:
        return None
    return int(value * factor)
