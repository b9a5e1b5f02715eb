"""Follows the sessions of a run, record by record: what each Identify and Resume could know and owed. Pure.

What was never written can never be known. What frees a bot from resuming is collected here, for both
readings of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fake_qq_server.events import Event, LinkClose, LinkCondition, Session, WsAuth, WsIn, WsOut
from fake_qq_server.platform.protocol import CLOSE_CODES, TOO_FAST
from fake_qq_server.rules.rule import Rule
from harness.journal.record import Record
from harness.journal.run_kinds import ProcEnding, ProcExit, SubjConnect, SubjDisconnect, SubjListener
from harness.judging.authentications import Authentication, Reason
from harness.judging.facts import Mark
from harness.judging.intervals import SECOND
from harness.judging.session_frames import Frame, SessionFrames
from harness.judging.timeline import Timeline
from harness.scenario.limits import RECOVERY_HELD_US

SURE_US = SECOND
"""A frame that nothing disturbed for this long, beside the link's way there and back, was read."""

MOST_KEPT = 10
"""Resumes in a row that came to nothing; more are not told apart."""


RESUME = 4009
"""The one close code after which all of QQ's pages say Resume."""

OWN_FAULT = ("bad-payload", "bad-seq")
"""The reasons for which the platform turns down a Resume of its session that the bot brought about itself."""


def follow(run: Timeline) -> tuple[Authentication, ...]:
    """Every Identify and Resume of the run proper, in order."""
    scan = _Scan(run.terms.rules, SURE_US + 2 * run.terms.delay_us)
    for record in run.body:
        step = STEPS.get(type(record.event))
        if step is not None:
            step(scan, record, record.event)
    return tuple(scan.found)


@dataclass
class _Bot:
    """`newest`: the session of its last READY or RESUMED; `conn` and `granted`: where and when that was
    written. `reasons`: to identify, of that session."""

    newest: int | None = None
    conn: int | None = None
    granted: int = 0
    reasons: list[Reason] = field(default_factory=list)

    @property
    def free(self) -> bool:
        """Something since the last READY or RESUMED lets it identify, as all pages say."""
        return any(one.firm and one.at.n > self.granted for one in self.reasons)


@dataclass
class _Scan:
    """The state after the records so far."""

    rules: Mapping[str, Rule]
    sure: int
    found: list[Authentication] = field(default_factory=list)
    latest: dict[int | None, int] = field(default_factory=dict)  # connection -> its last one's place
    bots: dict[int | None, _Bot] = field(default_factory=dict)
    sessions: dict[int, SessionFrames] = field(default_factory=dict)
    session_on: dict[int | None, int] = field(default_factory=dict)  # connection -> session
    failing: dict[int, dict[int | None, Mark]] = field(default_factory=dict)  # session -> Resumes in vain
    conditions: set[tuple[int | None, str, str | None]] = field(default_factory=set)
    answered: dict[int | None, int] = field(default_factory=dict)  # connection -> READY or RESUMED
    over: dict[int | None, Mark] = field(default_factory=dict)  # connection -> op 7, op 9 or its end
    deaf: dict[int | None, Mark] = field(default_factory=dict)  # connection -> since when it is interrupted
    left: set[int | None] = field(default_factory=set)  # the subject closed it, or took its session elsewhere
    spoilt: set[int | None] = field(default_factory=set)  # it carried a Resume that the bot got wrong

    def bot(self, number: int | None) -> _Bot:
        return self.bots.setdefault(number, _Bot())

    def frames(self, session: int) -> SessionFrames:
        return self.sessions.setdefault(session, SessionFrames())

    def disturbed(self, conn: int | None) -> bool:
        return conn in self.over or any(one in (None, conn) for one, _, _ in self.conditions)

    def lost(self, conn: int | None) -> Mark | None:
        return self.over.get(conn) or self.deaf.get(conn)

    def end(self, conn: int | None, mark: Mark) -> None:
        """No frame written from now on is sure to be read."""
        self.held(conn, mark.t)
        since, place = self.answered.get(conn), self.latest.get(conn)
        resumed = place is not None and self.found[place].said.op == "resume"
        if resumed and since is not None and conn not in self.over and mark.t - since < RECOVERY_HELD_US:
            for bot in self.bots.values():
                bot.reasons += [Reason(mark, conn)] if bot.conn == conn else []
        self.over.setdefault(conn, mark)
        self.cut(conn, mark)

    def held(self, conn: int | None, now: int) -> None:
        """A Resume came to something if its connection lasts. One that ends at once is a refusal as well.

        What was tried later, beside a connection that is still open, is not undone by it.
        """
        session, since = self.session_on.get(conn), self.answered.get(conn)
        if session is not None and since is not None and conn not in self.over and now - since >= self.sure:
            tried = self.failing.get(session, {})
            self.failing[session] = {by: mark for by, mark in tried.items() if mark.t > since}

    def reasons(self, bot: _Bot) -> tuple[Reason, ...]:
        """What lets it identify, its Resumes in vain included."""
        vain = self.failing.get(bot.newest, {}) if bot.newest is not None else {}
        known = (*bot.reasons, *(Reason(mark, conn) for conn, mark in vain.items()))
        return tuple(replace(one, own=True) if one.conn in self.spoilt else one for one in known)

    def cut(self, conn: int | None, mark: Mark) -> None:
        if conn in self.session_on:
            self.frames(self.session_on[conn]).cut(mark.t - self.sure)


