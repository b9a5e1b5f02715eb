"""Sockets with a time-out, used synchronously, wait by parking (synchronous httpx in a thread does this).

Unhooked, such a wait holds the baton: seen for `recv`. Sockets of asyncio have time-out 0 and pass through.
Not covered: TLS sockets used synchronously.
"""

from __future__ import annotations

import os
import select
import socket
from typing import Any

import _socket

from .baton import Baton

_READS = ("recv", "recv_into", "recvfrom", "recvfrom_into", "_accept")
_WRITES = ("send", "sendto", "connect")


def install(baton: Baton) -> None:
    """Put the hooks in; outside the clock the sockets behave as ever."""
    for name in _READS:
        setattr(socket.socket, name, _waiting(baton, name, select.POLLIN))
    for name in _WRITES:
        setattr(socket.socket, name, _waiting(baton, name, select.POLLOUT))

    real_sendall = _socket.socket.sendall

    def sendall(self: socket.socket, data: Any, *flags: int) -> None:
        if self.gettimeout() == 0 or baton.current() is None:
            return real_sendall(self, data, *flags)
        view = memoryview(data).cast("B")
        while view:
            view = view[self.send(view, *flags) :]
        return None

    socket.socket.sendall = sendall  # type: ignore[method-assign]


def _waiting(baton: Baton, name: str, ready: int) -> Any:
    real = getattr(_socket.socket, name)

    def call(self: socket.socket, *args: Any) -> Any:
        limit = self.gettimeout()
        if limit == 0 or baton.current() is None:
            return real(self, *args)
        poll = select.poll()
        poll.register(self.fileno(), ready)
        self.settimeout(0)
        try:
            while True:
                try:
                    return real(self, *args)
                except BlockingIOError:
                    if not baton.park(lambda: poll.poll(0), limit, name):
                        raise TimeoutError("timed out") from None
                    if name == "connect":
                        return _connected(self)
        finally:
            self.settimeout(limit)

    return call


def _connected(sock: socket.socket) -> None:
    error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, os.strerror(error))
