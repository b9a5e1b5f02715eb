"""One TCP connection of the fake: bytes to and from the subject, who ended it and how.

It does not interpret the bytes: an `ApplicationProtocol` (HTTP or WebSocket) is chosen from the first
request's head, which is read once, up to 64 KiB. No timeout: an incomplete head is kept until the connection
closes.

A connection has two lives. `open` is the platform's view, and what the journal tells. The socket under it may
live longer: the end that the platform has sent is still on its way to the subject, or held by a condition.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from functools import partial
from typing import Protocol

from fake_qq_server.events import Envelope, Host, LinkClose, LinkOpen, Party
from fake_qq_server.stage import Stage
from fake_qq_server.wire.link import End, Item, Pipe
from fake_qq_server.wire.relay import Relay

HEAD_LIMIT = 64 * 1024

LINGER_S = 5.0
"""How long we go on reading after our FIN. Closing at once would turn the FIN into an RST wherever something
of the subject's is still unread."""

UNREAD_LIMIT = 16 << 20
"""Bytes that may wait for a subject that does not read; then it is reset. Nothing that is sent at once is as
large [inf]."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER; abort() alone sends FIN unless input is unread


class ApplicationProtocol(Protocol):
    """What is spoken on a connection: HTTP or WebSocket."""

    idle: bool
    """Between requests: a pooled connection, which ends when its server does."""

    def received(self, data: bytes) -> None:
        """More bytes from the subject; never called once the connection is not open any more."""

    def ended(self, cause: int) -> None:
        """The connection closed; `cause` = number of its link.close record."""


class Port(Protocol):
    """What a connection needs of the listener that accepted it. Connections enter and remove themselves."""

    host: Host
    proxied: bool
    """Whether a proxy stands before it."""
    connections: dict[int, TcpConnection]
    """Open ones, by number."""
    sockets: dict[int, TcpConnection]
    """Those that still have a socket, by number."""

    def next_number(self) -> int:
        """The number of the connection that was just accepted, from 1."""


class ConnectionHandler(Protocol):
    """What a connection needs of the server behind its port."""

    def protocol_for(self, connection: TcpConnection, head: bytes) -> ApplicationProtocol:
        """What is spoken on a connection whose first request begins with `head`."""

    def connected(self, connection: TcpConnection) -> None:
        """It was opened and recorded."""

    def unreachable(self, host: Host) -> None:
        """The proxy before this host accepted a connection, and the host refused it."""

    def disconnected(self, connection: TcpConnection) -> None:
        """It is closed and its socket is gone: nothing on its way arrives any more."""


class TcpConnection(asyncio.Protocol):
    """One connection, from accept to close. `number` counts connections of its host from 1.

    `up` is the direction from the subject to the platform, `down` the other. `relay` is the proxy between the
    subject and both, where there is one. `protocol` is what is spoken, None until the first request's head is
    there.
    """

    transport: asyncio.Transport

    def __init__(self, stage: Stage, port: Port, handler: ConnectionHandler) -> None:
        self._stage = stage
        self._port = port
        self._handler = handler
        self.host: Host = port.host
        self.number = port.next_number()
        self.up = Pipe(stage.clock, stage.delay_us, partial(stage.safely, self._from_subject))
        self.down = Pipe(stage.clock, stage.delay_us, partial(stage.safely, self._from_platform))
        self.relay = Relay(stage, self._relayed_down, self._relayed_up) if port.proxied else None
        self._ended_by: str | None = None
        self._end_came = False
        self.ended_by: Callable[[], str | None] = lambda: None
        """Asked when the subject's end arrives where no relay is: the rule that made it, if one did."""
        self.on_finish: Callable[[], object] = lambda: None
        """Told that the platform has ended it, where no relay is."""
        self.open = False
        self.protocol: ApplicationProtocol | None = None
        self._head = b""
        self._sent_fin = False
        self._received_fin = False
        self._lost = False
        self._lingering: asyncio.TimerHandle | None = None
        self.idle_since_us = stage.now_us()
        """When it was opened, or its last answer was complete."""

    # -- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio accepted the connection: number and record it."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self._stage.stopped:
            transport.abort()
            return
        # With Nagle, a frame waits for the kernel's delayed ACK: for real time, while the clock moves on.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._port.sockets[self.number] = self
        self._stage.safely(self._opened)

    def data_received(self, data: bytes) -> None:
        """Bytes from the subject: they pass the link before anything reads them."""
        self._stage.safely(self._push_up, data)

    def eof_received(self) -> bool:
        """FIN from the subject: it passes the link too. Whether our own direction stays open; TLS has no such
        thing, and asyncio would warn of each."""
        self._received_fin = True
        self._stage.safely(self._push_up, End.FIN)
        tls = self.transport.get_extra_info("ssl_object") is not None
        return not tls and not self._sent_fin  # it stays open until the platform has seen the end

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone: record the end unless that was done, and leave the port."""
        self._lost = True
        self._port.sockets.pop(self.number, None)
        if self._lingering is not None:
            self._lingering.cancel()
        if self.open:
            self._stage.safely(self._push_up, End.RST if exc is not None else End.FIN)
        else:
            self._stage.safely(self._handler.disconnected, self)

    # -- the platform's side

    @property
    def idle(self) -> bool:
        """Nothing was asked yet, or everything that was is answered."""
        return self.protocol is None or self.protocol.idle

    def send(self, data: bytes) -> None:
        """Send bytes to the subject; they arrive after the link's delay."""
        if data and self.open:
            self.down.push(data)

    def finish(self, how: End = End.FIN, *, cause: int | None = None, rule: str | None = None) -> bool:
        """The platform ends the connection; false where it had ended before."""
        if not self.open:
            return False
        self._closed("peer", how, cause, rule)
        self.down.push(how)
        return True

    def pause(self) -> None:
        """Read nothing for now: what there is has to be worked through first."""
        self.transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        self.transport.resume_reading()

    def drop(self) -> None:
        """Close the socket without a record: the run is over."""
        self.open = False
        if self.relay is not None:
            self.relay.stop()
        self.up.cut()
        self.down.cut()
        self.transport.abort()

    # -- the near ends of the two pipes, where a proxy may stand

    def _push_up(self, item: Item) -> None:
        if self.relay is None:
            if isinstance(item, End) and not self._end_came:
                self._end_came, self._ended_by = True, self.ended_by()
            self.up.push(item)
        else:
            self.relay.push("upstream", item)

    def _relayed_up(self, item: Item, by: str | None) -> None:
        self._ended_by = by
        self.up.push(item)

    def _from_platform(self, item: Item) -> None:
        if self.relay is None:
            self._to_subject(item)
            if isinstance(item, End):
                self.on_finish()
        else:
            self.relay.push("downstream", item)

    def _relayed_down(self, item: Item, by: str | None) -> None:
        del by  # the platform's side tells who ended it
        self._to_subject(item)

    # -- the far ends of the two pipes

    def _from_subject(self, item: Item) -> None:
        if not self.open:
            return
        if isinstance(item, End):
            self._closed("network" if self._ended_by else "subject", item, rule=self._ended_by)
            self.down.push(End.FIN)
        elif self.protocol is not None:
            self.protocol.received(item)
        else:
            self._head += item
            if self._head_is_enough():
                head, self._head = self._head, b""
                self.protocol = self._handler.protocol_for(self, head)
                self.protocol.received(head)

    def _head_is_enough(self) -> bool:
        """Whether one can tell what is spoken. Only the gateway's port speaks two protocols."""
        head = self._head
        return (
            self.host != "ws"
            or b"\r\n\r\n" in head
            or len(head) > HEAD_LIMIT
            or not head[:1].isalpha()  # TLS, or noise: no request begins like this
        )

    def _to_subject(self, item: Item) -> None:
        if self.transport.is_closing():
            return
        if item is End.RST:
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.transport.abort()
        elif item is End.FIN:
            self._send_fin()
        else:
            assert isinstance(item, bytes)
            if self.transport.get_write_buffer_size() > UNREAD_LIMIT:
                self.finish(End.RST)
                return
            self.transport.write(item)

    def _send_fin(self) -> None:
        if self._received_fin:
            self.transport.close()
            return
        self._sent_fin = True
        try:
            self.transport.write_eof()
        except NotImplementedError:  # TLS has no half of an end
            self.transport.close()
        except OSError:  # reset by the subject, and asyncio does not know yet
            self.transport.abort()
        else:
            self._lingering = self._stage.loop.call_later(LINGER_S, self.transport.close)

    # -- opened and closed

    def _opened(self) -> None:
        self.open = True
        self._stage.sink("peer", LinkOpen(self.host), Envelope(conn=self.number))
        self._port.connections[self.number] = self
        self._handler.connected(self)

    def _closed(self, by: Party, how: End, cause: int | None = None, rule: str | None = None) -> None:
        self.open = False
        self._port.connections.pop(self.number, None)
        about = Envelope(conn=self.number, cause=cause, rule=rule)
        n = self._stage.sink("peer", LinkClose(self.host, by, how.value), about)
        if self.protocol is not None:
            self.protocol.ended(n)
        if self._lost:
            self._handler.disconnected(self)
