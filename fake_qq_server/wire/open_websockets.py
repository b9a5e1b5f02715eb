"""The WebSocket connections that are open on the gateway's port."""

from __future__ import annotations

from collections.abc import Iterator

from fake_qq_server.wire.tcp import Port
from fake_qq_server.wire.websocket import WebSocketProtocol


class OpenWebSockets:
    """Finds them by number, or newest first."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def get(self, number: int) -> WebSocketProtocol | None:
        """The WebSocket connection of that number, while it is open."""
        connection = self._port.connections.get(number)
        protocol = connection.protocol if connection else None
        return protocol if isinstance(protocol, WebSocketProtocol) else None

    def newest_first(self) -> Iterator[WebSocketProtocol]:
        """All of them; those whose first request has not come yet are none."""
        for number in sorted(self._port.connections, reverse=True):
            protocol = self.get(number)
            if protocol is not None:
                yield protocol
