"""What happened in a run, derived from its journal in one place. Pure: records in, facts out.

Checks, endings and outcomes ask a `Timeline`; none of them reads a record that it could have asked for
here. The run proper ends at E (`end`): what follows `run.teardown` is in `tail`, and only the check
`stops` judges it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from fake_qq_server.events import ClockSet, Event, Heal, HttpRequest, RuleAct, RuleUnmet, WsConnect, WsIn
from harness.journal.record import Record
from harness.journal.run_kinds import (
    RunClose,
    RunOpen,
    RunTeardown,
    SpanEvent,
    SubjAttempt,
    SubjConnect,
    SubjDisconnect,
    SubjHandler,
    SubjState,
)
from harness.judging import run_close
from harness.judging.facts import Connection, GiveUp, Interruption, Mark, Message, TimedCall
from harness.judging.intervals import Interval, merge
from harness.judging.messages import messages_of
from harness.judging.sends import Send, sends_of
from harness.judging.service import Service, follow, with_calls
from harness.judging.terms import Terms, terms_of
from harness.judging.trouble import Trouble, trouble_of
from harness.scenario.vocabulary import PROCESS


@dataclass(frozen=True, eq=False)
class Timeline:
    """The facts of one run. Times are virtual microseconds.

    `end`: E, the time of run.teardown, else of the last record. `cut`: there was no run.teardown, so the
    run did not reach its end. `ended_early`: after a give-up nothing was left that could change anything; no
    window counts as cut short by that. `heal`: H; `released` where it freed what conditions held.
    `says_connected` and `says_otherwise`: the status file reads connected, or something else;
    `believes_connected` falls back on the subject's own property while there is no file. `statements`: the
    records at which the status file's word changed. `unmet`: rules of the premise that acted too seldom.
    """

    records: Sequence[Record]
    body: Sequence[Record]
    tail: Sequence[Record]
    opened: RunOpen | None
    closed: Record | None
    terms: Terms
    end: int
    cut: bool
    ended_early: bool
    heal: Mark | None
    released: bool
    first_act: Mark | None
    unmet: tuple[Record, ...]
    service: Service
    giveups: tuple[GiveUp, ...]
    attempts: tuple[TimedCall, ...]
    calls: tuple[TimedCall, ...]
    connects: tuple[TimedCall, ...]
    says_connected: tuple[Interval, ...]
    believes_connected: tuple[Interval, ...]
    says_otherwise: tuple[Interval, ...]
    statements: tuple[Mark, ...]
    messages: tuple[Message, ...]
    sends: tuple[Send, ...]

    @property
    def level(self) -> str:
        """The level of the run; "adapter" where the journal has no run.open."""
        return self.opened.level if self.opened else "adapter"

    @property
    def why(self) -> str | None:
        """What ended the worker (RunClose.why), null where the journal is not closed."""
        return self.closed.event.why if self.closed and isinstance(self.closed.event, RunClose) else None

    @property
    def interrupted(self) -> bool:
        """Whether the run was stopped from outside, by the person or with the whole command."""
        return run_close.interrupted(self.closed)

    @property
    def serving(self) -> tuple[Interval, ...]:
        """When the bot was in service, in order."""
        return self.service.serving

    @property
    def since(self) -> int | None:
        """When the service began that holds at E; null if it is not serving then."""
        return self.service.since

    @property
    def connections(self) -> Mapping[int, Connection]:
        """The WebSocket connections by number."""
        return self.service.connections

    @property
    def interruptions(self) -> tuple[Interruption, ...]:
        """What interrupted each connection, in the order in which it began."""
        return self.service.interruptions

    @property
    def run(self) -> Interval:
        """From the first moment to E."""
        return Interval(0, self.end)

    @property
    def giveup(self) -> GiveUp | None:
        """The give-up that stands at E."""
        return self.giveups[-1] if self.giveups and self.giveups[-1].stands else None

    @property
    def probes(self) -> tuple[Message, ...]:
        """The harness's own messages that were written to a connection."""
        return tuple(one for one in self.messages if one.probe and one.written)

    @cached_property
    def clock_set(self) -> Record | None:
        """The first record that says the time of the journal is not real time: of a served platform only."""
        return next((one for one in self.records if isinstance(one.event, ClockSet)), None)

    @cached_property
    def trouble(self) -> Trouble:
        """What stood between the bot and the API besides itself."""
        return trouble_of(self.body)

    @cached_property
    def failed_connect(self) -> TimedCall | None:
        """The last connect(), where it failed and nothing went on after it: its caller knows and must act."""
        if not self.connects or self.connects[-1].end is None or self.connects[-1].how == "ok":
            return None
        last = self.connects[-1]
        ended = self.connects[-1].end
        later = any(call.begin.n > ended.n for call in self.attempts)
        return None if later or any(ready.n > ended.n for ready in self.service.readies) else last

    @cached_property
    def signs_of_trying(self) -> tuple[Mark, ...]:
        """Signs that the subject is trying: reconnect attempts, and what only a connecting client does."""
        seen = [call.begin for call in self.attempts]
        for record in self.body:
            event = record.event
            wants = isinstance(event, HttpRequest) and event.endpoint in ("token", "gateway")
            if wants or isinstance(event, WsConnect):
                seen.append(Mark(record.t, record.n))
        return tuple(sorted(seen))

    def argument(self, record: Record) -> tuple[str, Any]:
        """Of a rule.act: its verb, and that verb's main argument as its rule has it; null where none says."""
        verb = str(getattr(record.event, "verb", ""))
        rule = self.terms.rules.get(record.about.rule or "")
        dos = [do for do in rule.do if do.verb == verb] if rule else []
        return verb, dos[0].args.main if dos else None

    def more(self, record: Record) -> Mapping[str, Any]:
        """Of a rule.act: its verb's further arguments, as its rule has them."""
        rule = self.terms.rules.get(record.about.rule or "")
        dos = [do for do in rule.do if do.verb == getattr(record.event, "verb", "")] if rule else []
        return dos[0].args.more if dos else {}

    def serves(self, t: int) -> bool:
        """serving(t); at E the state that the run was left in."""
        if t == self.end and self.since is not None:
            return True
        return any(one.holds(t) for one in self.serving)

    def identifies(self) -> tuple[Mark, ...]:
        """Each Identify that the platform received."""
        return self._marks(lambda event: isinstance(event, WsIn) and event.op == "identify")

    def token_requests(self) -> tuple[Mark, ...]:
        """Each request to the token endpoint."""
        return self._marks(lambda event: isinstance(event, HttpRequest) and event.endpoint == "token")

    def proof(self, *times: int) -> tuple[int, ...]:
        """The records by which service or the status file's word changed at these times."""
        marks = (*self.service.changes, *self.statements)
        return tuple(sorted({mark.n for mark in marks if mark.t in times}))

    def _marks(self, wanted: Callable[[Event], bool]) -> tuple[Mark, ...]:
        return tuple(Mark(one.t, one.n) for one in self.body if wanted(one.event))


