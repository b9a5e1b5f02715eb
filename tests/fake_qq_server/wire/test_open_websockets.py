"""Finding the open WebSocket connections of a port."""

from __future__ import annotations

from typing import Any

from fake_qq_server.events import ListSink
from fake_qq_server.rules.moments import Span
from fake_qq_server.stage import Stage
from fake_qq_server.wire.open_websockets import OpenWebSockets
from tests.fake_qq_server.parts import OnePort, Spoken, Tcp, platform, websocket


class Connection(Tcp):
    def __init__(self, protocol: Any) -> None:
        super().__init__("ws")
        self.protocol = protocol


async def test_only_connections_that_speak_websocket_are_found_newest_first() -> None:
    stage, port = Stage(ListSink()), OnePort("ws")
    one, two = (websocket(stage, platform())[0] for _ in range(2))
    connections: Any = port.connections
    connections |= {n: Connection(spoken) for n, spoken in enumerate((one, Spoken(), None, two), 1)}
    found = OpenWebSockets(port)
    assert [found.get(number) for number in range(1, 6)] == [one, None, None, two, None]
    assert list(found.newest_first()) == [two, one]
    assert list(found.newest_first(Span(1, 3))) == [one]
    assert [list(found.newest_first(Span(n, n))) for n in (4, 5)] == [[two], []]
