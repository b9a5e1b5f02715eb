"""What is on its way in a proxy, from what the kernel counts: the proxy here is the test itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from harness.clock.baton import Baton
from harness.clock.ledger import Ledger, kernel_counts

NEXT_US = 5_000_000


class Proxy:
    """Two listeners, the proxy's own and the platform's, and a ledger of what is connected through it."""

    def __init__(self) -> None:
        self.baton = Baton()
        self.ledger = Ledger(self.baton)
        self._listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self._sockets: list[socket.socket] = []

    def keep(self, sock: socket.socket) -> socket.socket:
        sock.settimeout(5)
        self._sockets.append(sock)
        return sock

    def dial(self) -> socket.socket:
        """The subject connects."""
        near = self.keep(socket.socket())
        self.ledger.dialled("ws", near)
        near.connect(self._listeners[0].getsockname())
        return near

    def accept(self) -> socket.socket:
        """The proxy has it; its end of that."""
        return self.keep(self._listeners[0].accept()[0])

    def connect_on(self, what: str = "first") -> tuple[socket.socket, socket.socket]:
        """The proxy connects on; its end and the platform's."""
        out = self.keep(socket.create_connection(self._listeners[1].getsockname(), 5))
        far = self.keep(self._listeners[1].accept()[0])
        self.ledger.accepted("ws", far, what)
        return out, far

    def pace(self) -> int:
        """How far time may move, of five seconds."""
        return self.ledger.pace(0, NEXT_US)

    def close(self) -> None:
        for sock in (*self._listeners, *self._sockets):
            sock.close()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    made = Proxy()
    yield made
    made.close()


@pytest.fixture
def ends(proxy: Proxy) -> tuple[socket.socket, ...]:
    """A connection: the subject's socket, the proxy's two, the platform's."""
    near, inner = proxy.dial(), proxy.accept()
    return (near, inner, *proxy.connect_on())


def test_time_jumps_where_nothing_is_connected(proxy: Proxy) -> None:
    proxy.pace()
    assert proxy.pace() == NEXT_US


def test_a_connection_that_was_not_passed_on_yet_is_on_its_way(proxy: Proxy) -> None:
    proxy.dial()
    assert proxy.ledger.in_flight()
    proxy.connect_on()
    assert not proxy.ledger.in_flight()


def test_one_that_the_proxy_ended_instead_is_not(proxy: Proxy) -> None:
    near, inner = proxy.dial(), proxy.accept()
    inner.close()
    assert near.recv(1) == b"" and not proxy.ledger.in_flight()


def test_what_follows_a_refused_one_is_paired_all_the_same(proxy: Proxy) -> None:
    proxy.dial()
    proxy.accept().close()
    assert not proxy.ledger.in_flight()
    near, inner = proxy.dial(), proxy.accept()
    proxy.connect_on()
    near.send(b"x")
    assert inner.recv(1) == b"x" and proxy.ledger.in_flight()


def test_what_a_disabled_proxy_refused_is_passed_over(proxy: Proxy) -> None:
    refused = proxy.keep(socket.socket())
    proxy.ledger.dialled("ws", refused)
    assert refused.connect_ex(("127.0.0.1", 9)) != 0
    proxy.dial()
    proxy.accept()
    proxy.connect_on()
    assert not proxy.ledger.in_flight()


@pytest.mark.parametrize("way", ["up", "down"])
def test_bytes_are_on_their_way_until_the_other_end_has_them(ends: Any, proxy: Proxy, way: str) -> None:
    source, inner, outer, target = ends if way == "up" else reversed(ends)
    source.send(b"hello")
    assert proxy.ledger.in_flight()
    outer.send(inner.recv(5))
    assert target.recv(5) == b"hello" and not proxy.ledger.in_flight()


def test_an_end_is_on_its_way_until_the_other_end_has_it(ends: Any, proxy: Proxy) -> None:
    near, inner, outer, far = ends
    near.close()
    assert inner.recv(1) == b"" and proxy.ledger.in_flight()
    outer.close()
    assert far.recv(1) == b"" and not proxy.ledger.in_flight()


def test_swallowed_bytes_are_waited_for_no_longer_in_that_direction_only(ends: Any, proxy: Proxy) -> None:
    near, _, _, far = ends
    proxy.ledger.swallows("first", "up")
    near.send(b"lost")
    assert not proxy.ledger.in_flight()
    far.send(b"not lost")
    assert proxy.ledger.in_flight()


def test_a_connection_that_the_proxy_will_end_is_waited_for(ends: Any, proxy: Proxy) -> None:
    near, inner, outer, far = ends
    proxy.ledger.ends_soon("first")
    assert proxy.ledger.in_flight()
    inner.close()
    outer.close()
    assert near.recv(1) == far.recv(1) == b"" and not proxy.ledger.in_flight()


def test_while_something_is_on_its_way_time_goes_as_fast_as_it_really_does(ends: Any, proxy: Proxy) -> None:
    ends[0].send(b"x")
    moved = proxy.pace()
    assert 0 < moved < NEXT_US and proxy.ledger.held_s * 1e6 == pytest.approx(moved, abs=1)


def test_once_nothing_is_all_are_asked_again_before_time_jumps(ends: Any, proxy: Proxy) -> None:
    near, inner, outer, far = ends
    near.send(b"x")
    proxy.pace()
    outer.send(inner.recv(1))
    assert far.recv(1) == b"x"
    assert (proxy.pace(), proxy.pace()) == (0, NEXT_US)
    proxy.baton.turns += 1
    assert (proxy.pace(), proxy.pace()) == (0, NEXT_US)


def test_bytes_are_told_once_and_time_waits_for_what_that_brings_about(ends: Any, proxy: Proxy) -> None:
    told: list[Any] = []

    def tell(*about: Any) -> bool:
        told.append(about)
        return True

    proxy.ledger.on_bytes = tell
    ends[0].send(b"four")
    ends[3].send(b"seven77")
    assert proxy.pace() == 0 and told == [("first", "up", 4), ("first", "down", 7)]
    assert proxy.pace() > 0 and len(told) == 2


def test_who_ended_a_connection_is_told_by_the_kernel(ends: Any, proxy: Proxy) -> None:
    near, inner, *_ = ends
    near.close()
    assert inner.recv(1) == b"" and proxy.ledger.near_ended_first("first")


def test_a_subject_that_closes_because_the_proxy_did_is_not_who_ended_it(ends: Any, proxy: Proxy) -> None:
    near, inner, *_ = ends
    inner.close()
    assert near.recv(1) == b"" and proxy.ledger.near_ended_first("first") is False
    near.close()
    assert not proxy.ledger.near_ended_first("first")


def test_this_kernel_counts() -> None:
    assert kernel_counts()


def test_an_end_that_will_not_come_after_all_is_not_waited_for(ends: Any, proxy: Proxy) -> None:
    proxy.ledger.ends_soon("first")
    proxy.ledger.ends_soon("first", False)
    assert not proxy.ledger.in_flight()
