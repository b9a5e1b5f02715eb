"""One TCP connection of the fake: bytes to and from the link, who ended it and how.

What is said on it is none of its business: a `Talk` (HTTP or WebSocket) is chosen from the first request's
head, which is read once, up to 64 KiB.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Protocol

from .events import Envelope, Host, LinkClose, LinkOpen, Party
from .link import End, Item, Pipe

if TYPE_CHECKING:
    from .server import Listener

HEAD_LIMIT = 64 * 1024


class Talk(Protocol):
    """What is spoken on a connection."""

    idle: bool
    """Between requests: a pooled connection, which ends when its server does."""

    def received(self, data: bytes) -> None: ...
    def ended(self) -> None: ...


class Wire(asyncio.Protocol):
    """One connection, from accept to close. `number` counts connections of its host from 1."""

    transport: asyncio.Transport

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.host: Host = listener.host
        self.number = listener.next_number()
        loop = asyncio.get_running_loop()
        delay_us = listener.fake.delay_us
        self.up = Pipe(loop, delay_us, self._from_subject)
        self.down = Pipe(loop, delay_us, self._to_subject)
        self.open = False
        self.talk: Talk | None = None
        self._head = b""

    # -- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.open = True
        fake = self.listener.fake
        fake.sink("peer", LinkOpen(self.host), Envelope(conn=self.number))
        self.listener.wires[self.number] = self
        fake.director.connected(self)

    def data_received(self, data: bytes) -> None:
        self.up.push(data)

    def eof_received(self) -> bool:
        self.up.push(End.FIN)
        return True  # our direction stays open until the platform has seen the end

    def connection_lost(self, exc: Exception | None) -> None:
        if self.open:
            self.up.push(End.RST if exc is not None else End.FIN)

    # -- the platform's side

    @property
    def idle(self) -> bool:
        return self.talk is None or self.talk.idle

    def send(self, data: bytes) -> None:
        if data and self.open:
            self.down.push(data)

    def finish(self, how: End = End.FIN) -> None:
        """The platform ends the connection."""
        if self.open:
            self._closed("peer", how)
            self.down.push(how)

    def drop(self) -> None:
        """Let go of the socket without a word in the journal: the run is over."""
        self.open = False
        self.up.cut()
        self.down.cut()
        self.transport.abort()

    # -- the far ends of the two pipes

    def _from_subject(self, item: Item) -> None:
        if not self.open:
            return
        if isinstance(item, End):
            self._closed("subject", item)
            self.down.push(End.FIN)
        elif self.talk is not None:
            self.talk.received(item)
        else:
            self._head += item
            if b"\r\n\r\n" in self._head or len(self._head) > HEAD_LIMIT:
                head, self._head = self._head, b""
                self.talk = self.listener.fake.talk_for(self, head)
                self.talk.received(head)

    def _to_subject(self, item: Item) -> None:
        if item is End.RST:
            linger = struct.pack("ii", 1, 0)  # abort() alone sends FIN unless input is unread
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.transport.abort()
        elif item is End.FIN:
            self.transport.close()
        else:
            assert isinstance(item, bytes)
            self.transport.write(item)

    def _closed(self, by: Party, how: End) -> None:
        self.open = False
        self.listener.wires.pop(self.number, None)
        fake = self.listener.fake
        fake.sink("peer", LinkClose(self.host, by, how.value), Envelope(conn=self.number))
        if self.talk is not None:
            self.talk.ended()
        fake.director.disconnected(self)
