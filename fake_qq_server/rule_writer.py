"""Writes on one WebSocket connection for one rule's push: what is written is recorded as that rule's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fake_qq_server.events import WsOut
from fake_qq_server.platform.exchange import Out
from fake_qq_server.platform.gateway import GatewayConnection
from fake_qq_server.platform.payloads import SOMEBODY, Said
from fake_qq_server.rules.verbs.registry import Effect
from fake_qq_server.wire.link import End
from fake_qq_server.wire.websocket import WebSocketProtocol


class RuleWriter:
    """A `verbs.registry.PushTarget`; `rule` None is the harness's own.

    `acted`: something really was written, or ended, or happened though the session did not ask for it. A push
    can come too late.
    """

    def __init__(
        self, websocket: WebSocketProtocol, now_us: Callable[[], int], rule: str | None, cause: int | None
    ) -> None:
        self._websocket = websocket
        self._now_us = now_us
        self._rule = rule
        self._cause = cause
        self.acted = False

    @property
    def _gateway(self) -> GatewayConnection:
        assert self._websocket.gateway is not None, "a push on a connection that is not upgraded"
        return self._websocket.gateway

    def frame(self, text: str) -> Effect:
        """A text frame with this text, whatever it means."""
        return self._write((self._gateway.frame(text),))

    def raw(self, data: bytes) -> Effect:
        """These bytes as they stand; nothing where the connection cannot be written to."""
        if not self._websocket.writable:
            return Effect()
        self._websocket.tcp.send(data)
        self._websocket.report(WsOut("other"), self._cause, self._rule)
        self.acted = True
        return Effect(len(data), 1)

    def dispatch(
        self, event_type: str, fields: Mapping[str, Any], said: Said = SOMEBODY, *, probe: bool = False
    ) -> Effect:
        """An event of the session, which its intents may exclude; nothing without a session. `probe`: the
        harness's own message."""
        unwanted = self._gateway.unwanted(event_type, fields, self._now_us(), probe)
        if unwanted is not None:
            self._websocket.report(unwanted, self._cause, self._rule)
            self.acted = True
            return Effect()
        return self._write(
            self._gateway.dispatch(event_type, fields, self._now_us(), probe, self._rule, said)
        )

    def close(self, code: int | None, reason: str) -> Effect:
        """A close frame, with no payload at all where `code` is None."""
        return self._write((self._gateway.close(code, reason),))

    def fin(self) -> Effect:
        """The end of the stream."""
        return self._end(End.FIN)

    def rst(self) -> Effect:
        """A reset of the connection."""
        return self._end(End.RST)

    def _end(self, how: End) -> Effect:
        self.acted |= self._websocket.tcp.finish(how, cause=self._cause, rule=self._rule)
        return Effect()

    def _write(self, outs: tuple[Out, ...]) -> Effect:
        effect = self._websocket.write(outs, self._cause, self._rule)
        self.acted |= effect.frames > 0
        return effect
