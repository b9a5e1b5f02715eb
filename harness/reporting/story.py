"""A run in short: what happened when, in lines for the terminal. Pure: data out, no layout.

What repeats is folded: of many attempts (connections, messages, ...) the first two, a "…" with how many
were left out, and the last; every rule has one line, with how often it acted. A run of 100 attempts is
about 20 lines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from fake_qq_server.events import (
    Event,
    EventUnwanted,
    ForbiddenSeen,
    Heal,
    LinkClose,
    RuleAct,
    RuleUnmet,
    Session,
    WsOut,
)
from harness.journal.process_kinds import ProcSpin
from harness.journal.record import Record
from harness.journal.run_kinds import (
    ClockBlocked,
    ClockHeld,
    ClockHiccup,
    ClockSpin,
    ProcExit,
    RunClose,
    RunTeardown,
    SpanEvent,
    SubjAttempt,
    SubjConnect,
    SubjDisconnect,
    SubjEgress,
    SubjHandler,
    SubjLife,
    SubjListener,
    SubjSecret,
    SubjState,
)
from harness.journal.runner_kinds import RunnerAdapter, RunnerQueue
from harness.judging.intervals import duration
from harness.judging.run_close import said_of
from harness.judging.timeline import Timeline, calls_of, read

KEPT_FIRST = 2
RULES_AT_MOST = 6

LISTENER_ENDED = {
    "ok": "it returned, without an exception",
    "failed": "it returned a failure",
    "raised": "it raised an exception",
    "cancelled": "it was cancelled",
}
"""What `how` means where a subject's listen loop is over."""

RUN_OVER = {
    "end": "the scenario's end is reached",
    "gaveup": "after the give-up nothing could change any more",
    "exited": "the program ended itself",
}
"""What `RunTeardown.why` means."""


@dataclass(frozen=True)
class StoryLine:
    """At `t_us` of virtual time, `text`; `n` is the record that says so (a fold's: the first it hides)."""

    t_us: int
    text: str
    n: int


@dataclass(frozen=True)
class _Entry:
    """A line before folding. Lines of one `theme` fold together; it is what "… 97 more" is followed by."""

    line: StoryLine
    theme: str


def story_lines(records: Iterable[Record]) -> tuple[StoryLine, ...]:
    """The story of one run, in order."""
    run = read(records)
    entries = [*_calls(run), *_rules(run), *_moments(run), *_probes(run)]
    themes: dict[str, list[StoryLine]] = defaultdict(list)
    for entry in sorted(entries, key=lambda one: one.line.n):
        themes[entry.theme].append(entry.line)
    lines = [line for theme, told in themes.items() for line in _folded(theme, told)]
    return tuple(sorted(lines, key=lambda line: line.n))


def _folded(theme: str, lines: list[StoryLine]) -> list[StoryLine]:
    """The first two, what was left out, the last; up to four lines stand as they are."""
    if len(lines) <= KEPT_FIRST + 2:
        return lines
    hidden = lines[KEPT_FIRST:-1]
    return [*lines[:KEPT_FIRST], replace(hidden[0], text=f"… {len(hidden)} more {theme}"), lines[-1]]


def _calls(run: Timeline) -> list[_Entry]:
    """What begins and ends is one line at its beginning; the listener's end has a line of its own."""
    kinds: tuple[tuple[type[SpanEvent], str, str], ...] = (
        (SubjConnect, "connect()", "calls of connect()"),
        (SubjAttempt, "attempt {number}", "attempts"),
        (SubjHandler, "fatal handler called", "calls of the fatal handler"),
        (SubjDisconnect, "disconnect()", "calls of disconnect()"),
    )
    entries = []
    for kind, name, theme in kinds:
        for call in calls_of(run.records, kind):
            text = f"{name.format(number=call.number)}: {call.how or 'not ended'}"
            took = call.end.t - call.begin.t if call.end else 0
            text += f" after {duration(took)}" if took else ""
            text += f" ({call.error})" if call.error else ""
            entries.append(_Entry(StoryLine(call.begin.t, text, call.begin.n), theme))
    return entries


def _rules(run: Timeline) -> list[_Entry]:
    """One line a rule and verb, at its first act."""
    acts: dict[tuple[str | None, str], list[Record]] = defaultdict(list)
    for record in run.records:
        if isinstance(record.event, RuleAct):
            acts[record.about.rule, record.event.verb].append(record)
    entries = []
    for (rule, verb), records in acts.items():
        first, last = records[0], records[-1]
        done = "a mark was set" if RuleAct(verb).only_marks else f"injected: {verb}"
        text = done + (f" (rule {rule})" if rule else "")
        if len(records) > 1:
            text += f", {len(records)} times, the last at {duration(last.t)}"
        entries.append(_Entry(StoryLine(first.t, text, first.n), f"acts of {rule} {verb}"))
    shown = entries[:RULES_AT_MOST]
    return [*shown, *(replace(entry, theme="rules") for entry in entries[RULES_AT_MOST:])]


