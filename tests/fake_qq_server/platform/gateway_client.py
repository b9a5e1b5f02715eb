"""A platform with one bot, and a client of its gateway that speaks in frames; what an answer holds."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from fake_qq_server.events import Event
from fake_qq_server.platform.exchange import Answer, Out
from fake_qq_server.platform.gateway import GatewayConnection
from fake_qq_server.platform.options import Options
from fake_qq_server.platform.platform import Platform
from fake_qq_server.platform.protocol import REFUSALS
from fake_qq_server.platform.rows import Bot, GatewaySession

K = TypeVar("K", bound=Event)
C2C = "C2C_MESSAGE_CREATE"
HERMES_INTENTS = 1174409216


class Gateway:
    """A platform with one bot; opens connections and speaks as a client would."""

    def __init__(self, **options: Any) -> None:
        self.platform = Platform(Options(**options))
        self.bot = self.platform.register("1001", "hush")
        self.now = 0
        self.opened = 0

    @property
    def token(self) -> str:
        return f"QQBot {self.platform.token(self.bot, self.now).text}"

    def open(self, hint: Bot | None = None) -> GatewayConnection:
        self.opened += 1
        return GatewayConnection(self.platform, self.opened, hint)

    def say(self, conn: GatewayConnection, frame: str | dict[str, Any]) -> Answer:
        text = frame if isinstance(frame, str) else json.dumps(frame)
        return conn.received(text, self.now).default()

    def identify(self, conn: GatewayConnection, **d: Any) -> Answer:
        d = {"token": self.token, "intents": HERMES_INTENTS, "shard": [0, 1]} | d
        return self.say(conn, {"op": 2, "d": d})

    def resume(
        self, conn: GatewayConnection, session_id: str, seq: int | None, token: str | None = None
    ) -> Answer:
        d = {"token": token or self.token, "session_id": session_id, "seq": seq}
        return self.say(conn, {"op": 6, "d": d})

    def ready(self) -> tuple[GatewayConnection, GatewaySession]:
        """A connection that has identified, and its session."""
        conn = self.open()
        self.identify(conn)
        assert conn.session is not None
        return conn, conn.session


def dropped(gateway: Gateway, written: int = 0, missed: int = 0) -> GatewaySession:
    """A session whose connection ended after some messages, and missed more."""
    conn, session = gateway.ready()
    for _ in range(written):
        conn.dispatch(C2C, {}, gateway.now)
    conn.ended(gateway.now)
    for _ in range(missed):
        gateway.platform.dispatch(session, C2C, {}, gateway.now)
    return session


def frame_of(out: Out) -> Any:
    assert out.text is not None
    return json.loads(out.text)


def frames(answer: Any) -> list[dict[str, Any]]:
    return [json.loads(out.text) for out in answer.outs if out.text is not None]


def closes(answer: Any) -> list[tuple[int | None, str]]:
    return [out.close for out in answer.outs if out.close is not None]


def reported(answer: Any, kind: type[K]) -> list[K]:
    told = [*answer.events, *(event for out in answer.outs for event in out.events)]
    return [event for event in told if isinstance(event, kind)]


def assert_refused(answer: Any, name: str) -> None:
    row = REFUSALS[name]
    assert frames(answer) == ([{"op": 9, "d": False}] if row.invalid else [])
    assert closes(answer) == [row.close]
