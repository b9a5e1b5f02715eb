"""What is on its way outside: bytes that another process has, between two sockets of this one.

A proxy stands between the subject and the platform. While it has anything of theirs, time must pass as it
does for the proxy: one to one. Whether it has is read from the kernel, which counts for each socket what was
sent and what was received (TCP_INFO); nobody's `send` or `recv` is hooked. So a `Ledger` is a `Baton.pace`:

* something is on its way: nap, and let as much time pass as really did;
* nothing is any more: ask all participants once again first, for what came between their last poll and this
  reading balances the books, and would be jumped over;
* else time jumps, as ever.

Sockets are paired in order: the n-th that connects to a proxy is the n-th with which the proxy connects on,
for Toxiproxy accepts and dials in one loop. What nobody can read from a count is told: bytes that never
arrive (`swallows`), and connections that the proxy will end by a clock of its own (`ends_soon`).

The subject's turns take no virtual time here either, so what is on its way during one comes early by as much.
"""

from __future__ import annotations

import re
import socket
import struct
import time
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from freezegun.api import real_perf_counter

from harness.clock.baton import Baton

Way = Literal["up", "down"]
"""From the near socket (the subject's) to the far one (the platform's), or back."""

NAP_S = 0.0002

ESTABLISHED, FIN_WAIT1, FIN_WAIT2, TIME_WAIT, CLOSED, CLOSING = 1, 4, 5, 6, 7, 11
ENDED_FIRST = (FIN_WAIT1, FIN_WAIT2, TIME_WAIT, CLOSING)
"""The states of a socket whose own end was there before the other's."""

_TCP_INFO = 232
"""Bytes of `struct tcp_info` up to what is read here; Linux has them since 4.19."""
_RECEIVED, _SENT, _SENT_AGAIN = 128, 200, 208


@dataclass(frozen=True)
class Count:
    """A socket's state, and the bytes it has sent and received."""

    state: int
    sent: int
    received: int


def count(sock: Any) -> Count | None:
    """What the kernel says of a socket; None where it is closed here."""
    if sock is None or sock.fileno() < 0:
        return None
    try:
        raw = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO)
    except OSError:
        return None
    sent, again = struct.unpack_from("QQ", raw, _SENT)
    return Count(raw[0], sent - again, struct.unpack_from("Q", raw, _RECEIVED)[0])


