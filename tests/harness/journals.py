"""Hand-written journals, in the domain's words. Times are seconds of virtual time.

    J().up().loses(t=60).gives_up(t=6000).done(t=7000)

Every verb takes `t`, the moment it happens (default: the moment of the verb before it), and returns the
builder. `called("lost")` remembers the number of the record just written: `j["lost"]`. `done` writes the
tear-down and the end and returns the records.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fake_qq_server.events import (
    Envelope,
    Event,
    EventKept,
    EventSent,
    Heal,
    HttpAnswer,
    HttpRequest,
    HttpSend,
    LinkClose,
    LinkCondition,
    LinkOpen,
    RuleAct,
    RuleUnmet,
    Session,
    WsAuth,
    WsConnect,
    WsHello,
    WsIn,
    WsOut,
)
from harness.journal.record import Record
from harness.journal.run_kinds import (
    ClockBlocked,
    ClockHeld,
    ClockHiccup,
    ClockSpin,
    Left,
    ProcExit,
    RunClose,
    RunOpen,
    RunTeardown,
    SubjAnswer,
    SubjAttempt,
    SubjConnect,
    SubjDisconnect,
    SubjHandler,
    SubjListener,
    SubjLog,
    SubjMessage,
    SubjSecret,
    SubjState,
)
from harness.journal.runner_kinds import RunnerAdapter, RunnerQueue
from harness.judging.checks import CheckResult, judge_checks
from harness.judging.endings import ENDINGS, Ending, ending
from harness.judging.timeline import read

HOUR = 3600.0
"""Seconds."""

BEAT = 41.25
"""The Hello's heartbeat interval, seconds."""

SUBJECT = {
    "name": "hermes-agent",
    "version": "0.19.0",
    "source": "release",
    "python": "3.12.1",
    "aiohttp": "3.14.1",
    "sha256": "ab",
}


def us(seconds: float) -> int:
    return round(seconds * 1_000_000)