def _auth(scan: _Scan, record: Record, said: WsAuth) -> None:
    mark, conn, bot = Mark(record.t, record.n), record.about.conn, scan.bot(record.about.bot)
    owed = lost = least = most = None
    failing: dict[int | None, Mark] = {}
    if bot.newest is not None:
        scan.frames(bot.newest).settle(record.t - scan.sure)
        scan.held(bot.conn, record.t)
        owed, lost = _owed(scan, bot, said), scan.lost(bot.conn)
        failing = scan.failing.get(bot.newest, {})
    if isinstance(said.session, int):
        frames, failing = scan.frames(said.session), scan.failing.setdefault(said.session, {})
        frames.settle(record.t - scan.sure)
        least, most = frames.least, frames.most
        scan.session_on[conn] = said.session
    failed, reasons = tuple(failing.values()), scan.reasons(bot)
    scan.latest[conn] = len(scan.found)
    scan.found.append(Authentication(mark, conn, said, owed, lost, failed, least, most, reasons=reasons))
    if isinstance(said.session, int) and said.token == "valid" and len(failing) < MOST_KEPT:
        failing[conn] = mark


def _owed(scan: _Scan, bot: _Bot, said: WsAuth) -> int | None:
    """The bot's newest session: it knows it for sure, it was told nothing against it, and the platform would
    continue it. Its connection is over, and no Resume of it has failed."""
    if bot.newest is None or bot.newest != said.resumable or bot.free or scan.lost(bot.conn) is None:
        return None
    tried = scan.failing.get(bot.newest)
    return bot.newest if scan.frames(bot.newest).fresh and not tried else None


def _session(scan: _Scan, record: Record, event: Session) -> None:
    conn, session, mark = record.about.conn, event.session, Mark(record.t, record.n)
    if event.what in ("new", "resumed", "refused"):
        _outcome(scan, record, event)
    if session is None or conn is None:
        return
    if event.what in ("new", "ready", "resumed"):
        scan.session_on[conn] = session
    if event.what in ("ready", "resumed"):
        bot = scan.bot(record.about.bot)
        if bot.conn != conn:
            scan.left.add(bot.conn)
            scan.session_on.pop(bot.conn, None)
        if bot.newest != session:
            bot.reasons.clear()
        bot.newest, bot.conn, bot.granted = session, conn, record.n
        scan.frames(session).fresh = False
        scan.answered[conn] = record.t
        place = scan.latest.get(conn)
        if place is not None and scan.found[place].answered is None:
            scan.found[place] = replace(scan.found[place], answered=mark)


