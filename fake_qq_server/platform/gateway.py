"""The gateway's side of one WebSocket connection: frames in, frames out. No I/O, no clock.

Receiving has two steps, so that a rule can stand between them; see `exchange`. What is to be written comes as
`Out`, each with the events to report at the moment it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from fake_qq_server import events
from fake_qq_server.platform import authentication, protocol, written
from fake_qq_server.platform.exchange import Answer, Out, Received
from fake_qq_server.platform.payloads import INTERACTION, MESSAGE_EVENTS, SOMEBODY, Said
from fake_qq_server.platform.platform import Platform
from fake_qq_server.platform.protocol import Op, integer
from fake_qq_server.platform.rows import Bot, GatewaySession, Stored


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
        self._last_beat, options = now, self.platform.options
        return (self.frame(protocol.encode(protocol.hello(options.told(options.heartbeat_ms)))),)

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
        return self._out(text, *written.read(text, self.session.ordinal if self.session else None))

    def changed(self, out: Out, text: str) -> Out:
        """A frame of this connection with another text. What it still is, is reported as before."""
        if text == out.text:
            return out
        made = self.frame(text)
        return replace(made, events=tuple(written.as_before(one, out) for one in made.events), rule=out.rule)

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
            sent = events.EventSent(stored.id, stored.t, stored.s, replay, stored.probe)
            wrote.append(stored.told.laid_over(sent))
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
                renew = partial(self._renew, d, now)
                return self._read(event, lambda: self._resume(d, now), self._named(d), auth, renew)
            case _ if op not in protocol.GATEWAY_OPS:
                return self._read(event, lambda: self._refuse_frame("unknown-opcode"))
        return self._read(event, lambda: self._other(op))

    def _read(
        self,
        event: events.WsIn,
        decide: Callable[[], Answer],
        bot: Bot | None = None,
        auth: events.WsAuth | None = None,
        renew: Callable[[], Answer | None] = lambda: None,
    ) -> Received:
        bot = bot or self.bot
        number = bot.number if bot else None
        return Received(
            self, event, number, lambda: Answer() if self._answers_nothing else decide(), auth, renew
        )

    def _refuse_frame(self, name: str) -> Answer:
        """A refusal of a frame that is neither Identify nor Resume: no session is refused by it."""
        return Answer(self._refuse(name).outs)

    def _named(self, d: Any) -> Bot | None:
        token = self.platform.token_row(authentication.token_of(d))
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
        asked = authentication.identify_request(self.platform, d, now)
        if isinstance(asked, str):
            return self._refuse(asked)
        return self._begin(
            self.platform.open_session(asked.bot, asked.intents, asked.shard, self.number, now)
        )

    def _begin(self, session: GatewaySession) -> Answer:
        """A new session is this connection's."""
        self.session = session
        ready = protocol.ready(
            session.id, self.platform.user_of(session.bot), list(session.shard), session.next_s()
        )
        return Answer((self.frame(protocol.encode(ready)),), (events.Session("new", session.ordinal),))

    def _resume(self, d: Any, now: int) -> Answer:
        """Replay of every event with a greater s, then RESUMED [doc reference.md §4; log QwenPaw#7946]."""
        if self.session is not None:
            return self._refuse("already-authenticated")
        asked = authentication.resume_request(self.platform, d, now)
        if isinstance(asked, str):
            return self._refuse(asked)
        session = self.platform.find_session(asked.bot, asked.session_id, now)
        if session is None:
            return self._refuse("unknown-session")
        if not 0 <= asked.seq <= session.s or asked.seq < session.forgotten_s:
            return self._refuse("bad-seq", session)
        displaced = self._displace(session)
        self.platform.attach(session, self.number)
        self.session = session
        missed = session.after(asked.seq)
        s = session.next_s()
        last = self._out(
            protocol.encode(protocol.resumed(s)),
            events.WsOut("resumed", s, "RESUMED"),
            events.Session("resumed", session.ordinal, replayed_from=missed[0].s if missed else None),
        )
        return Answer((*displaced, *(self._event(stored, replay=True) for stored in missed), last))

    def _renew(self, d: Any, now: int) -> Answer | None:
        """READY of a new session in answer to a Resume, whose own session is over. None where a Resume like
        this is turned down before any session is looked for."""
        asked = authentication.resume_request(self.platform, d, now)
        if self.session is not None or self._answers_nothing or isinstance(asked, str):
            return None
        session = self.platform.renew_session(asked.bot, self.number, now)
        if session is None:
            return None
        old = self.platform.find_session(asked.bot, asked.session_id, now)
        displaced = self._displace(old) if old is not None else ()
        if old is not None:
            self.platform.end_session(old, now if displaced else None)
        answer = self._begin(session)
        return Answer((*displaced, *answer.outs), answer.events)

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
