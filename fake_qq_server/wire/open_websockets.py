"""The WebSocket connections that are open on the gateway's port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fake_qq_server.rules.moments import Span
from fake_qq_server.wire.tcp import Port
from fake_qq_server.wire.websocket import WebSocketProtocol

EVERY = Span()


class OpenWebSockets:
    """Finds them by number, or newest first."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def get(self, number: int) -> WebSocketProtocol | None:
        """The WebSocket connection of that number, while it is open."""
        connection = self._port.connections.get(number)
        protocol = connection.protocol if connection else None
        return protocol if isinstance(protocol, WebSocketProtocol) else None

    def newest_first(self, among: Span = EVERY) -> Iterator[WebSocketProtocol]:
        """Those whose numbers lie in `among`; those whose first request has not come yet are none."""
        for number in self._numbers(among):
            protocol = self.get(number)
            if protocol is not None:
                yield protocol

    def _numbers(self, among: Span) -> Iterable[int]:
        if among.first == among.last:  # of a thousand connections one is found at once
            return (among.first,)
        return sorted(filter(among.holds, self._port.connections), reverse=True)
