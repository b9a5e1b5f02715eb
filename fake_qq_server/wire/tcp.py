"""One TCP connection of the fake: bytes to and from the link, who ended it and how.

What is said on it is none of its business: a `Talk` (HTTP or WebSocket) is chosen from the first request's
head, which is read once, up to 64 KiB. Nobody is hurried: a head that never ends is waited for, as long as
the connection lives.

A connection has two lives. `open` is the platform's view, and what the journal tells. The socket under it may
live longer: the end that the platform has spoken is still on its way to the subject, or held by a condition.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from functools import partial
from typing import TYPE_CHECKING, Protocol

from fake_qq_server.events import Envelope, Host, LinkClose, LinkOpen, Party
from fake_qq_server.wire.link import End, Item, Pipe

if TYPE_CHECKING:
    from fake_qq_server.wire.listener import Listener

HEAD_LIMIT = 64 * 1024

LINGER_S = 5.0
"""How long we go on reading after our FIN. Closing at once would turn the FIN into an RST wherever something
of the subject's is still unread."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER; abort() alone sends FIN unless input is unread


class Talk(Protocol):
    """What is spoken on a connection."""

    idle: bool
    """Between requests: a pooled connection, which ends when its server does."""

    def received(self, data: bytes) -> None:
        """More bytes from the subject; never called once the connection is not open any more."""

    def ended(self, cause: int) -> None:
        """The connection is no more; `cause` is the record that says so."""


class Wire(asyncio.Protocol):
    """One connection, from accept to close. `number` counts connections of its host from 1."""

    transport: asyncio.Transport

    def __init__(self, listener: Listener) -> None:
        fake = listener.fake
        self.listener = listener
        self.host: Host = listener.host
        self.number = listener.next_number()
        self.up = Pipe(fake.loop, fake.delay_us, partial(fake.safely, self._from_subject))
        self.down = Pipe(fake.loop, fake.delay_us, partial(fake.safely, self._to_subject))
        self.open = False
        self.talk: Talk | None = None
        self._safely = fake.safely
        self._head = b""
        self._said_fin = False
        self._heard_fin = False
        self._lost = False
        self._lingering: asyncio.TimerHandle | None = None

    # -- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self.listener.fake.stopped:
            transport.abort()
            return
        # With Nagle, a frame waits for the kernel's delayed ACK: for real time, while the clock moves on.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.listener.sockets[self.number] = self
        self._safely(self._opened)

    def data_received(self, data: bytes) -> None:
        self._safely(self.up.push, data)

    def eof_received(self) -> bool:
        self._heard_fin = True
        self._safely(self.up.push, End.FIN)
        return not self._said_fin  # else our direction stays open until the platform has seen the end

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self.listener.sockets.pop(self.number, None)
        if self._lingering is not None:
            self._lingering.cancel()
        if self.open:
            self._safely(self.up.push, End.RST if exc is not None else End.FIN)
        else:
            self._safely(self.listener.fake.director.disconnected, self)

    # -- the platform's side

    @property
    def idle(self) -> bool:
        return self.talk is None or self.talk.idle

    def send(self, data: bytes) -> None:
        """Hand bytes to the link."""
        if data and self.open:
            self.down.push(data)

    def finish(self, how: End = End.FIN, *, cause: int | None = None, rule: str | None = None) -> bool:
        """The platform ends the connection; false where it had ended before."""
        if not self.open:
            return False
        self._closed("peer", how, cause, rule)
        self.down.push(how)
        return True

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
            if self._head_is_enough():
                head, self._head = self._head, b""
                self.talk = self.listener.fake.talk_for(self, head)
                self.talk.received(head)

    def _head_is_enough(self) -> bool:
        """Whether one can tell what is spoken. Only the gateway's port knows two languages."""
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
            self._say_fin()
        else:
            assert isinstance(item, bytes)
            self.transport.write(item)

    def _say_fin(self) -> None:
        if self._heard_fin:
            self.transport.close()
            return
        self._said_fin = True
        try:
            self.transport.write_eof()
        except OSError:  # reset by the subject, and asyncio does not know yet
            self.transport.abort()
        else:
            self._lingering = self.listener.fake.loop.call_later(LINGER_S, self.transport.close)

    # -- its life

    def _opened(self) -> None:
        self.open = True
        fake = self.listener.fake
        fake.sink("peer", LinkOpen(self.host), Envelope(conn=self.number))
        self.listener.wires[self.number] = self
        fake.director.connected(self)

    def _closed(self, by: Party, how: End, cause: int | None = None, rule: str | None = None) -> None:
        self.open = False
        self.listener.wires.pop(self.number, None)
        fake = self.listener.fake
        about = Envelope(conn=self.number, cause=cause, rule=rule)
        n = fake.sink("peer", LinkClose(self.host, by, how.value), about)
        if self.talk is not None:
            self.talk.ended(n)
        if self._lost:
            fake.director.disconnected(self)
