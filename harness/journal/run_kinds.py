"""The kinds of records that are the run's, the subject's and the clock's own: one frozen dataclass each.

The platform's kinds are in `fake_qq_server.events`; the record around all of them is in `record`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from fake_qq_server.events import OMIT_NULL, Event

SpanPhase = Literal["begin", "end"]
How = Literal["ok", "failed", "raised", "cancelled"]

INTERRUPTED_DETAIL = "interrupted"
"""`RunClose.detail` beside why "killed", where the harness ended a worker that had done nothing wrong: the
person stopped the command, or the whole command had to end."""


CLOCK = "baton"
"""`RunOpen.clock`: virtual time, which jumps."""
CLOCK_WITH_A_PROXY = "baton+1:1"
"""The same, but as long as a real proxy has something on its way, time goes one to one with real time: times
differ a little from run to run, so digests do too."""

CLOCK_SCALED = "scaled"
"""Real time, and multiples of it (`proc.rate`): times, and so digests, differ from run to run."""


@dataclass(frozen=True)
class FixRef:
    """Which fix was laid over the subject. `name`: a named fix's, or a patch's file name; `kind` and `sha256`
    (of the patch's bytes, or of what the named fix inserts) tell two of one name apart."""

    name: str
    kind: Literal["named", "patch"] | None = None
    sha256: str | None = None

    @classmethod
    def read(cls, value: Any) -> FixRef | None:
        """From JSON: an object of the three, or a name alone, as journals had it at first.

        Raises TypeError for another shape.
        """
        if value is None or isinstance(value, FixRef):
            return value
        return cls(value) if isinstance(value, str) else cls(**value)


@dataclass(frozen=True)
class RunOpen(Event):
    """Everything that a re-run and the judge need.

    `scenario` is the resolved document of this one run (see docs/scenarios.md): its name, asks, rules,
    heal and end, with variants and twins already laid out. `subject` has name, version, python, aiohttp
    and sha256 (its path stands in `x`). Raises ValueError where a foreign journal has something else there.
    """

    KIND = "run.open"
    schema: int
    run: str
    level: str
    seed: int
    clock: str
    fix: FixRef | None
    subject: Mapping[str, Any]
    scenario: Mapping[str, Any]
    versions: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fix", FixRef.read(self.fix))
        for name, wanted in (("run", str), ("level", str), ("subject", Mapping), ("scenario", Mapping)):
            if not isinstance(getattr(self, name), wanted):
                raise ValueError(f"run.open has {getattr(self, name)!r} as its {name}")


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
    """The last record. `why`: end, or what ended the worker; `status` where its process died by itself (a
    signal as a negative number). The source is "parent" where the harness wrote it from outside."""

    KIND = "run.close"
    why: Literal[
        "end",
        "spin",
        "blocked",
        "cpu",
        "platform",
        "memory",
        "wall",
        "files",
        "journal",
        "killed",
        "exited",
        "harness",
        "rules",
    ]
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
class SpanEvent(Event):
    """Base of what begins and ends: `how` and `error` (exception type and text) only at the end."""

    phase: SpanPhase
    how: How | None = None
    error: str | None = None


@dataclass(frozen=True)
class SubjListener(SpanEvent):
    """The adapter's listen loop."""

    KIND = "subj.listener"


@dataclass(frozen=True)
class SubjHandler(SpanEvent):
    """A call of the fatal-error handler; `number` counts calls from 1."""

    KIND = "subj.handler"
    number: int = 1


@dataclass(frozen=True)
class SubjConnect(SpanEvent):
    """The adapter's connect(); `failed` where it returned false."""

    KIND = "subj.connect"


@dataclass(frozen=True)
class SubjDisconnect(SpanEvent):
    """The adapter's disconnect(), whoever called it."""

    KIND = "subj.disconnect"


@dataclass(frozen=True)
class SubjAttempt(SpanEvent):
    """One reconnect attempt; `number` counts from 1 over the whole run. connect() is not one."""

    KIND = "subj.attempt"
    number: int = 1


@dataclass(frozen=True)
class SubjMessage(Event):
    """The subject's handle_message was called with this message id.

    What it was given, null for nothing: `text`: how that begins, four times as much as `event.sent` tells,
    for a bot may write something before it, what is quoted first; `place`, `user` as there; `media`: how
    many files and pictures; `scene`: of which kind it takes that place to be (`c2c`, `group`, else the
    subject's word).
    """

    KIND = "subj.message"
    id: str
    text: str | None = field(default=None, metadata=OMIT_NULL)
    place: str | None = field(default=None, metadata=OMIT_NULL)
    user: str | None = field(default=None, metadata=OMIT_NULL)
    media: int | None = field(default=None, metadata=OMIT_NULL)
    scene: str | None = field(default=None, metadata=OMIT_NULL)


@dataclass(frozen=True)
class SubjAnswer(SpanEvent):
    """A call of the message handler that the scenario's `answers` describes, for the message of this id.

    hermes merges texts of one chat that come while its handler runs: then one call is for several messages.
    `text`, at its end: how the answer begins; `length`: its characters.
    """

    KIND = "subj.answer"
    id: str = ""
    text: str | None = field(default=None, metadata=OMIT_NULL)
    length: int | None = field(default=None, metadata=OMIT_NULL)


@dataclass(frozen=True)
class SubjSend(SpanEvent):
    """The subject was made to send a message of its own accord; `failed` where its send says so.

    `scene` and `place`: whom it is for, as in `http.send` and `event.sent`. `text`: what it is to say.
    `sent`: the id that its send gives what it sent, null where it gives none.
    """

    KIND = "subj.send"
    scene: str = "c2c"
    place: str = ""
    text: str = ""
    sent: str | None = field(default=None, metadata=OMIT_NULL)

    @property
    def to(self) -> tuple[str, str]:
        """Scene and id of whom it is for."""
        return self.scene, self.place


@dataclass(frozen=True)
class SubjLife(Event):
    """A rule ends the subject's life and begins another: `stopping` as it is told to, `killed` without a
    word, `ended` a program that was told to (`code`: its exit status), `started` a new one. What ends in
    between did not give up. `number` counts lives from 1."""

    KIND = "subj.life"
    what: Literal["stopping", "killed", "ended", "started"]
    number: int
    code: int | None = field(default=None, metadata=OMIT_NULL)


@dataclass(frozen=True)
class SubjLog(Event):
    """A log record of the subject, INFO and above: level, logger and template, never its arguments.

    Its libraries and asyncio count as the subject.

    `template`: of asyncio, which formats its messages itself, the first line without folders. `secret`: names
    of the canaries found in the formatted text. `error`: the type of the exception that was logged with it.
    """

    KIND = "subj.log"
    level: str
    logger: str
    template: str
    secret: Sequence[str] = ()
    error: str | None = field(default=None, metadata=OMIT_NULL)


@dataclass(frozen=True)
class SubjThread(Event):
    """A thread of the subject began or ended."""

    KIND = "subj.thread"
    phase: SpanPhase
    name: str


@dataclass(frozen=True)
class SubjEgress(Event):
    """Something was refused: a connect or look-up off loopback, a subprocess, a signal to a process that is
    none of the run's (`target`: the signal)."""

    KIND = "subj.egress"
    what: Literal["connect", "lookup", "subprocess", "signal"]
    target: str


@dataclass(frozen=True)
class SubjSecret(Event):
    """A canary was found where it must not be (`where`: "status")."""

    KIND = "subj.secret"
    where: str
    secret: str


@dataclass(frozen=True)
class RunnerStop(SpanEvent):
    """The runner's stop(), whoever called it."""

    KIND = "runner.stop"


@dataclass(frozen=True)
class ProcEnding(Event):
    """The program's main coroutine is over, and asyncio ends what its loop still has. What is cancelled from
    here on did not give up."""

    KIND = "proc.ending"


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
    """What had to arrive within one turn of the clock, such as a signal, did not: instrument trouble."""

    KIND = "clock.hiccup"
    detail: str


@dataclass(frozen=True)
class Left(Event):
    """What the subject left after disconnect(), by name.

    `threads`: at the runner level only those that would hold the process up; `files`: the pid file;
    `clients`: HTTP clients that nobody closed, `processes`: what it had started; null where none was looked
    for or found.
    """

    KIND = "left"
    tasks: Sequence[str] = ()
    threads: Sequence[str] = ()
    sockets: Sequence[str] = ()
    locks: Sequence[str] = ()
    warnings: Sequence[str] = ()
    files: Sequence[str] = ()
    clients: Sequence[str] | None = field(default=None, metadata=OMIT_NULL)
    processes: Sequence[str] | None = field(default=None, metadata=OMIT_NULL)


KINDS: tuple[type[Event], ...] = (
    RunOpen,
    RunTeardown,
    RunClose,
    SubjState,
    SubjListener,
    SubjHandler,
    SubjConnect,
    SubjDisconnect,
    SubjAttempt,
    RunnerStop,
    SubjMessage,
    SubjAnswer,
    SubjSend,
    SubjLife,
    SubjLog,
    SubjThread,
    SubjEgress,
    SubjSecret,
    ProcEnding,
    ProcExit,
    ClockSpin,
    ClockBlocked,
    ClockHeld,
    ClockHiccup,
    Left,
)
"""Every kind of this module; `record.KINDS` is these, the platform's and the runner level's."""
