"""The line on which one rule's push acts: what it writes is recorded as that rule's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fake_qq_server.events import WsOut
from fake_qq_server.platform.gateway import Connection, Out
from fake_qq_server.rules.verbs.registry import Effect
from fake_qq_server.wire.link import End
from fake_qq_server.wire.websocket import WsTalk

if TYPE_CHECKING:
    from fake_qq_server.server import FakeQQ


class RuleLine:
    """A `verbs.registry.Line`; `rule` None is the harness's own.

    `acted`: something really was written, or ended. A push can come too late, or be an event that the
    session did not ask for.
    """

    def __init__(self, fake: FakeQQ, talk: WsTalk, rule: str | None, cause: int | None) -> None:
        self._now_us = fake.now_us
        self._talk = talk
        self._rule = rule
        self._cause = cause
        self.acted = False

    @property
    def _connection(self) -> Connection:
        assert self._talk.connection is not None, "a push on a connection that is not upgraded"
        return self._talk.connection

    def frame(self, text: str) -> Effect:
        return self._write((self._connection.frame(text),))

    def raw(self, data: bytes) -> Effect:
        if not self._talk.writable:
            return Effect()
        self._talk.wire.send(data)
        self._talk.report(WsOut("other"), self._cause, self._rule)
        self.acted = True
        return Effect(len(data), 1)

    def dispatch(self, event_type: str, fields: Mapping[str, Any], *, probe: bool = False) -> Effect:
        return self._write(self._connection.dispatch(event_type, fields, self._now_us(), probe))

    def close(self, code: int | None, reason: str) -> Effect:
        return self._write((self._connection.close(code, reason),))

    def fin(self) -> Effect:
        return self._end(End.FIN)

    def rst(self) -> Effect:
        return self._end(End.RST)

    def _end(self, how: End) -> Effect:
        self.acted |= self._talk.wire.finish(how, cause=self._cause, rule=self._rule)
        return Effect()

    def _write(self, outs: tuple[Out, ...]) -> Effect:
        effect = self._talk.write(outs, self._cause, self._rule)
        self.acted |= effect.frames > 0
        return effect
