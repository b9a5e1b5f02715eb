"""Keeps the subject on this machine: an audit hook that refuses and reports whatever is not loopback.

Runs beside the subject. Refused: connects and datagrams off loopback, look-ups of real names, subprocesses
and forks. Not seen: what a C library does by itself, and a subprocess of multiprocessing's "spawn".
Each is refused the way the system itself would (network unreachable, name not known, not permitted), so
that the subject sees an ordinary error and not one of ours.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import sys
from collections.abc import Callable
from typing import Any, Literal

Kind = Literal["connect", "lookup", "subprocess"]
Report = Callable[[Kind, str], None]
"""Called with what was refused and its target."""

_SUBPROCESS = {
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.forkpty",
    "os.spawn",
}


def install(report: Report, *, on_connect: Callable[[int], None]) -> None:
    """Put the hook in; it cannot be taken out again. `on_connect(port)` is called for each
    loopback connect."""

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            _, address = args
            if not isinstance(address, tuple):
                return  # a UNIX socket stays on the machine
            if not is_loopback(str(address[0])):
                report("connect", str(address[0]))
                raise OSError(errno.ENETUNREACH, "Network is unreachable")
            on_connect(int(address[1]))
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

    sys.addaudithook(hook)


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
