"""The gateway's side of one WebSocket connection: frames in, frames out. No I/O, no clock.

Receiving has two steps, so that a rule can stand between them; see `exchange`. What is to be written comes as
`Out`, each with the events to report at the moment it is written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from fake_qq_server import events
from fake_qq_server.platform import authentication, protocol
from fake_qq_server.platform.exchange import Answer, Out, Received
from fake_qq_server.platform.payloads import INTERACTION, MESSAGE_EVENTS, SOMEBODY, Said
from fake_qq_server.platform.platform import Bot, GatewaySession, Platform, Stored
from fake_qq_server.platform.protocol import Op, integer


class GatewayConnection:
    """The platform's side of one connection. `number` counts WebSocket connections of the run from 1.

    `bot_hint` is the bot that its upgrade request named (satori sends Authorization there [src]), or the one
    whose gateway URL it used.
    """

    def __init__(self, platform: Platform, number: int, bot_hint: Bot | None = None) -> None:
        self.platform = platform
        self.number = number
        self.session: GatewaySession | None = None
        self.ended_at: int | None = None
        self._hint = bot_hint
        self._last_beat: int | None = None
        self._closing = False

    @property
    def bot(self) -> Bot | None:
        """The bot of its session, else the one that its upgrade request pointed to, if any."""
        return self.session.bot if self.session else self._hint

    @property
    def serving(self) -> bool:
        """It has a session, no newer connection took that over, and no close was written."""
        return self.session is not None and self.session.conn == self.number and not self._closing

    @property
    def _answers_nothing(self) -> bool:
        """A close was written to it, by itself or because a Resume displaced it: it answers nothing more."""
        session = self.session
        taken = session is not None and session.conn != self.number
        return self._closing or (taken and self.platform.options.refusal("displaced").close is not None)

    # -- life ------------------------------------------------------------------------------------------

    def opened(self, now: int) -> tuple[Out, ...]:
        """The handshake is done: Hello, the first frame of all [doc reference.md; nonebot asserts it]."""
        self._last_beat = now
        return (self.frame(protocol.encode(protocol.hello(self.platform.options.heartbeat_ms))),)

    def ended(self, now: int, reason: str | None = None) -> tuple[events.Event, ...]:
        """The connection closed, whoever ended it. Its session can be resumed from here on."""
        if self.ended_at is not None:
            return ()
        self.ended_at, self._closing = now, True
        session = self.session
        if session is None or session.conn != self.number:
            return ()
        self.platform.detach(session, now)
        return (events.Session("dropped", session.ordinal, reason),)

    def deadline(self) -> int | None:
        """When to call `overdue` if no heartbeat comes, microseconds; None where there is no limit."""
        options = self.platform.options
        if options.heartbeat_timeout is None or self._last_beat is None or self._closing:
            return None
        return self._last_beat + int(options.heartbeat_timeout * options.heartbeat_ms * 1000)

    def overdue(self, now: int) -> Answer:
        """The close for missing heartbeats, where they are really missing."""
        deadline = self.deadline()
        return Answer() if deadline is None or now < deadline else self._refuse_frame("no-heartbeat")

    # -- what is written -------------------------------------------------------------------------------

    def frame(self, text: str) -> Out:
        """Any text as an Out of this connection, with the events that it amounts to (a rule's frame too)."""
        frame = protocol.parse(text) or {}
        op, s, t = protocol.op_name(frame), integer(frame.get("s")), frame.get("t")
        t = t if isinstance(t, str) else None
        out = events.WsOut(op, s, t, resumable=frame.get("d") is True if op == "invalid" else None)
        ordinal = self.session.ordinal if self.session else None
        if op == "ready":
            return self._out(text, out, events.Session("ready", ordinal))
        if op == "resumed":
            return self._out(text, out, events.Session("resumed", ordinal))
        d = frame.get("d")
        if op == "hello":
            return self._out(text, out, events.WsHello(_interval(d)))
        if t in MESSAGE_EVENTS and s is not None and isinstance(d, Mapping) and isinstance(d.get("id"), str):
            return self._out(text, out, events.EventSent(d["id"], t, s, replay=False))
        return self._out(text, out)

    def changed(self, out: Out, text: str) -> Out:
        """A frame of this connection with another text. What it still is, is reported as before."""
        if text == out.text:
            return out
        made = self.frame(text)
        return replace(made, events=tuple(_as_before(one, out) for one in made.events), rule=out.rule)

    def close(self, code: int | None, reason: str) -> Out:
        """A close frame. What the session is worth afterwards follows from the code [doc websocket.md]."""
        if self.serving and self.session is not None:
            self.platform.closed(self.session, code)
        self._closing = True
        wrote = events.WsOut("close", code=code, reason=reason)
        return Out(self.number, close=(code, reason), events=(wrote,))

    def dispatch(
        self,
        t: str,
        fields: Mapping[str, Any],
        now: int,
        probe: bool = False,
        rule: str | None = None,
        said: Said = SOMEBODY,
    ) -> tuple[Out, ...]:
        """An event for this connection's session; nothing where it has none or its intents exclude it."""
        if self.session is None or not self.serving:
            return ()
        stored = self.platform.dispatch(self.session, t, fields, now, probe, rule, said)
        return () if stored is None else (self._event(stored, replay=False),)

    def unwanted(
        self, t: str, fields: Mapping[str, Any], now: int, probe: bool = False
    ) -> events.EventUnwanted | None:
        """An event that happens and that the session's intents exclude; None without a session, or wanted."""
        if self.session is None or not self.serving:
            return None
        return self.platform.unwanted(self.session, t, fields, now, probe)

    def replay(self, after_s: int) -> tuple[Out, ...]:
        """Again every kept event with a greater s, whether the client has it or not: the real platform is
        at-least-once [log QwenPaw#7946; doc event.md]."""
        if self.session is None or not self.serving:
            return ()
        return tuple(self._event(stored, replay=True) for stored in self.session.after(after_s))

    def _out(self, text: str, *reported: events.Event) -> Out:
        return Out(self.number, text, events=reported)

    def _event(self, stored: Stored, replay: bool) -> Out:
        wrote: list[events.Event] = [events.WsOut("dispatch", stored.s, stored.t)]
        if stored.t in MESSAGE_EVENTS:
            wrote.append(events.EventSent(stored.id, stored.t, stored.s, replay, stored.probe))
        if stored.t == INTERACTION:
            wrote.append(events.InteractionSent(stored.id, stored.s, replay))
        return Out(self.number, stored.text, events=tuple(wrote), rule=stored.rule)

    def _refuse(self, name: str, session: GatewaySession | None = None) -> Answer:
        """Turn the client down by a row of the refusals; a refused Identify or Resume is reported."""
        row = self.platform.options.refusal(name)
        outs = [self.frame(protocol.encode(protocol.invalid()))] if row.invalid else []
        if row.close is not None:
            outs.append(self.close(*row.close))
        return Answer(tuple(outs), (events.Session("refused", session.ordinal if session else None, name),))

    # -- what is received ------------------------------------------------------------------------------

    def received(self, text: str, now: int) -> Received:
        """Read a frame. Nothing changes before the answer's `default` is called.

        Identify and Resume are accepted at any time: botgo sends them without waiting for Hello [src].
        """
        frame = protocol.parse(text)
        if frame is None:
            return self._read(events.WsIn("other"), lambda: self._refuse_frame("bad-payload"))
        op, t, d = integer(frame.get("op")), frame.get("t"), frame.get("d")
        seq = d.get("seq") if isinstance(d, Mapping) else d
        s = integer(frame.get("s")) if seq is None else integer(seq)  # satori beats with s, not d [src]
        event = events.WsIn(protocol.op_name(frame), s, t if isinstance(t, str) else None)
        match op:
            case None:
                return self._read(event, lambda: self._refuse_frame("bad-payload"))
            case Op.HEARTBEAT:
                return self._read(event, lambda: self._heartbeat(now))
            case Op.IDENTIFY:
                auth = authentication.read(self.platform, "identify", d, now)
                return self._read(event, lambda: self._identify(d, now), self._named(d), auth)
            case Op.RESUME:
                auth = authentication.read(self.platform, "resume", d, now)
                return self._read(event, lambda: self._resume(d, now), self._named(d), auth)
            case _ if op not in protocol.GATEWAY_OPS:
                return self._read(event, lambda: self._refuse_frame("unknown-opcode"))
        return self._read(event, lambda: self._other(op))

    def _read(
        self,
        event: events.WsIn,
        decide: Callable[[], Answer],
        bot: Bot | None = None,
        auth: events.WsAuth | None = None,
    ) -> Received:
        bot = bot or self.bot
        number = bot.number if bot else None
        return Received(self, event, number, lambda: Answer() if self._answers_nothing else decide(), auth)

    def _refuse_frame(self, name: str) -> Answer:
        """A refusal of a frame that is neither Identify nor Resume: no session is refused by it."""
        return Answer(self._refuse(name).outs)

    def _named(self, d: Any) -> Bot | None:
        token = self.platform.token_row(_text(d, "token"))
        return token.bot if token else None

    def _other(self, op: int) -> Answer:
        """A client's ack of a server's heartbeat is fine; the server's own opcodes are not its to send."""
        if self.session is None:
            return self._refuse_frame("not-authenticated")
        return Answer() if op == Op.HEARTBEAT_ACK else self._refuse_frame("unknown-opcode")

    def _heartbeat(self, now: int) -> Answer:
        """Answered at any time and whatever `d` is: botgo sends 0 before READY, satori none [src]."""
        self._last_beat = now
        return Answer((self.frame(protocol.encode(protocol.ack())),))

    def _identify(self, d: Any, now: int) -> Answer:
        if self.session is not None:
            return self._refuse("already-authenticated")
        token, intents = _text(d, "token"), integer(d.get("intents")) if isinstance(d, Mapping) else None
        if token is None or intents is None:
            return self._refuse("bad-payload")
        raw = [0, 1] if d.get("shard") is None else d["shard"]
        if not isinstance(raw, list) or len(raw) != 2 or any(integer(n) is None for n in raw):
            return self._refuse("bad-payload")
        bot = self.platform.authenticated(token, now)
        if bot is None:
            return self._refuse("bad-token")
        if not 0 <= raw[0] < raw[1]:
            return self._refuse("bad-shard")
        if intents < 0 or intents & ~self.platform.options.intents:
            return self._refuse("bad-intents")
        session = self.platform.open_session(bot, intents, (raw[0], raw[1]), self.number, now)
        self.session = session
        ready = protocol.ready(session.id, self.platform.user_of(bot), raw, session.next_s())
        return Answer((self.frame(protocol.encode(ready)),), (events.Session("new", session.ordinal),))

    def _resume(self, d: Any, now: int) -> Answer:
        """Replay of every event with a greater s, then RESUMED [doc reference.md §4; log QwenPaw#7946].

        A null or missing seq counts as 0.
        """
        if self.session is not None:
            return self._refuse("already-authenticated")
        token, session_id = _text(d, "token"), _text(d, "session_id")
        seq = (0 if d.get("seq") is None else integer(d["seq"])) if isinstance(d, Mapping) else None
        if token is None or session_id is None or seq is None:
            return self._refuse("bad-payload")
        bot = self.platform.authenticated(token, now)
        if bot is None:
            return self._refuse("bad-token")
        session = self.platform.find_session(bot, session_id, now)
        if session is None:
            return self._refuse("unknown-session")
        if not 0 <= seq <= session.s or seq < session.forgotten_s:
            return self._refuse("bad-seq", session)
        displaced = self._displace(session)
        self.platform.attach(session, self.number)
        self.session = session
        replayed = tuple(self._event(stored, replay=True) for stored in session.after(seq))
        first = next((stored.s for stored in session.after(seq)), None)
        s = session.next_s()
        last = self._out(
            protocol.encode(protocol.resumed(s)),
            events.WsOut("resumed", s, "RESUMED"),
            events.Session("resumed", session.ordinal, replayed_from=first),
        )
        return Answer((*displaced, *replayed, last))

    def _displace(self, session: GatewaySession) -> tuple[Out, ...]:
        """The close of the older connection that still has the session, by the row "displaced"."""
        close = self.platform.options.refusal("displaced").close
        if session.conn is None or session.conn == self.number or close is None:
            return ()
        reported = (
            events.WsOut("close", code=close[0], reason=close[1]),
            events.Session("dropped", session.ordinal, close[1]),
        )
        return (Out(session.conn, close=close, events=reported),)


def _as_before(event: events.Event, out: Out) -> events.Event:
    """Of a changed frame: what its text alone does not say is as it was in `out`."""
    if isinstance(event, events.EventSent) and out.message is not None and out.message.id == event.id:
        return replace(out.message, t=event.t, s=event.s)
    if isinstance(event, events.Session):
        return next((one for one in out.events if _tells(one, event.what)), event)
    return event


def _tells(event: events.Event, what: str) -> bool:
    return isinstance(event, events.Session) and event.what == what


def _interval(d: Any) -> float | None:
    value = d.get("heartbeat_interval") if isinstance(d, Mapping) else None
    return value if isinstance(value, float) and math.isfinite(value) else integer(value)


def _text(d: Any, key: str) -> str | None:
    value = d.get(key) if isinstance(d, Mapping) else None
    return value if isinstance(value, str) else None
