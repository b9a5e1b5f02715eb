"""The real Toxiproxy of a run, from the worker: the parent talks to it, and the clock waits for it.

Toxics come on and go by calls that the parent makes, with the baton held: a call takes a few milliseconds of
real time and none of virtual time, so it happens at the moment that the script names. The parent makes them
because the package that talks to Toxiproxy does not belong beside a subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fake_qq_server.events import Host
from fake_qq_server.server_proxies import Address, OnBytes, ProxyServer
from fake_qq_server.toxics.definition import Definition
from fake_qq_server.toxics.proxy_link import Stream
from fake_qq_server.wire.tcp import TcpConnection
from harness.clock.baton import Baton
from harness.clock.ledger import Ledger, Way, kernel_counts
from harness.errors import HarnessError
from harness.process.control_channel import Asking

WAY: Mapping[Stream, Way] = {"upstream": "up", "downstream": "down"}
STREAM: Mapping[Way, Stream] = {way: stream for stream, way in WAY.items()}


class RealToxiproxy(ProxyServer):
    """A `ProxyServer`; `channel` is the name of the parent's. From now on the baton keeps pace with it.

    Raises HarnessError where it cannot.
    """

    def __init__(self, baton: Baton, channel: str) -> None:
        self._baton = baton
        self._ledger = Ledger(baton)
        self._hosts: dict[int, Host] = {}
        self.on_bytes: OnBytes = lambda connection, stream, size: False
        self._ledger.on_bytes = lambda what, way, size: self.on_bytes(what, STREAM[way], size)
        with baton.real_waiting():
            if not kernel_counts():
                raise HarnessError(
                    "--network toxiproxy: this kernel does not tell what a socket has sent and received"
                )
            self._parent = Asking(channel)
        baton.pace = self._ledger.pace

    @property
    def held_s(self) -> float:
        """Real seconds during which virtual time went one to one with real time."""
        return self._ledger.held_s

    def dialled(self, port: int, sock: Any) -> None:
        """The subject connects to this port now."""
        host = self._hosts.get(port)
        if host is not None:
            self._ledger.dialled(host, sock)

    def check(self) -> None:
        """Raises HarnessError unless it has been there the whole time."""
        self._ask("check")

    # -- what the fake platform tells it

    def open(self, hosts: Mapping[Host, Address]) -> Mapping[Host, Address]:
        """Put a proxy before each host; where clients are to connect instead."""
        opened = {host: self._ask("open", host, *address) for host, address in hosts.items()}
        self._hosts = {port: host for host, (_, port) in opened.items()}
        return {host: (address, port) for host, (address, port) in opened.items()}

    def put(self, host: Host, toxic: Definition, *, new: bool) -> None:
        """A toxic comes on, or is changed."""
        self._ask("add" if new else "change", host, asdict(toxic))

    def remove(self, host: Host, name: str) -> None:
        """A toxic goes."""
        self._ask("remove", host, name)

    def enable(self, host: Host, on: bool) -> None:
        """Disable a proxy, or enable it."""
        self._ask("enable", host, on)

    def accepted(self, connection: TcpConnection) -> None:
        """The host has a new connection, from the proxy."""
        sock: Any = connection.transport.get_extra_info("socket")
        self._ledger.accepted(
            connection.host, sock._sock, connection
        )  # asyncio's wrapper has no weak references

    def swallows(self, connection: TcpConnection, stream: Stream) -> None:
        """What is sent in this stream from now on never arrives."""
        self._ledger.swallows(connection, WAY[stream])

    def ends_soon(self, connection: TcpConnection, soon: bool = True) -> None:
        """The proxy will end this connection, by a clock of its own; or it will not after all."""
        self._ledger.ends_soon(connection, soon)

    def client_ended(self, connection: TcpConnection) -> bool | None:
        """Whether the client made the end that the host sees, and not the proxy; None where nothing tells."""
        return self._ledger.near_ended_first(connection)

    def _ask(self, name: str, *arguments: Any) -> Any:
        with self._baton.real_waiting():
            return self._parent.ask(name, *arguments)