def read(records: Iterable[Record]) -> Timeline:
    """The timeline of a journal, however short, torn or strange."""
    everything = tuple(records)
    first = everything[0].event if everything else None
    opened = first if isinstance(first, RunOpen) else None
    closed = everything[-1] if everything and isinstance(everything[-1].event, RunClose) else None
    at = next((i for i, one in enumerate(everything) if isinstance(one.event, RunTeardown)), None)
    if at is None:
        body, tail = everything, everything[:0]
        end = max((one.t for one in everything), default=0)
    else:
        body, tail = everything[:at], everything[at + 1 :]
        end = max(everything[at].t, *(one.t for one in body), 0)
    teardown = everything[at].event if at is not None else None
    heal = next((one for one in body if isinstance(one.event, Heal)), None)
    terms = terms_of(opened)
    service = follow(body, end)
    calls, connects = calls_of(body, SubjHandler), calls_of(body, SubjConnect)
    sends = sends_of(body)
    return Timeline(
        records=everything,
        body=body,
        tail=tail,
        opened=opened,
        closed=closed,
        terms=terms,
        end=end,
        cut=teardown is None,
        ended_early=isinstance(teardown, RunTeardown) and teardown.why == "gaveup",
        heal=Mark(heal.t, heal.n) if heal else None,
        released=heal is not None and isinstance(heal.event, Heal) and heal.event.held == "release",
        first_act=next((Mark(one.t, one.n) for one in body if _changes(one.event)), None),
        unmet=tuple(one for one in everything if isinstance(one.event, RuleUnmet)),
        service=service,
        giveups=tuple(_within(one, connects) for one in with_calls(service, calls, terms.handler)),
        attempts=calls_of(body, SubjAttempt),
        calls=calls,
        connects=connects,
        says_connected=_spoken(body, end, lambda state: state.status == "connected"),
        believes_connected=_spoken(body, end, _believes),
        says_otherwise=_spoken(body, end, lambda state: state.status not in (None, "connected")),
        statements=_statements(body),
        messages=messages_of(body, sends, outside=opened is not None and opened.level == PROCESS),
        sends=sends,
    )


