"""Carries out pushes: on the bot's newest connection that fits, in its session, on the process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fake_qq_server.events import Envelope, EventKept, Sink
from fake_qq_server.platform.payloads import MESSAGE_EVENTS
from fake_qq_server.platform.platform import GatewaySession, Platform, Stored
from fake_qq_server.rule_writer import RuleWriter
from fake_qq_server.rules.decisions import Push
from fake_qq_server.rules.verbs.registry import Effect, SignalProcess
from fake_qq_server.wire.websocket import WebSocketProtocol


class Pusher:
    """`connections()` gives the open WebSocket connections, newest first; `now_us` the time of the fake;
    `signal` reaches the subject's process; `sink` is told of events that have no connection to go to."""

    def __init__(
        self,
        platform: Platform,
        connections: Callable[[], Iterable[WebSocketProtocol]],
        now_us: Callable[[], int],
        signal: SignalProcess,
        sink: Sink,
    ) -> None:
        self._platform = platform
        self._connections = connections
        self._now_us = now_us
        self._signal = signal
        self._sink = sink

    def push(self, bot: int, push: Push, cause: int | None) -> tuple[int | None, Effect | None]:
        """Carry out a push; returns the connection it acted on and its effect, None where it did not act."""
        do = push.do
        if do.row.acts_on != "connection":
            return None, do.row.act(do.args, self._signal if do.row.acts_on == "process" else None)
        websocket = self.newest(bot, lambda one: _has_target(do.verb, one) and _is_meant(push, one))
        if websocket is not None:
            writer = RuleWriter(websocket, self._now_us, push.rule.key, cause)
            effect: Effect = do.row.act(do.args, writer)
            return (websocket.tcp.number, effect) if writer.acted else (None, None)
        if do.verb == "dispatch" and push.conn is None:
            return None, self._keep(bot, push, cause)
        return None, None

    def newest(
        self, bot: int, fits: Callable[[WebSocketProtocol], bool] = lambda one: one.writable
    ) -> WebSocketProtocol | None:
        """The bot's newest open connection that fits; by default, one that can be written to."""
        return next((one for one in self._connections() if one.bot == bot and fits(one)), None)

    def _keep(self, bot: int, push: Push, cause: int | None) -> Effect | None:
        """An event while no connection is open waits in the session's replay window."""
        owner = next(row for row in self._platform.bots if row.number == bot)
        session = self._platform.newest_session(owner, self._now_us())
        if session is None:
            return None
        window = _ReplayWindow(self._platform, session, self._now_us(), push.rule.key)
        effect: Effect = push.do.row.act(push.do.args, window)
        stored = window.stored
        if stored is None:
            return None
        if stored.t in MESSAGE_EVENTS:
            about = Envelope(None, None, bot, cause, push.rule.key)
            self._sink("peer", EventKept(stored.id, stored.t, stored.s, session.ordinal), about)
        return effect


class _ReplayWindow:
    """The part of a `PushTarget` that needs no connection; `stored` is what the session keeps."""

    def __init__(self, platform: Platform, session: GatewaySession, now: int, rule: str) -> None:
        self._platform = platform
        self._session = session
        self._now = now
        self._rule = rule
        self.stored: Stored | None = None

    def dispatch(self, event_type: str, fields: Mapping[str, Any]) -> Effect:
        """An event that waits; nothing where the session's intents exclude it."""
        self.stored = self._platform.dispatch(self._session, event_type, fields, self._now, rule=self._rule)
        return Effect() if self.stored is None else Effect(len(self.stored.text), 1)


def _is_meant(push: Push, websocket: WebSocketProtocol) -> bool:
    return push.conn is None or push.conn.holds(websocket.tcp.number)


def _has_target(verb: str, websocket: WebSocketProtocol) -> bool:
    """Whether the verb has something to act on here. A FIN or an RST needs no WebSocket, only a connection;
    an event needs a session."""
    if verb in ("fin", "rst"):
        return websocket.tcp.open
    return websocket.serving if verb == "dispatch" else websocket.writable
