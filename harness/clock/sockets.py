"""Sockets with a time-out, used synchronously, wait by parking (synchronous httpx in a thread does this).

Unhooked, such a wait holds the baton: seen for `recv`. Sockets of asyncio have time-out 0 and pass through.
A socket's own time-out is left alone while it waits, for another thread may be using it the other way.

A connect is waited for in real time, whatever the time-out: see `_answered`.
"""

from __future__ import annotations

import _socket
import os
import select
import socket
import ssl
from collections.abc import Callable
from typing import Any

from harness.clock.baton import Baton

_READS = ("recv", "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into", "_accept")
_WRITES = ("send", "sendto", "sendmsg")
_TLS = ("read", "write", "send", "do_handshake", "unwrap")

_poll = select.poll  # the real one

_ANSWER_MS = 500
"""How long at most, in real time, a connect on loopback waits for the kernel's answer."""


def install(baton: Baton) -> None:
    """Put the hooks in; outside the clock the sockets behave as ever."""
    for name in _READS:
        setattr(socket.socket, name, _waiting(baton, name, select.POLLIN))
    for name in _WRITES:
        setattr(socket.socket, name, _waiting(baton, name, select.POLLOUT))
    for name in _TLS:
        setattr(ssl.SSLSocket, name, _waiting_tls(baton, name))
    socket.socket.connect = _connecting(baton)  # type: ignore[method-assign]
    socket.socket.connect_ex = _connecting_ex()  # type: ignore[method-assign]

    real_sendall = _socket.socket.sendall

    def sendall(self: socket.socket, data: Any, flags: int = 0) -> None:
        if self.gettimeout() == 0 or baton.current() is None:
            return real_sendall(self, data, flags)
        view = memoryview(data).cast("B")
        while view:
            view = view[self.send(view, flags) :]
        return None

    socket.socket.sendall = sendall  # type: ignore[method-assign, assignment]


def _ready(sock: Any, event: int) -> Callable[[], Any]:
    poll = _poll()
    poll.register(sock.fileno(), event)
    return lambda: poll.poll(0)


def _waiting(baton: Baton, name: str, event: int) -> Any:
    real = getattr(_socket.socket, name)

    def call(self: socket.socket, *args: Any, **named: Any) -> Any:
        limit = self.gettimeout()
        if limit == 0 or baton.current() is None or self.fileno() < 0:
            return real(self, *args, **named)
        ready = _ready(self, event)
        while True:
            if not ready() and not baton.park(ready, limit, name):
                raise TimeoutError("timed out")
            if limit is not None or event == select.POLLIN:
                return real(self, *args, **named)
            try:  # a blocking send would wait until all is out
                return _without_waiting(self, real, args)
            except BlockingIOError:
                baton.park(ready, limit, name)

    return call


def _without_waiting(sock: socket.socket, real: Any, args: Any) -> Any:
    limit = sock.gettimeout()
    sock.settimeout(0)
    try:
        return real(sock, *args)
    finally:
        sock.settimeout(limit)


def _connecting(baton: Baton) -> Any:
    real = _socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        limit = self.gettimeout()
        if baton.current() is None:
            return real(self, address)
        try:
            _without_waiting(self, real, (address,))
            return None
        except BlockingIOError:
            _answered(self)
            if limit == 0:
                raise
            if not baton.park(_ready(self, select.POLLOUT), limit, "connect"):
                raise TimeoutError("timed out") from None
        error = self.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))
        return None

    return connect


def _answered(sock: socket.socket) -> None:
    """Let the kernel answer a connect. On loopback it has done so when the call returns, but for one case:
    the client's port is one from which the same server was reached a minute ago, and that closed first.
    The old connection is in TIME_WAIT then, and where nobody listens any more the refusal comes some 10 ms
    later.
    Those are real ones: with a clock that jumps, a refused connect would become one that times out."""
    poll = _poll()
    poll.register(sock.fileno(), select.POLLOUT)
    poll.poll(_ANSWER_MS)


def _connecting_ex() -> Any:
    real = _socket.socket.connect_ex

    def connect_ex(self: socket.socket, address: Any) -> int:
        if self.gettimeout() == 0:
            return real(self, address)
        try:
            self.connect(address)
        except TimeoutError:
            return 11  # what the real one says: EAGAIN
        except OSError as fault:
            if fault.errno is None:
                raise
            return fault.errno
        return 0

    return connect_ex


def _waiting_tls(baton: Baton, name: str) -> Any:
    real = getattr(ssl.SSLSocket, name)

    def call(self: ssl.SSLSocket, *args: Any, **kwargs: Any) -> Any:
        limit = self.gettimeout()
        if limit == 0 or baton.current() is None or self._sslobj is None:  # type: ignore[attr-defined]
            return real(self, *args, **kwargs)
        while True:
            try:
                return _without_waiting(self, lambda _: real(self, *args, **kwargs), ())
            except ssl.SSLWantReadError:
                ready = _ready(self, select.POLLIN)
            except ssl.SSLWantWriteError:
                ready = _ready(self, select.POLLOUT)
            if not baton.park(ready, limit, f"tls {name}"):
                raise TimeoutError(f"The {name} operation timed out")

    return call
