"""One host's port: who is accepted, who is refused, and which connections there are."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import TYPE_CHECKING

from fake_qq_server.events import Host
from fake_qq_server.wire.tcp import Wire

if TYPE_CHECKING:
    from fake_qq_server.server import FakeQQ

BACKLOG = 128


class Listener:
    """One host's port. `wires` are its open connections by number, `sockets` those that still have one.

    Connections are accepted here and not by `loop.create_server`, which cannot be stopped in the turn in
    which it was started: rules may refuse and heal within one instant.
    """

    def __init__(self, fake: FakeQQ, host: Host, address: str = "127.0.0.1", port: int = 0) -> None:
        self.fake = fake
        self.host = host
        self.wires: dict[int, Wire] = {}
        self.sockets: dict[int, Wire] = {}
        self.attempts = 0
        """Connections that were accepted, or known to be refused."""
        self._accepted = 0
        self._taking: dict[asyncio.Task[object], socket.socket] = {}
        self._socket: socket.socket | None = None
        if port:
            _must_be_free(address, port)
        # Bound and never listening: keeps the port ours while nobody listens, so that connects are refused
        # and no stranger can bind it, and healing finds the same port again.
        self._spare = _bound(address, port)
        self.address: tuple[str, int] = self._spare.getsockname()

    def next_number(self) -> int:
        """The number of the connection that was just accepted."""
        self._accepted += 1
        self.attempts += 1
        return self._accepted

    @property
    def listening(self) -> bool:
        return self._socket is not None

    def listen(self) -> None:
        """Accept connections from now on."""
        if self._socket is None:
            self._socket = _bound(*self.address)
            self._socket.listen(BACKLOG)
            self.fake.loop.add_reader(self._socket, partial(self.fake.safely, self._accept))

    def close(self) -> None:
        """Refuse connections from now on; open ones stay."""
        if self._socket is not None:
            self.fake.loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def end_idle(self, rule: str | None = None) -> None:
        """Idle pooled connections end, as with a process that died."""
        for wire in list(self.wires.values()):
            if wire.idle:
                wire.finish(rule=rule)

    def end(self) -> None:
        """The run is over: let go of every socket."""
        self.close()
        self._spare.close()
        for task in list(self._taking):
            task.cancel()
        for wire in list(self.sockets.values()):
            wire.drop()

    def _accept(self) -> None:
        for _ in range(BACKLOG):
            if self._socket is None:
                return
            try:
                sock, _ = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            sock.setblocking(False)
            loop = self.fake.loop
            task = loop.create_task(loop.connect_accepted_socket(partial(Wire, self), sock))
            self._taking[task] = sock
            task.add_done_callback(self._taken)

    def _taken(self, task: asyncio.Task[object]) -> None:
        sock = self._taking.pop(task)
        if task.cancelled():
            sock.close()
        elif (problem := task.exception()) is not None:
            sock.close()
            self.fake.on_error(problem)


def _bound(address: str, port: int) -> socket.socket:
    # SO_REUSEPORT lets two sockets of ours share the port. SO_REUSEADDR must stay off: with it, anybody's
    # asyncio server could bind the port while we refuse.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setblocking(False)
        sock.bind((address, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _must_be_free(address: str, port: int) -> None:
    """Raises OSError where somebody has the port: another fake's would otherwise be shared, in silence."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((address, port))
