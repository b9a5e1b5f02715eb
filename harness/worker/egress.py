"""Keeps the subject on this machine: refuses and reports whatever is not loopback.

Runs beside the subject. Refused: connects and datagrams off loopback, look-ups of real names, subprocesses
and forks, signals to processes that are not of this run. Not seen: what a C library does by itself, and a
subprocess of multiprocessing's "spawn"; those are for the kernel's walls (`harness.process.walls`).
Each is refused the way the system itself would (network unreachable, name not known, not permitted), so
that the subject sees an ordinary error and not one of ours.

Most is seen by an audit hook. A socket that is given a host's *name* looks it up before it tells the hook, so
those calls are looked at before they are made.
"""

from __future__ import annotations

import errno
import functools
import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any, Literal

Kind = Literal["connect", "lookup", "subprocess", "signal"]
Report = Callable[[Kind, str], None]
"""Called with what was refused and its target."""

_ADDRESSED = {"connect": 0, "connect_ex": 0, "bind": 0, "sendto": -1, "sendmsg": 3}
"""Methods of a socket that take an address, and which argument it is."""

_NO_NAMES = ("", "localhost", "<broadcast>")
"""What a socket takes for a host and does not look up elsewhere."""

_SUBPROCESS = {
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.forkpty",
    "os.spawn",
}


def install(report: Report, *, on_connect: Callable[[int, Any], None]) -> None:
    """Put the hook in; it cannot be taken out again. `on_connect(port, sock)` is called for each
    loopback connect, before it."""

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            sock, address = args
            if not isinstance(address, tuple):
                return  # a UNIX socket stays on the machine
            if not is_loopback(str(address[0])):
                report("connect", str(address[0]))
                raise OSError(errno.ENETUNREACH, "Network is unreachable")
            on_connect(int(address[1]), sock)
        elif event in ("socket.sendto", "socket.sendmsg"):
            _, address = args
            if isinstance(address, tuple) and not is_loopback(str(address[0])):
                report("connect", str(address[0]))
                raise OSError(errno.ENETUNREACH, "Network is unreachable")
        elif event == "socket.getnameinfo":
            (address,) = args
            if not is_loopback(str(address[0])):
                report("lookup", str(address[0]))
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        elif event == "socket.getaddrinfo":
            host = _text(args[0])
            if host and not is_address(host) and host != "localhost":
                report("lookup", host)
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        elif event in ("socket.gethostbyname", "socket.gethostbyaddr"):
            if not is_loopback(_text(args[0]) or ""):
                report("lookup", _text(args[0]) or "")
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        elif event in _SUBPROCESS:
            report("subprocess", _program(event, args))
            raise PermissionError(errno.EPERM, "Operation not permitted")
        elif event in _SIGNALS:
            target, number = args
            if number and _SIGNALS[event](target):
                report("signal", _signal_name(number))
                raise PermissionError(errno.EPERM, "Operation not permitted")

    sys.addaudithook(hook)
    for name, place in _ADDRESSED.items():
        setattr(socket.socket, name, _looking(getattr(socket.socket, name), place, report))


def _looking(call: Callable[..., Any], place: int, report: Report) -> Callable[..., Any]:
    """A method of a socket that refuses a host's name before the system looks it up."""

    @functools.wraps(call)
    def looked_at(self: socket.socket, *args: Any) -> Any:
        address = args[place] if len(args) > max(place, 0) else None
        host = _text(address[0]) if isinstance(address, tuple) and address else None
        internet = self.family in (socket.AF_INET, socket.AF_INET6)
        if internet and isinstance(host, str) and host not in _NO_NAMES and not is_address(host):
            report("lookup", host)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return call(self, *args)

    return looked_at


def _is_another_process(pid: int) -> bool:
    """Whether there is such a process, and it is not of this run, which has a session of its own."""
    if pid <= 0:
        return pid != 0 and _is_another_group(-pid)
    try:
        return os.getsid(pid) != os.getsid(0)
    except OSError:
        return False  # the system will say that there is none


def _is_another_group(group: int) -> bool:
    """Whether a group of processes is not of this run; 1 stands for everybody. A group lives on without the
    process that it is named after: then nobody can tell whose it is, and it is another's."""
    if group in (0, os.getpgrp()):
        return False
    try:
        return group == 1 or os.getsid(group) != os.getsid(0)
    except OSError:
        return True


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


_SIGNALS: Mapping[str, Callable[[int], bool]] = {
    "os.kill": _is_another_process,
    "os.killpg": _is_another_group,
}
"""Audit events of signals, and whether their target is none of this run's."""


def is_loopback(host: str) -> bool:
    """Whether an address (not a name, but for localhost) is on this machine."""
    if not is_address(host):
        return host == "localhost"
    address = ipaddress.ip_address(host)
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def is_address(host: str) -> bool:
    """Whether a text is an address and needs no look-up."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _text(value: Any) -> str | None:
    return value.decode("ascii", "replace") if isinstance(value, (bytes, bytearray)) else value


def _program(event: str, args: tuple[Any, ...]) -> str:
    first = args[0] if args else None
    if isinstance(first, (list, tuple)):
        first = first[0] if first else None
    if isinstance(first, os.PathLike):
        first = os.fspath(first)
    return os.path.basename(_text(first) or event) if isinstance(first, (str, bytes)) else event  # noqa: PTH119