def _outcome(scan: _Scan, record: Record, event: Session) -> None:
    """The first word of the platform on the last Identify or Resume of this connection."""
    conn = record.about.conn
    place = scan.latest.get(conn)
    if place is None or scan.found[place].outcome is not None:
        return
    outcome = event.reason or "refused" if event.what == "refused" else event.what
    one = scan.found[place] = replace(scan.found[place], outcome=outcome)
    bot = scan.bot(record.about.bot)
    if outcome in OWN_FAULT and conn is not None:
        scan.spoilt.add(conn)
    elif event.what == "refused" and one.said.op == "resume" and one.said.session == bot.newest:
        bot.reasons.append(Reason(one.at, conn, firm=False))


def _wrote(scan: _Scan, record: Record, event: WsOut) -> None:
    mark, conn = Mark(record.t, record.n), record.about.conn
    if event.op in ("close", "reconnect", "invalid"):
        if event.op == "invalid":
            firm = not event.resumable
            scan.bot(record.about.bot).reasons.append(Reason(mark, conn, firm))
        if event.op == "close" and conn not in scan.left:
            _closed(scan, record, event.code)
        scan.end(conn, mark)
    elif event.s is not None and conn in scan.session_on:
        plain = not scan.disturbed(conn) and not _made(scan, record)
        scan.frames(scan.session_on[conn]).write(Frame(mark, event.s), plain)


def _closed(scan: _Scan, record: Record, code: int | None) -> None:
    """QQ's table forbids Resume after some codes and is silent on others: there a bot may do either."""
    row = CLOSE_CODES.get(code) if code is not None else None
    if row is not None and code != RESUME:
        reason = Reason(Mark(record.t, record.n), record.about.conn, firm=row.resume is not True)
        scan.bot(record.about.bot).reasons.append(reason)
    session = scan.session_on.get(record.about.conn)
    if code == TOO_FAST and session is not None:
        scan.failing.get(session, {}).pop(record.about.conn, None)


def _made(scan: _Scan, record: Record) -> bool:
    """A rule wrote the frame, or changed it. What a rule dispatches is an event like any other."""
    if record.about.rule is None:
        return False
    rule = scan.rules.get(record.about.rule)
    return rule is None or all(do.verb != "dispatch" for do in rule.do)


def _read(scan: _Scan, record: Record, event: WsIn) -> None:
    if event.op == "close":
        scan.left.add(record.about.conn)
        scan.end(record.about.conn, Mark(record.t, record.n))


def _link_close(scan: _Scan, record: Record, event: LinkClose) -> None:
    if event.host == "ws" and record.about.conn is not None:
        scan.end(record.about.conn, Mark(record.t, record.n))


def _condition(scan: _Scan, record: Record, event: LinkCondition) -> None:
    """Any condition will do: a slow link keeps a frame as well as a silent one."""
    if event.host != "ws":
        return
    conn, mark = record.about.conn, Mark(record.t, record.n)
    key = (conn, event.name, record.about.rule)
    if event.on:
        scan.conditions.add(key)
    else:
        scan.conditions.discard(key)
    for one in list(scan.session_on) if conn is None else [conn]:
        scan.cut(one, mark)
        if event.on and event.interrupts:
            scan.deaf.setdefault(one, mark)
        elif event.interrupts:
            scan.deaf.pop(one, None)


def _anew(scan: _Scan, record: Record, event: Event) -> None:
    """The adapter stopped, or begins again: the new one cannot know the session of the old one."""
    phase = "end" if isinstance(event, SubjListener) else "begin"
    if getattr(event, "phase", phase) == phase:
        for bot in scan.bots.values():
            bot.reasons.append(Reason(Mark(record.t, record.n), None))


STEPS: Mapping[type, Callable[[_Scan, Record, Any], None]] = {
    WsAuth: _auth,
    Session: _session,
    WsOut: _wrote,
    WsIn: _read,
    LinkClose: _link_close,
    LinkCondition: _condition,
    SubjConnect: _anew,
    SubjDisconnect: _anew,
    SubjListener: _anew,
    ProcEnding: _anew,
    ProcExit: _anew,
}
