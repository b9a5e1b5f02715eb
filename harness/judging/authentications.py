"""What each Identify and Resume could know, and what it owed. Follows sessions record by record. Pure.

A bot knows a frame *for sure* where nothing was on its connection, and that stayed so for a second and the
link's way there and back. Frames under a condition, right before an end, or made by a rule may have been
read or not: they leave open which seq is right. What was never written can never be known.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fake_qq_server.events import Event, LinkClose, LinkCondition, Session, WsAuth, WsIn, WsOut
from fake_qq_server.platform.protocol import CLOSE_CODES, TOO_FAST
from fake_qq_server.rules.rule import Rule
from harness.journal.record import Record
from harness.journal.run_kinds import ProcEnding, ProcExit, SubjConnect, SubjDisconnect, SubjListener
from harness.judging.facts import Mark
from harness.judging.intervals import SECOND
from harness.judging.timeline import Timeline
from harness.scenario.limits import RECOVERY_HELD_US

SURE_US = SECOND
"""A frame that nothing disturbed for this long, beside the link's way there and back, was read."""

MOST_KEPT = 10
"""Resumes in a row that came to nothing; more are not told apart."""


@dataclass(frozen=True)
class Frame:
    """A frame with a sequence number, as the platform wrote it."""

    at: Mark
    s: int


@dataclass(frozen=True)
class Authentication:
    """One Identify or Resume. A Resume comes to nothing without RESUMED, or where its connection then ends
    within a second; not where it ends because the bot was too fast.

    `owed`: the session that it had to resume, null where it was free to identify; `lost` is when the
    connection of that session was over. `failed`: the Resumes of the session before it that came to nothing,
    in a row: of the one it resumes, or, for an Identify, of its bot's newest. `least` and `most`: the frames
    between which its seq must lie; null where that is open. `answered`: when READY or RESUMED was written.
    """

    at: Mark
    conn: int | None
    said: WsAuth
    owed: int | None = None
    lost: Mark | None = None
    failed: tuple[Mark, ...] = ()
    least: Frame | None = None
    most: Frame | None = None
    answered: Mark | None = None


def follow(run: Timeline) -> tuple[Authentication, ...]:
    """Every Identify and Resume of the run proper, in order."""
    scan = _Scan(run.terms.rules, SURE_US + 2 * run.terms.delay_us)
    for record in run.body:
        step = STEPS.get(type(record.event))
        if step is not None:
            step(scan, record, record.event)
    return tuple(scan.found)


@dataclass
class _Frames:
    """What was written to one session. `fresh`: a frame since its READY or RESUMED was surely read."""

    least: Frame | None = None  # the last one that was surely read: a client may name that or a greater one
    most: Frame | None = None
    fresh: bool = False
    waiting: deque[tuple[Frame, bool]] = field(default_factory=deque)  # with whether it is plain

    def write(self, frame: Frame, plain: bool) -> None:
        """`plain`: nothing was on the connection, and no rule made the frame."""
        if self.most is None or frame.s > self.most.s:
            self.most = frame
        self.waiting.append((frame, plain))

    def settle(self, until: int) -> None:
        """What was written up to then was read."""
        while self.waiting and self.waiting[0][0].at.t <= until:
            frame, plain = self.waiting.popleft()
            if plain:
                self.least, self.fresh = frame, True
            else:
                self._open(frame)

    def cut(self, until: int) -> None:
        """What was written after `until` may have been read or not."""
        self.settle(until)
        while self.waiting:
            self._open(self.waiting.popleft()[0])

    def _open(self, frame: Frame) -> None:
        if self.least is not None and frame.s < self.least.s:
            self.least = frame


@dataclass
class _Bot:
    """`newest`: the session of its last READY or RESUMED; `conn`: the connection on which that was written.
    `free`: something since then allows it, or forces it, to identify; so does a resumed connection that did
    not hold for three heartbeats."""

    newest: int | None = None
    conn: int | None = None
    free: bool = False


