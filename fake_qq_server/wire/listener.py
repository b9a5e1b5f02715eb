"""One host's port: who is accepted, who is refused, and which connections there are."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from functools import partial

from fake_qq_server.events import Host
from fake_qq_server.stage import Stage
from fake_qq_server.wire.tcp import LINGER_S, ConnectionHandler, TcpConnection

BACKLOG = 128


class Listener:
    """One host's port. `connections` are the open ones by number, `sockets` those that still have a
    socket; `handler` is the server behind the port. With `tls`, that is spoken below HTTP. A `tcp.Port`.

    Connections are accepted here and not by `loop.create_server`, which cannot be stopped in the turn in
    which it was started: rules may refuse and heal within one instant.
    """

    def __init__(
        self,
        stage: Stage,
        host: Host,
        handler: ConnectionHandler,
        address: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._stage = stage
        self._tls = tls
        self.host = host
        self._handler = handler
        self.connections: dict[int, TcpConnection] = {}
        self.sockets: dict[int, TcpConnection] = {}
        self.proxied = False
        """Whether a proxy stands before it, which accepts connections even if the host refuses them."""
        self.enabled = True
        """Whether the proxy is."""
        self._refusing = True
        self._turned_away: set[socket.socket] = set()
        self.attempts = 0
        """Connections that were accepted, or known to be refused."""
        self._accepted = 0
        self._accepting: dict[asyncio.Task[object], socket.socket] = {}
        self._socket: socket.socket | None = None
        if port:
            _check_free(address, port)
        # Bound and never listening: keeps the port ours while nobody listens, so that connects are refused
        # and no stranger can bind it, and healing finds the same port again.
        self._reserved = _bound(address, port)
        self.address: tuple[str, int] = self._reserved.getsockname()

    def next_number(self) -> int:
        """The number of the connection that was just accepted."""
        self._accepted += 1
        self.attempts += 1
        return self._accepted

    @property
    def listening(self) -> bool:
        """Whether connections are accepted now."""
        return self._socket is not None

    def listen(self) -> None:
        """Accept connections from now on."""
        self._refusing = False
        self.update()

    def close(self) -> None:
        """Refuse connections from now on; open ones stay."""
        self._refusing = True
        self.update()

    def update(self) -> None:
        """Begin or cease to accept: where a proxy stands before the host, that is for the proxy to say."""
        if self.enabled if self.proxied else not self._refusing:
            self._open()
        else:
            self._close()

    def _open(self) -> None:
        if self._socket is None:
            self._socket = _bound(*self.address)
            self._socket.listen(BACKLOG)
            self._stage.loop.add_reader(self._socket, partial(self._stage.safely, self._accept))

    def _close(self) -> None:
        if self._socket is not None:
            self._stage.loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def end_idle(self, rule: str | None = None) -> None:
        """End idle pooled connections, as when the server process dies."""
        for connection in list(self.connections.values()):
            if connection.idle:
                connection.finish(rule=rule)

    def end(self) -> None:
        """The run is over: close every socket."""
        self._close()
        for sock in self._turned_away:
            sock.close()
        self._reserved.close()
        for task in list(self._accepting):
            task.cancel()
        for connection in list(self.sockets.values()):
            connection.drop()

    def _accept(self) -> None:
        for _ in range(BACKLOG):
            if self._socket is None:
                return
            try:
                sock, _ = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            sock.setblocking(False)
            if self._refusing:
                self._turn_away(sock)
                continue
            # So that the port can be bound again at once when the program is over: see `_check_free`.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            loop = self._stage.loop
            connection = partial(TcpConnection, self._stage, self, self._handler)
            accepted = loop.connect_accepted_socket(connection, sock, ssl=self._tls)
            task = loop.create_task(accepted)
            self._accepting[task] = sock
            task.add_done_callback(self._accept_done)

    def _turn_away(self, sock: socket.socket) -> None:
        """What a proxy does whose host refuses: the client sees a connection that ends."""
        self._turned_away.add(sock)
        sock.shutdown(socket.SHUT_WR)
        self._stage.loop.call_later(LINGER_S, self._stage.safely, sock.close)
        self._handler.unreachable(self.host)

    def _accept_done(self, task: asyncio.Task[object]) -> None:
        sock = self._accepting.pop(task)
        if task.cancelled():
            sock.close()
        elif (problem := task.exception()) is not None:
            sock.close()
            if self._tls is None or not isinstance(problem, OSError):  # a failed handshake is the client's
                self._stage.on_error(problem)


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


def _check_free(address: str, port: int) -> None:
    """Raises OSError where somebody has the port: another fake's would otherwise be shared without notice.

    Connections of an earlier program that are in TIME_WAIT do not count: SO_REUSEADDR is set on both sides.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as problem:
            why = "is taken" if problem.errno == errno.EADDRINUSE else f"cannot be had: {problem.strerror}"
            raise OSError(problem.errno, f"port {port} of {address} {why}") from None
