"""The journal: the ordered record of everything that happened in a run. Pure: no file, no clock.

A `Record` is an envelope (number, virtual time in microseconds, source, whom it concerns, what caused it)
around one frozen dataclass, its kind. The platform's kinds are in `fake_qq_server.events`; those of the
run and of the subject are here. `x` holds what may differ between two equal runs (wall time, paths, pids,
tracebacks); the digest covers everything else, and there is no other list of exceptions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, Literal

from fake_qq_server import events
from fake_qq_server.events import NOBODY, Envelope, Event

from .runner_kinds import BesideState as BesideState
from .runner_kinds import BesideWord as BesideWord
from .runner_kinds import RunnerAdapter as RunnerAdapter
from .runner_kinds import RunnerHeld as RunnerHeld
from .runner_kinds import RunnerQueue as RunnerQueue
from .runner_kinds import RunnerState as RunnerState

SCHEMA = 1

Phase = Literal["begin", "end"]
How = Literal["ok", "failed", "raised", "cancelled"]


@dataclass(frozen=True)
class RunOpen(Event):
    """Everything that a re-run and the judge need.

    `scenario` is the resolved document of this one run (see docs/scenarios.md): its name, asks, rules,
    heal and end, with variants and twins already laid out. `subject` has name, version, python, aiohttp
    and sha256 (its path stands in `x`). `limits` are the checks' limits in force, in seconds.
    """

    KIND = "run.open"
    schema: int
    run: str
    level: str
    seed: int
    clock: str
    fix: str | None
    subject: Mapping[str, Any]
    scenario: Mapping[str, Any]
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RunTeardown(Event):
    """The run's end E. What follows is the marked tear-down, which only the check `stops` looks at.

    `why`: "end" (the scenario's end), "gaveup" (nothing was left that could change it), "exited" (the
    program ended itself).
    """

    KIND = "run.teardown"
    why: Literal["end", "gaveup", "exited"]


@dataclass(frozen=True)
class RunClose(Event):
    """The last record. `why`: end, or what ended the worker; `signal`/`status` where it died by itself."""

    KIND = "run.close"
    why: Literal["end", "spin", "blocked", "cpu", "memory", "wall", "killed", "exited", "harness"]
    detail: str | None = None
    status: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SubjState(Event):
    """What the subject says of itself, written on change, sampled before every jump of the clock.

    `connected`: its own property. `fatal`: null, or {code, retryable}. `status`: the platform's state in
    its status file (connected, disconnected, fatal, ...), null while there is none.
    """

    KIND = "subj.state"
    connected: bool | None
    fatal: Mapping[str, Any] | None
    status: str | None


@dataclass(frozen=True)
class Span(Event):
    """Base of what begins and ends: `how` and `error` (exception type and text) only at the end."""

    phase: Phase
    how: How | None = None
    error: str | None = None


@dataclass(frozen=True)
class SubjListener(Span):
    """The adapter's listen loop."""

    KIND = "subj.listener"


@dataclass(frozen=True)
class SubjHandler(Span):
    """A call of the fatal-error handler; `number` counts calls from 1."""

    KIND = "subj.handler"
    number: int = 1


@dataclass(frozen=True)
class SubjConnect(Span):
    """The adapter's connect(); `failed` where it returned false."""

    KIND = "subj.connect"


@dataclass(frozen=True)
class SubjDisconnect(Span):
    """The adapter's disconnect(), whoever called it."""

    KIND = "subj.disconnect"


@dataclass(frozen=True)
class SubjAttempt(Span):
    """One reconnect attempt; `number` counts from 1 over the whole run. connect() is not one."""

    KIND = "subj.attempt"
    number: int = 1


@dataclass(frozen=True)
class SubjMessage(Event):
    """The subject's handle_message was called with this message id."""

    KIND = "subj.message"
    id: str


@dataclass(frozen=True)
class SubjLog(Event):
    """A log record of the subject, INFO and above: level, logger and template, never its arguments.

    `secret`: names of the canaries found in the formatted text.
    """

    KIND = "subj.log"
    level: str
    logger: str
    template: str
    secret: Sequence[str] = ()


@dataclass(frozen=True)
class SubjThread(Event):
    """A thread of the subject began or ended."""

    KIND = "subj.thread"
    phase: Phase
    name: str


@dataclass(frozen=True)
class SubjEgress(Event):
    """The audit hook refused something: a connect or look-up off loopback, or a subprocess."""

    KIND = "subj.egress"
    what: Literal["connect", "lookup", "subprocess"]
    target: str


@dataclass(frozen=True)
class SubjSecret(Event):
    """A canary was found where it must not be (`where`: "status")."""

    KIND = "subj.secret"
    where: str
    secret: str