@dataclass
class _Scan:
    """The state after the records so far."""

    rules: Mapping[str, Rule]
    sure: int
    found: list[Authentication] = field(default_factory=list)
    latest: dict[int | None, int] = field(default_factory=dict)  # connection -> its last one's place
    bots: dict[int | None, _Bot] = field(default_factory=dict)
    sessions: dict[int, _Frames] = field(default_factory=dict)
    session_on: dict[int | None, int] = field(default_factory=dict)  # connection -> session
    failing: dict[int, dict[int | None, Mark]] = field(default_factory=dict)  # session -> Resumes in vain
    conditions: set[tuple[int | None, str, str | None]] = field(default_factory=set)
    answered: dict[int | None, int] = field(default_factory=dict)  # connection -> READY or RESUMED
    over: dict[int | None, Mark] = field(default_factory=dict)  # connection -> op 7, op 9 or its end
    deaf: dict[int | None, Mark] = field(default_factory=dict)  # connection -> since when it is interrupted
    left: set[int | None] = field(default_factory=set)  # the subject closed it, or took its session elsewhere

    def bot(self, number: int | None) -> _Bot:
        return self.bots.setdefault(number, _Bot())

    def frames(self, session: int) -> _Frames:
        return self.sessions.setdefault(session, _Frames())

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
                bot.free |= bot.conn == conn
        self.over.setdefault(conn, mark)
        self.cut(conn, mark)

    def held(self, conn: int | None, now: int) -> None:
        """A Resume came to something if its connection lasts. One that ends at once is a refusal as well."""
        session, since = self.session_on.get(conn), self.answered.get(conn)
        if session is not None and since is not None and conn not in self.over and now - since >= self.sure:
            self.failing.pop(session, None)

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
    failed = tuple(failing.values())
    scan.latest[conn] = len(scan.found)
    scan.found.append(Authentication(mark, conn, said, owed, lost, failed, least, most))
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
    conn, session = record.about.conn, event.session
    if session is None or conn is None:
        return
    if event.what in ("new", "ready", "resumed"):
        scan.session_on[conn] = session
    if event.what in ("ready", "resumed"):
        bot = scan.bot(record.about.bot)
        if bot.conn != conn:
            scan.left.add(bot.conn)
            scan.session_on.pop(bot.conn, None)
        bot.newest, bot.conn, bot.free = session, conn, False
        scan.frames(session).fresh = False
        scan.answered[conn] = record.t
        place = scan.latest.get(conn)
        if place is not None and scan.found[place].answered is None:
            scan.found[place] = replace(scan.found[place], answered=Mark(record.t, record.n))


def _wrote(scan: _Scan, record: Record, event: WsOut) -> None:
    mark, conn = Mark(record.t, record.n), record.about.conn
    if event.op in ("close", "reconnect", "invalid"):
        if event.op == "invalid" and not event.resumable:
            scan.bot(record.about.bot).free = True
        if event.op == "close" and conn not in scan.left:
            _closed(scan, record, event.code)
        scan.end(conn, mark)
    elif event.s is not None and conn in scan.session_on:
        plain = not scan.disturbed(conn) and not _made(scan, record)
        scan.frames(scan.session_on[conn]).write(Frame(mark, event.s), plain)


def _closed(scan: _Scan, record: Record, code: int | None) -> None:
    """QQ's table forbids Resume after some codes and is silent on others: there a bot may do either."""
    row = CLOSE_CODES.get(code) if code is not None else None
    if row is not None and row.resume is not True:
        scan.bot(record.about.bot).free = True
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
            bot.free = True


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


def unanswered(found: Iterable[Authentication]) -> Authentication | None:
    """The last one, where it is a Resume to which nothing has come."""
    last = next(iter(reversed(tuple(found))), None)
    return last if last is not None and last.said.op == "resume" and last.answered is None else None