class J:
    """Writes a journal, one verb a happening."""

    def __init__(self, *, level: str = "adapter", opened: bool = True, **scenario: Any) -> None:
        self.records: list[Record] = []
        self.names: dict[str, int] = {}
        self._now = 0
        self._state = SubjState(None, None, None)
        self._attempts = self._calls = self._requests = 0
        self._open: set[int] = set()
        self._torn = False
        document = {"scenario": "story", "run": "story/a", "asks": [], "heal": None, **scenario}
        if opened:
            self.add(RunOpen(1, "story/a", level, 7, "virtual", None, SUBJECT, document), src="parent")

    def add(self, event: Event, t: float | None = None, src: str = "peer", **about: Any) -> J:
        if t is not None:
            self._now = us(t)
        number = len(self.records) + 1
        self.records.append(Record(number, self._now, src, event, Envelope(**about)))
        return self

    def called(self, name: str) -> J:
        self.names[name] = len(self.records)
        return self

    def __getitem__(self, name: str) -> int:
        return self.names[name]

    # -- connections

    def opens(self, ws: int = 1, t: float | None = None) -> J:
        self._open.add(ws)
        return self.add(LinkOpen("ws"), t, conn=ws)

    def upgrades(self, ws: int = 1, t: float | None = None) -> J:
        self._open.add(ws)
        return self.add(WsConnect("/ws", 101), t, conn=ws)

    def ready(self, ws: int = 1, t: float | None = None, what: Any = "ready") -> J:
        if ws not in self._open:
            self.opens(ws, t)
        return self.add(Session(what, ws), t, conn=ws)

    def resumed(self, ws: int = 1, t: float | None = None) -> J:
        return self.ready(ws, t, "resumed")

    def drops_session(self, ws: int = 1, t: float | None = None) -> J:
        return self.add(Session("dropped", ws), t, conn=ws)

    def loses(self, ws: int = 1, t: float | None = None, by: Any = "peer") -> J:
        return self.add(LinkClose("ws", by, "fin"), t, conn=ws)

    def closes(self, ws: int = 1, t: float | None = None) -> J:
        """The subject ends the TCP connection."""
        return self.loses(ws, t, "subject")

    def close_frame(
        self, ws: int = 1, t: float | None = None, by: str = "peer", code: int | None = 4009
    ) -> J:
        frame = WsOut("close", code=code) if by == "peer" else WsIn("close", code=code)
        return self.add(frame, t, conn=ws)

    def invalid(self, ws: int = 1, t: float | None = None) -> J:
        """Op 9."""
        return self.add(WsOut("invalid"), t, conn=ws)

    def interrupted(
        self, ws: int | None = 1, t: float | None = None, name: str = "silent", rule: str | None = "r"
    ) -> J:
        return self.add(LinkCondition("ws", name, True, True), t, "link", conn=ws, rule=rule)

    def released(
        self, ws: int | None = 1, t: float | None = None, name: str = "silent", rule: str | None = "r"
    ) -> J:
        return self.add(LinkCondition("ws", name, False, True), t, "link", conn=ws, rule=rule)

    def greeted(
        self,
        ws: int = 1,
        t: float | None = None,
        interval_ms: float | None = 41_250,
        what: Any = "ready",
        s: int | None = 1,
    ) -> J:
        """Upgrade, Hello, Identify (or Resume), READY (or RESUMED) with its number: all at once."""
        self.upgrades(ws, t).hello(ws, interval_ms=interval_ms)
        self.says_frame("resume" if what == "resumed" else "identify", ws)
        return self.writes(what, ws, s=s).ready(ws, what=what)

    def hello(self, ws: int = 1, t: float | None = None, interval_ms: float | None = 41_250) -> J:
        return self.writes("hello", ws, t).add(WsHello(interval_ms), conn=ws)

    def writes(
        self, op: str, ws: int = 1, t: float | None = None, s: int | None = None, rule: str | None = None
    ) -> J:
        """The platform writes a frame."""
        return self.add(WsOut(op, s), t, conn=ws, rule=rule)

    def says_frame(self, op: str, ws: int = 1, t: float | None = None, s: int | None = None) -> J:
        """A frame of the subject's arrives."""
        return self.add(WsIn(op, s), t, conn=ws)

    def beats(self, t: float | None = None, s: int | None = 1, ws: int = 1, ack: bool = True) -> J:
        """A heartbeat arrives, and is answered."""
        self.says_frame("heartbeat", ws, t, s)
        return self.writes("ack", ws) if ack else self

    def beats_on(self, start: float, upto: float, every: float = 33, s: int | None = 1, ws: int = 1) -> J:
        """Heartbeats from `start` to `upto`."""
        t = start
        while t <= upto:
            self.beats(t, s, ws)
            t += every
        return self

    def identifies(self, t: float | None = None) -> J:
        return self.add(WsIn("identify"), t, conn=1)

    def opens_session(self, session: int, ws: int = 1, t: float | None = None, **said: Any) -> J:
        """An Identify makes this session on a connection, which becomes ready."""
        self.opens(ws, t).add(WsAuth("identify", "valid", **said), conn=ws)
        return self.add(Session("new", session), conn=ws).add(Session("ready", session), conn=ws)

    def resumes(
        self, session: int, ws: int, t: float | None = None, outcome: str | None = "resumed", **said: Any
    ) -> J:
        """A Resume of this session: `outcome` is "resumed", the reason for which it is refused, or null."""
        named = {"session": session, "seq": 1, "resumable": session, **said}
        self.opens(ws, t).add(WsAuth("resume", "valid", **named), conn=ws)
        if outcome == "resumed":
            return self.add(Session("resumed", session), conn=ws)
        return self if outcome is None else self.add(Session("refused", session, outcome), conn=ws)

    def asks(self, endpoint: Any = "token", t: float | None = None) -> J:
        return self.add(HttpRequest(endpoint, "POST", "/x"), t)

    def authenticates(self, ws: int = 1, t: float | None = None, **said: Any) -> J:
        """An Identify, or with `session` a Resume, on a connection. Fields of WsAuth as `said`."""
        op: Any = "resume" if "session" in said else "identify"
        if op == "identify":
            said = {"intents": 1 << 25, "shard": (0, 1), **said}
        if ws not in self._open:
            self.opens(ws, t)
        return self.add(WsAuth(op, **{"token": "valid", **said}), t, conn=ws)

    def pushes(self, s: int, ws: int = 1, t: float | None = None, rule: str | None = None) -> J:
        """The platform sends a frame with a sequence number."""
        return self.add(WsOut("dispatch", s, "X"), t, conn=ws, rule=rule)

    def begins(self, session: int = 1, ws: int = 1, t: float | None = None, **said: Any) -> J:
        """Identify and READY, with s 1."""
        self.authenticates(ws, t, **said).add(Session("new", session), conn=ws)
        self.add(WsOut("ready", 1, "READY"), conn=ws)
        return self.add(Session("ready", session), conn=ws)

    def continues(self, session: int = 1, ws: int = 2, t: float | None = None, s: int = 9, **said: Any) -> J:
        """A Resume and RESUMED, with number `s`."""
        self.authenticates(ws, t, session=session, **{"resumable": session, **said})
        self.add(WsOut("resumed", s, "RESUMED"), conn=ws)
        return self.add(Session("resumed", session), conn=ws)

    def asks_to_reconnect(self, ws: int = 1, t: float | None = None) -> J:
        """Op 7."""
        return self.add(WsOut("reconnect"), t, conn=ws)

    def invalidates(self, ws: int = 1, t: float | None = None, resumable: bool = False) -> J:
        """Op 9."""
        return self.add(WsOut("invalid", resumable=resumable), t, conn=ws)

    # -- messages

    def sends(
        self,
        message: str,
        ws: int | None = 1,
        t: float | None = None,
        kind: str = "C2C_MESSAGE_CREATE",
        **more: Any,
    ) -> J:
        event = {"s": 2, "replay": False, **more}
        return self.add(EventSent(message, kind, **event), t, conn=ws)

    def dispatches(self, message: str, s: int, ws: int = 1, t: float | None = None) -> J:
        """A rule's event of the session: the frame, and what it is."""
        return self.writes("dispatch", ws, t, s, rule="message").sends(message, ws, s=s)

    def handles(self, message: str, t: float | None = None, **given: Any) -> J:
        return self.add(SubjMessage(message, **given), t, "probe")

    def answers(
        self,
        message: str,
        t: float | None = None,
        lasts: float = 1,
        how: Any = "ok",
        text: str | None = "received: hi",
        length: int | None = 12,
    ) -> J:
        """The handler of messages is called, and answers that; with how=None it does not."""
        self.add(SubjAnswer("begin", id=message), t, "probe")
        if how is None:
            return self
        said = (text, length) if how == "ok" else (None, None)
        return self.add(SubjAnswer("end", how, None, message, *said), self._after(lasts), "probe")

    def types(self, message: str, t: float | None = None, seconds: int | None = 60, **said: Any) -> J:
        """A typing notice, which the platform takes unless it is said otherwise."""
        return self.posts(message, t, **{"what": "notice", "msg_type": 6, "seconds": seconds, **said})

    def replies(self, message: str, t: float | None = None) -> J:
        return self.add(HttpRequest("api", "POST", "/v2/users/u/messages", message), t)

    def posts(
        self,
        message: str | None,
        t: float | None = None,
        *,
        accepted: bool | None = True,
        status: int | None = 200,
        code: int | None = None,
        verb: str | None = None,
        answered: bool = True,
        conn: int = 1,
        named: str | None = None,
        **said: Any,
    ) -> J:
        """A send with its answer, which is a plain success unless it is said how it was not.

        The last of its three records is the answer; with answered=False there is none.
        """
        self._requests += 1
        about: dict[str, Any] = {"req": self._requests, "conn": conn}
        sent = {"scene": "c2c", "target": "u", "what": "message", "content": "c", "length": 2, **said}
        self.add(HttpRequest("api", "POST", f"/v2/users/{sent['target']}/messages", message), t, **about)
        self.add(HttpSend(msg_id=message, **sent), **about)
        if answered:
            self.add(HttpAnswer("api", status, verb, code, accepted, named), **about)
        return self

    def refused(self, message: str | None, t: float | None = None, **said: Any) -> J:
        """A rule answers a send with status 500; the platform never came to decide."""
        said = {"accepted": None, "status": 500, "code": 500, "verb": "status", **said}
        return self.posts(message, t, **said)

    def keeps(self, message: str, session: int = 1, t: float | None = None, s: int = 2) -> J:
        """A message has no connection to go to, and waits in the session."""
        return self.add(EventKept(message, "C2C_MESSAGE_CREATE", s, session), t)

    def probed(self, ws: int = 1, t: float | None = None, name: str = "probe") -> J:
        """A probe message, handled and answered at once."""
        return self.sends(name, ws, t, probe=True).handles(name).replies(name)

    # -- the subject

    def state(self, t: float | None = None, **changed: Any) -> J:
        old = self._state
        now = {"connected": old.connected, "fatal": old.fatal, "status": old.status, **changed}
        self._state = SubjState(**now)
        return self.add(self._state, t, "probe")

    def says(self, status: str | None, t: float | None = None) -> J:
        return self.state(t, status=status)

    def flags(self, t: float | None = None) -> J:
        return self.state(t, fatal={"code": "exhausted", "retryable": True})

    def unflags(self, t: float | None = None) -> J:
        return self.state(t, fatal=None)

    def listens(self, t: float | None = None) -> J:
        return self.add(SubjListener("begin"), t, "probe")

    def gives_up(self, t: float | None = None) -> J:
        return self.add(SubjListener("end", "ok"), t, "probe")

    def tells(self, t: float | None = None, lasts: float = 0, how: Any = "ok") -> J:
        """The fatal handler is called, and ends; with how=None it does not."""
        self._calls += 1
        self.add(SubjHandler("begin", number=self._calls), t, "probe")
        if how is None:
            return self
        return self.add(SubjHandler("end", how, number=self._calls), self._after(lasts), "probe")

    def tries(self, t: float | None = None, lasts: float = 0.25, how: Any = "failed") -> J:
        """A reconnect attempt, whole; with how=None it stays open."""
        self._attempts += 1
        self.add(SubjAttempt("begin", number=self._attempts), t, "probe")
        if how is None:
            return self
        return self.add(SubjAttempt("end", how, number=self._attempts), self._after(lasts), "probe")

    def connects(self, t: float | None = None, lasts: float = 0.25, how: Any = "ok") -> J:
        self.add(SubjConnect("begin"), t, "probe")
        return self if how is None else self.add(SubjConnect("end", how), self._after(lasts), "probe")

    def disconnects(self, t: float | None = None, lasts: float = 0.25, how: Any = "ok") -> J:
        """In the tear-down a bot that says connected takes that back first, as it should."""
        if self._torn and self._state.status == "connected":
            self.says("disconnected", t)
        self.add(SubjDisconnect("begin"), t, "probe")
        return self if how is None else self.add(SubjDisconnect("end", how), self._after(lasts), "probe")

    def logs(self, template: str = "hello", t: float | None = None, secret: Sequence[str] = ()) -> J:
        return self.add(SubjLog("INFO", "gateway", template, secret), t, "probe")

    def leaks(self, t: float | None = None) -> J:
        return self.add(SubjSecret("status", "token"), t, "probe")

    def up(self, t: float = 0.25) -> J:
        """It connects, is ready and says so."""
        return self.connects(0, lasts=t).listens().ready(1).says("connected")

    # -- the gateway around it

    def queued(self, queued: bool, t: float | None = None, paused: bool = False) -> J:
        return self.add(RunnerQueue("qqbot", queued, 1, paused), t, "probe")

    def installed(self, installed: bool, t: float | None = None) -> J:
        return self.add(RunnerAdapter("qqbot", installed), t, "probe")

    def exits(self, code: int, t: float | None = None) -> J:
        return self.add(ProcExit(code), t, "probe")

    # -- rules, the clock, the end

    def acts(self, rule: str = "drop", t: float | None = None, verb: str = "close") -> J:
        return self.add(RuleAct(verb, frames=1), t, "rules", rule=rule)

    def unmet(self, rule: str = "drop", t: float | None = None) -> J:
        return self.add(RuleUnmet("1..", 0), t, "rules", rule=rule)

    def heals(self, t: float | None = None, held: Any = "keep") -> J:
        return self.add(Heal(held), t, "rules")

    def spins(self, t: float | None = None) -> J:
        return self.add(ClockSpin(10_000, "main"), t, "loop")

    def blocks(self, t: float | None = None) -> J:
        return self.add(ClockBlocked("main", 45.5), t, "loop")

    def held(self, t: float | None = None) -> J:
        return self.add(ClockHeld("pool"), t, "loop")

    def hiccups(self, t: float | None = None) -> J:
        return self.add(ClockHiccup("backwards"), t, "loop")

    def ends(self, t: float | None = None, why: Any = "end") -> J:
        """E: from here on it is the tear-down."""
        self._torn = True
        return self.add(RunTeardown(why), t, "parent")

    def leaves(self, t: float | None = None, **names: Sequence[str]) -> J:
        return self.add(Left(**names), t, "probe")

    def closed(self, why: Any = "end", t: float | None = None, **more: Any) -> list[Record]:
        self.add(RunClose(why, **more), t, "parent")
        last = self.records[-1]
        self.records[-1] = Record(last.n, last.t, last.src, last.event, last.about, {"wall_s": 0.5})
        return self.records

    def done(self, t: float | None = None, why: Any = "end") -> list[Record]:
        """The whole end as it should be: E, disconnect(), nothing left, closed."""
        return self.ends(t, why).disconnects().leaves().closed()

    def _after(self, seconds: float) -> float:
        return self._now / 1_000_000 + seconds


def at_once(**scenario: Any) -> J:
    """A journal of a link without delay: what is written has arrived."""
    return J(**{"net": {"delay": "0ms"}, **scenario})


def check(name: str, records: Sequence[Record]) -> CheckResult:
    """One check's result."""
    return next(one for one in judge_checks(read(records)) if one.name == name)


def told(name: str, records: Sequence[Record]) -> tuple[str, str]:
    """One check's state and sentence."""
    found = check(name, records)
    return found.state, found.because


def ended(records: Sequence[Record]) -> Ending:
    run = read(records)
    return ending(run, judge_checks(run))


def assert_ending(j: J, name: str, *lines: int, more: str = "", end: float = 3 * HOUR) -> None:
    """After a whole run to `end`, the ending is `name`, proved by `lines`."""
    assert ended(j.done(end)) == Ending(name, ENDINGS[name].half + more, lines)