def _moments(run: Timeline) -> list[_Entry]:
    """Single records worth a line."""
    entries, before = [], SubjState(None, None, None)
    for record in run.records:
        event, told = record.event, None
        if isinstance(event, SubjState):
            told = _state(before, event)
            before = event
        elif isinstance(event, RunClose):
            told = (said_of(record), "ends of the worker") if event.why != "end" else None
        else:
            told = _moment(event, record.about.conn)
        if told is not None:
            text, theme = told
            entries.append(_Entry(StoryLine(record.t, text, record.n), theme))
    return entries


def _state(before: SubjState, now: SubjState) -> tuple[str, str] | None:
    """What the subject says of itself, where it changed."""
    if now.fatal is not None and before.fatal is None:
        may = now.fatal.get("retryable")
        retry = {True: ", retryable", False: ", not retryable"}.get(bool(may)) if may is not None else ""
        return f"it sets the fatal flag: {now.fatal.get('code')}{retry}", "times it set the flag"
    if now.status != before.status and now.status is not None:
        return f"its status file says {now.status}", "changes of its status file"
    return None


def _moment(event: Event, conn: int | None) -> tuple[str, str] | None:
    """Text and theme of a record that stands for itself; None for the many that do not."""
    match event:
        case Session(what="ready"):
            return f"connection {conn}: READY", "times ready"
        case Session(what="resumed"):
            return f"connection {conn}: RESUMED", "times ready"
        case WsOut(op="close", code=code):
            return f"connection {conn}: the platform closes with {code}", "closes by the platform"
        case LinkClose(host="ws", by=by, how=how) if how != "refused":
            return f"connection {conn}: ended by the {by} ({how})", "ends of connections"
        case Heal(held=held):
            kept = "keep their condition" if held == "keep" else "are released"
            return f"healed: every rule ends; open connections {kept}", "healings"
        case SubjListener(phase="end", how=how, error=error):
            how_it_ended = f"{LISTENER_ENDED.get(how or '', how)}{f': {error}' if error else ''}"
            return f"its listener ended: {how_it_ended}", "ends of the listener"
        case ClockSpin(turns=turns, thread=thread):
            return f"thread {thread} turned {turns} times without letting time pass", "words of the clock"
        case ProcSpin(busy=busy, real=real):
            return f"its main thread was busy for {busy:g} s of {real:g} s in real time", "words of the clock"
        case ClockBlocked(thread=thread, seconds=seconds):
            return f"thread {thread} had work to do and did nothing for {seconds:g} s", "words of the clock"
        case ClockHeld(thread=thread):
            return f"the harness: thread {thread} keeps the virtual clock from moving", "words of the clock"
        case ClockHiccup(detail=detail):
            return f"the harness: the virtual clock went wrong: {detail}", "words of the clock"
        case SubjEgress(what=what, target=target):
            return f"refused: {what} {target}", "refusals"
        case SubjSecret(where=where, secret=secret):
            return f"the secret {secret} appears in its {where} file", "leaks"
        case ForbiddenSeen(event=name, because=because):
            return f"forbidden: {name} ({because})", "forbidden events"
        case RuleUnmet(wanted=wanted, got=got):
            return f"a rule acted {got} times, not {wanted}", "unmet rules"
        case RunnerQueue(platform=platform, queued=True, attempts=attempts):
            return (
                f"the runner has {platform} queued for a retry, tries so far: {attempts}",
                "queue changes",
            )
        case RunnerAdapter(platform=platform, installed=installed):
            return (
                f"the runner {'installs' if installed else 'drops'} its {platform} adapter",
                "adapter changes",
            )
        case EventUnwanted(t=kind):
            return f"a {kind} happened, which the bot's intents exclude", "events the bot did not ask for"
        case SubjLife(what="ended", number=number, code=code):
            return f"the bot ended with code {code} (life {number})", "lives"
        case SubjLife(what=what, number=number):
            return f"{LIVES[what]} (life {number})", "lives"
        case ProcExit(code=code, reason=reason):
            return f"the program ended with code {code}" + (f" ({reason})" if reason else ""), "exit"
        case RunTeardown(why=why):
            return f"the run is over: {RUN_OVER.get(why, why)}", "ends of the run"
    return None


LIVES = {
    "stopping": "the bot is told to stop",
    "killed": "the bot is killed without a word",
    "started": "the bot is started again",
}
"""A second life (`subj.life`) in words."""


def _probes(run: Timeline) -> list[_Entry]:
    """A probe message and what became of it."""
    entries = []
    for one in run.probes:
        unanswered = "and was handled, but not answered" if one.handled else "and was not handled"
        deed = "and was answered" if one.replied else unanswered
        first = one.written[0].at
        entries.append(
            _Entry(StoryLine(first.t, f"a probe message was sent {deed}", first.n), "probe messages")
        )
    return entries