@dataclass(frozen=True)
class RunnerStop(Span):
    """The runner's stop(), whoever called it."""

    KIND = "runner.stop"


@dataclass(frozen=True)
class ProcExit(Event):
    """The program ended itself; `code` is what its process would exit with, `reason` what it says."""

    KIND = "proc.exit"
    code: int
    reason: str | None = None


@dataclass(frozen=True)
class ClockSpin(Event):
    """The subject turned, or read the clock, too often without letting time pass."""

    KIND = "clock.spin"
    turns: int
    thread: str


@dataclass(frozen=True)
class ClockBlocked(Event):
    """A loop that had due work did not turn for `seconds` (virtual: a hooked sleep)."""

    KIND = "clock.blocked"
    thread: str
    seconds: float


@dataclass(frozen=True)
class ClockHeld(Event):
    """A job outside every loop kept the clock from moving: instrument trouble, never the subject's."""

    KIND = "clock.held"
    thread: str


@dataclass(frozen=True)
class ClockHiccup(Event):
    """The clock lost step with the world it measures: instrument trouble."""

    KIND = "clock.hiccup"
    detail: str


@dataclass(frozen=True)
class Left(Event):
    """What the subject left after disconnect(): counts would lie, so names.

    `threads`: at the runner level only those that would hold the process up; `files`: the pid file.
    """

    KIND = "left"
    tasks: Sequence[str] = ()
    threads: Sequence[str] = ()
    sockets: Sequence[str] = ()
    locks: Sequence[str] = ()
    warnings: Sequence[str] = ()
    files: Sequence[str] = ()


def _kinds(base: type[Event]) -> Iterable[type[Event]]:
    for cls in base.__subclasses__():
        if cls.KIND:
            yield cls
        yield from _kinds(cls)


KINDS: Mapping[str, type[Event]] = {cls.KIND: cls for cls in _kinds(Event)}


class JournalError(ValueError):
    """A journal that cannot be read: says which line and what is wrong with it."""


@dataclass(frozen=True)
class Record:
    """One line. `n` is dense from 1, `t` is integer microseconds of the subject's clock.

    `src`: peer, link, probe (inside the subject), loop, rules, parent.
    """

    n: int
    t: int
    src: str
    event: Event
    about: Envelope = NOBODY
    x: Mapping[str, Any] = field(default_factory=dict)

    KEYS: ClassVar[tuple[str, ...]] = ("conn", "req", "bot", "cause", "rule")

    @property
    def kind(self) -> str:
        return self.event.KIND

    def as_json(self, *, digest: bool = False) -> str:
        """One line, without newline. With `digest`, the part that must be equal in equal runs."""
        line: dict[str, Any] = {"n": self.n, "t": self.t, "src": self.src, "k": self.kind}
        line.update((key, getattr(self.about, key)) for key in self.KEYS)
        line["d"] = {name: getattr(self.event, name) for name in field_names(type(self.event))}
        if not digest:
            line["x"] = dict(self.x)
        return (_SORTED if digest else _WRITTEN)(line)


def field_names(kind: type[Event]) -> tuple[str, ...]:
    """The names of a kind's fields, in order."""
    names = _FIELD_NAMES.get(kind.KIND)
    if names is None:
        names = _FIELD_NAMES[kind.KIND] = tuple(f.name for f in fields(kind))
    return names


_FIELD_NAMES: dict[str, tuple[str, ...]] = {}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} does not belong in a journal")


# Made once: json.dumps would make an encoder a record.
_WRITTEN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode
_SORTED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain).encode


def parse_line(text: str, number: int) -> Record:
    """The record of one line. Raises JournalError that names line `number`."""
    try:
        line = json.loads(text)
        kind = KINDS[line["k"]]
        about = Envelope(**{key: line[key] for key in Record.KEYS})
        wanted = {f.name for f in fields(kind)}
        required = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}
        d = line["d"]
        if not required <= set(d) <= wanted:
            raise ValueError(f"{line['k']} has the fields {sorted(d)}, not {sorted(wanted)}")
        return Record(line["n"], line["t"], line["src"], kind(**d), about, line.get("x", {}))
    except (KeyError, TypeError, ValueError) as exc:
        raise JournalError(f"line {number} is no journal record: {exc!r}") from exc


def parse(text: str) -> list[Record]:
    """All records of a journal. Raises JournalError."""
    return [parse_line(line, i) for i, line in enumerate(text.splitlines(), 1)]


def digest(records: Iterable[Record]) -> str:
    """ "sha256:…" over everything but `x`."""
    total = hashlib.sha256()
    for record in records:
        total.update(record.as_json(digest=True).encode())
        total.update(b"\n")
    return "sha256:" + total.hexdigest()


__all__ = ["KINDS", "SCHEMA", "Envelope", "Event", "JournalError", "Record", "digest", "events", "parse"]
