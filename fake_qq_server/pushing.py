"""Carries out pushes: on the bot's newest connection that fits, in its session, on the process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fake_qq_server.events import Envelope, EventKept, Sink
from fake_qq_server.platform.payloads import MESSAGE_EVENTS, SOMEBODY, Said
from fake_qq_server.platform.platform import Platform
from fake_qq_server.platform.rows import GatewaySession
from fake_qq_server.rule_writer import RuleWriter
from fake_qq_server.rules.decisions import Push
from fake_qq_server.rules.moments import Span
from fake_qq_server.rules.verbs.registry import Effect, RestartSubject, SignalProcess, SpeakAs
from fake_qq_server.wire.open_websockets import EVERY
from fake_qq_server.wire.websocket import WebSocketProtocol


class Pusher:
    """`connections(among)` gives the open WebSocket connections of these numbers, newest first; `now_us` the
    time of the fake; `signal` reaches the subject's process, `restart` and `speak` the subject; `sink` is
    told of events that have no connection to go to."""

    def __init__(
        self,
        platform: Platform,
        connections: Callable[[Span], Iterable[WebSocketProtocol]],
        now_us: Callable[[], int],
        signal: SignalProcess,
        sink: Sink,
        restart: RestartSubject = lambda how, down_us: False,
        speak: SpeakAs = lambda scene, place, text: False,
    ) -> None:
        self._platform = platform
        self._connections = connections
        self._now_us = now_us
        self._signal = signal
        self._sink = sink
        self._restart = restart
        self._speak = speak

    def push(self, bot: int, push: Push, cause: int | None) -> tuple[int | None, Effect | None]:
        """Carry out a push; returns the connection it acted on and its effect, None where it did not act."""
        do = push.do
        if do.row.acts_on != "connection":
            return None, do.row.act(do.args, self._other_target(do.row.acts_on, bot))
        websocket = self.newest(bot, lambda one: _has_target(do.verb, one), push.conn or EVERY)
        if websocket is not None:
            writer = RuleWriter(websocket, self._now_us, push.rule.key, cause)
            effect: Effect = do.row.act(do.args, writer)
            return (websocket.tcp.number, effect) if writer.acted else (None, None)
        if do.verb == "dispatch" and push.conn is None:
            return None, self._wait(bot, push, cause)
        return None, None

    def _other_target(self, what: str, bot: int) -> Any:
        """What a push gets that acts on no connection."""
        targets: Mapping[str, Any] = {
            "process": self._signal,
            "subject": self._restart,
            "account": _Account(self._platform, bot, self._now_us),
            "owner": _Owner(self._platform, self._speak),
        }
        return targets.get(what)

    def newest(
        self,
        bot: int,
        fits: Callable[[WebSocketProtocol], bool] = lambda one: one.writable,
        among: Span = EVERY,
    ) -> WebSocketProtocol | None:
        """The bot's newest open connection that fits; by default, one that can be written to. `among`: only
        of connections with these numbers."""
        return next((one for one in self._connections(among) if one.bot == bot and fits(one)), None)

    def _wait(self, bot: int, push: Push, cause: int | None) -> Effect | None:
        """An event while no connection is open waits in the session's replay window."""
        owner = self._platform.bot_of_number(bot)
        session = self._platform.newest_session(owner, self._now_us()) if owner else None
        if session is None:
            return None
        about = Envelope(None, None, bot, cause, push.rule.key)
        effect: Effect = push.do.row.act(
            push.do.args, _Waiting(self._platform, session, self._now_us(), self._sink, about)
        )
        return effect


@dataclass(frozen=True)
class _Waiting:
    """A `verbs.registry.EventTarget`: a session while no connection is open."""

    platform: Platform
    session: GatewaySession
    now: int
    sink: Sink
    about: Envelope

    def dispatch(self, event_type: str, fields: Mapping[str, Any], said: Said = SOMEBODY) -> Effect:
        """Keep the event for a replay, where the session's intents want it."""
        unwanted = self.platform.unwanted(self.session, event_type, fields, self.now)
        if unwanted is not None:
            self.sink("peer", unwanted, self.about)
            return Effect()
        stored = self.platform.dispatch(
            self.session, event_type, fields, self.now, rule=self.about.rule, said=said
        )
        if stored is None:
            return Effect()
        if stored.t in MESSAGE_EVENTS:
            kept = EventKept(stored.id, stored.t, stored.s, self.session.ordinal)
            self.sink("peer", kept, self.about)
        return Effect(len(stored.text), 1)


@dataclass(frozen=True)
class _Account:
    """A `verbs.registry.BotAccount`."""

    platform: Platform
    number: int
    now_us: Callable[[], int]

    def revoke(self) -> bool:
        bot = self.platform.bot_of_number(self.number)
        return bot is not None and self.platform.revoke(bot, self.now_us())


@dataclass(frozen=True)
class _Owner:
    """A `verbs.registry.BotOwner`."""

    platform: Platform
    speak_as: SpeakAs

    def speak(self, scene: str, to: str, text: str) -> bool:
        return self.speak_as(scene, self.platform.place_named(scene, to), text)


def _has_target(verb: str, websocket: WebSocketProtocol) -> bool:
    """Whether the verb has something to act on here. A FIN or an RST needs no WebSocket, only a connection;
    an event needs a session."""
    if verb in ("fin", "rst"):
        return websocket.tcp.open
    return websocket.serving if verb == "dispatch" else websocket.writable