def kernel_counts() -> bool:
    """Whether this kernel tells what sockets sent and received; not all that call themselves Linux do."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as near,
        listener.accept()[0] as far,
    ):
        near.sendall(b"four")
        far.recv(4)
        counts = count(near), count(far)
    return counts == (Count(ESTABLISHED, 4, 0), Count(ESTABLISHED, 0, 4))


@dataclass(eq=False)
class Pair:
    """Two sockets with a proxy between them. `what` is whatever stands for the connection."""

    near: weakref.ref[Any]
    far: weakref.ref[Any]
    ports: tuple[int, int]
    """The near socket's own and the proxy's; zeros where it was closed already."""
    what: Any
    told: dict[Way, int] = field(default_factory=lambda: {"up": 0, "down": 0})
    """How many bytes `Ledger.on_bytes` was told of."""
    lost: set[Way] = field(default_factory=set)
    ends_soon: bool = False


class Ledger:
    """See the module. `on_bytes(what, way, count)` hears of bytes that went out, and says whether that made
    anything happen. `held_s`: real seconds during which time went one to one."""

    def __init__(self, baton: Baton) -> None:
        self._baton = baton
        self._waiting: dict[str, deque[weakref.ref[Any]]] = {}
        self._pairs: dict[Any, Pair] = {}
        self.on_bytes: Callable[[Any, Way, int], bool] = lambda what, way, size: False
        self.held_s = 0.0
        self._asked_again = -1
        self._looked: tuple[int, float] = (-1, 0.0)
        """At which turn something was on its way last, and when that was seen, in real seconds."""

    # -- what there is

    def dialled(self, where: str, sock: Any) -> None:
        """The subject connects to the proxy of that name now."""
        self._waiting.setdefault(where, deque()).append(weakref.ref(sock))

    def accepted(self, where: str, sock: Any, what: Any) -> None:
        """The platform has a connection from that proxy; it belongs to the first that still waits."""
        near = self._next(where)
        if near is not None:
            self._pairs[what] = Pair(weakref.ref(near), weakref.ref(sock), _ports(near), what)

    def swallows(self, what: Any, way: Way) -> None:
        """What is sent that way never arrives."""
        if what in self._pairs:
            self._pairs[what].lost.add(way)

    def ends_soon(self, what: Any, soon: bool = True) -> None:
        """The proxy will end it, by a clock that no count shows; or it will not after all."""
        if what in self._pairs:
            self._pairs[what].ends_soon = soon

    def near_ended_first(self, what: Any) -> bool | None:
        """Of a connection whose end has come to the platform: whether the subject ended it. None where
        nothing is left that tells: it was reset, by the one or the other."""
        pair = self._pairs.get(what)
        if pair is None:
            return True  # it closed its socket before the platform had the connection
        near = count(pair.near())
        state = near.state if near is not None else state_of(*pair.ports)
        return None if state is None else state in ENDED_FIRST

    def _next(self, where: str) -> Any:
        waiting = self._waiting.get(where, deque())
        for place, one in enumerate(waiting):
            near = count(one())
            if near is not None and near.state != CLOSED:  # else it was refused by the proxy
                found = one()
                for _ in range(place + 1):
                    waiting.popleft()
                return found
        return None

    # -- how fast time goes

    def pace(self, now_us: int, to_us: int) -> int:
        """How far time may move now; see `Baton.pace`."""
        if self._tell_bytes():
            return now_us
        if self.in_flight():
            return min(to_us, now_us + self._nap())
        if self._asked_again != self._baton.turns:
            self._asked_again = self._baton.turns
            return now_us
        return to_us

    def _nap(self) -> int:
        """Let some real time pass; the microseconds since the last nap, but for the turns between."""
        turn, since = self._looked
        began = real_perf_counter()
        if turn == self._baton.turns:
            began = since
        with self._baton.real_waiting():
            time.sleep(NAP_S)
        ended = real_perf_counter()
        self._looked = self._baton.turns, ended
        self.held_s += ended - began
        self._asked_again = -1
        self._baton.on_turn(self._baton.turns, self._baton.now_us)  # whoever watches sees that time moves
        return round((ended - began) * 1e6)

    def in_flight(self) -> bool:
        """Whether the proxy has anything that will still arrive."""
        return self._some_wait() or any(map(self._is_in_flight, list(self._pairs.values())))

    def _some_wait(self) -> bool:
        """Connections that the proxy has not passed on. One that ended was refused by the platform."""
        for waiting in self._waiting.values():
            while waiting:
                near = count(waiting[0]())
                if near is not None and near.state == ESTABLISHED:
                    return True
                waiting.popleft()
        return False

    def _is_in_flight(self, pair: Pair) -> bool:
        near, far = count(pair.near()), count(pair.far())
        ended = [end is None or end.state != ESTABLISHED for end in (near, far)]
        if all(ended):
            if far is None:  # until then somebody may ask who ended it
                del self._pairs[pair.what]
            return False
        if pair.ends_soon or any(ended):
            return True
        assert near is not None and far is not None
        up = near.sent > far.received and "up" not in pair.lost
        return up or (far.sent > near.received and "down" not in pair.lost)

    def _tell_bytes(self) -> bool:
        """Whether anything happened by it."""
        happened = False
        for pair in list(self._pairs.values()):
            ends: dict[Way, Any] = {"up": pair.near(), "down": pair.far()}
            for way, end in ends.items():
                found = count(end)
                if found is not None and found.sent > pair.told[way]:
                    size, pair.told[way] = found.sent - pair.told[way], found.sent
                    happened = self.on_bytes(pair.what, way, size) or happened
        return happened


def _ports(sock: Any) -> tuple[int, int]:
    try:
        return sock.getsockname()[1], sock.getpeername()[1]
    except OSError:
        return 0, 0


def state_of(own: int, other: int) -> int | None:
    """The state of the socket between these ports, closed by its program or not; None: there is none."""
    row = rf":{own:04X} [0-9A-F]+:{other:04X} ([0-9A-F]+)"
    found = re.search(row, Path("/proc/net/tcp").read_text(encoding="ascii"))
    return int(found[1], 16) if found else None