def _changes(event: Event) -> bool:
    """Whether a rule changed something: some only set a mark."""
    return isinstance(event, RuleAct) and not event.only_marks


def calls_of(records: Iterable[Record], kind: type[SpanEvent]) -> tuple[TimedCall, ...]:
    """Begins and ends of one kind, paired: by number where the kind has one, else an end closes the last
    one open. An end without a begin is not a call."""
    found: list[TimedCall] = []
    for record in records:
        event = record.event
        if not isinstance(event, kind):
            continue
        mark, number = Mark(record.t, record.n), getattr(event, "number", 1)
        if event.phase == "begin":
            found.append(TimedCall(mark, number=number))
            continue
        for i in range(len(found) - 1, -1, -1):
            if found[i].end is None and found[i].number == number:
                found[i] = replace(found[i], end=mark, how=event.how, error=event.error)
                break
    return tuple(found)


def disconnect_of(tail: Iterable[Record]) -> TimedCall | None:
    """The disconnect() of the tear-down."""
    return next(iter(calls_of(tail, SubjDisconnect)), None)


def _within(giveup: GiveUp, connects: Iterable[TimedCall]) -> GiveUp:
    """Marks a give-up that was the answer of a connect().

    The flag is sampled before time moves, so one that connect() set may stand behind its end, in the same
    instant.
    """
    for call in connects:
        if call.end and call.how != "ok" and call.begin.n < giveup.at.n and giveup.at.t <= call.end.t:
            return replace(giveup, connecting=call)
    return giveup


def _spoken(body: Iterable[Record], end: int, holds: Callable[[SubjState], bool]) -> tuple[Interval, ...]:
    """When the subject's last word of itself was such that `holds`. Before the first there is none."""
    stretches: list[Interval] = []
    since: int | None = None
    for record in body:
        if isinstance(record.event, SubjState):
            if since is not None:
                stretches.append(Interval(since, record.t))
            since = record.t if holds(record.event) else None
    if since is not None:
        stretches.append(Interval(since, end))
    return merge(stretches)


def _believes(state: SubjState) -> bool:
    return state.connected is True if state.status is None else state.status == "connected"


def _statements(body: Iterable[Record]) -> tuple[Mark, ...]:
    """The records at which the status file's word changed."""
    marks: list[Mark] = []
    word = None
    for record in body:
        if isinstance(record.event, SubjState) and record.event.status != word:
            word = record.event.status
            marks.append(Mark(record.t, record.n))
    return tuple(marks)
