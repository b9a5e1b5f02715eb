"""The walls that the kernel puts up around one worker, where it can: a network of its own, and no signals
outside.

* *network*: a network namespace that has nothing but its own loopback. Nothing that runs in it, C code
  included, reaches another machine, or a port of this one. It needs root, or a kernel that lets everybody
  make user namespaces.
* *signals*: a Landlock domain (Linux 6.12). Nothing in it can stop or kill a process outside: neither the
  fork server, nor the command, nor a neighbour. Abstract UNIX sockets outside are out of reach too.

What cannot be put up is left out, and `put_up` says which stand. Whoever looks from outside is not held back.

Stdlib only: runs under the subject's interpreter, in a process that has one thread. In the parent, `doctor`
asks what is possible.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import socket
import struct
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_CLONE_NEWCGROUP = 0x02000000
_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1
_INTERFACE_REQUEST = struct.Struct("16sh22x")

_PR_SET_NO_NEW_PRIVS = 38
_LANDLOCK_CREATE_RULESET = 444
_LANDLOCK_RESTRICT_SELF = 446
_LANDLOCK_SCOPES = 0b11
"""Abstract UNIX sockets, and signals."""
_LANDLOCK_RULESET = struct.Struct("QQQ")
"""What of files, of ports and of scopes is handled."""
_CAPABILITY_HEADER = struct.Struct("Ii")
_CAPABILITY_VERSION = 0x20080522
_NO_CAPABILITIES = bytes(24)


@functools.cache
def possible() -> tuple[str, ...]:
    """The names of the walls that this machine allows, each tried in a process of its own: some kernels let
    one begin and not end it. Asked once a process; forks know the answer."""
    return tuple(name for name in WALLS if _works(name))


def missing(standing: Collection[str]) -> tuple[str, ...]:
    """The names of the walls that are not among these."""
    return tuple(name for name in WALLS if name not in standing)


def put_up(but: Collection[str] = ()) -> tuple[str, ...]:
    """Put up all walls that are possible, but for these; the names of those that stand. They cannot be taken
    down."""
    standing = []
    for name in (one for one in possible() if one not in but):
        with contextlib.suppress(OSError):
            _build(name)
            standing.append(name)
    return tuple(standing)


def _build(name: str) -> None:
    import ctypes  # an interpreter may lack it

    WALLS[name](ctypes.CDLL(None, use_errno=True))


def unshare_cgroup() -> None:
    """From now on this process takes its cgroup for the root of all. Raises OSError without root."""
    import ctypes  # an interpreter may lack it

    _called(ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWCGROUP))


def loopback_trouble() -> str | None:
    """Why this process cannot connect to itself, or None."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=5).close()
    except OSError as problem:
        return f"127.0.0.1 cannot be used on this machine: {problem.strerror or problem}"
    return None


def _works(name: str) -> bool:
    """Whether a child that put this wall up can connect to itself no worse than before."""
    child = os.fork()
    if child == 0:
        try:
            before = loopback_trouble()
            _build(name)
            os._exit(0 if loopback_trouble() in (None, before) else 1)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _network(libc: Any) -> None:
    """Root keeps its rights; anybody else needs a user namespace for it, and gives up what that one
    grants."""
    try:
        _called(libc.unshare(_CLONE_NEWNET))
    except PermissionError:
        user, group = os.geteuid(), os.getegid()
        _called(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET))
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
        _bring_loopback_up()
        _called(libc.capset(_CAPABILITY_HEADER.pack(_CAPABILITY_VERSION, 0), _NO_CAPABILITIES))
    else:
        _bring_loopback_up()


def _bring_loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        found = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, _INTERFACE_REQUEST.pack(b"lo", 0))
        _, flags = _INTERFACE_REQUEST.unpack(found)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, _INTERFACE_REQUEST.pack(b"lo", flags | _IFF_UP))


def _signals(libc: Any) -> None:
    rules = _LANDLOCK_RULESET.pack(0, 0, _LANDLOCK_SCOPES)
    ruleset = _called(libc.syscall(_LANDLOCK_CREATE_RULESET, rules, len(rules), 0))
    try:
        _called(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        _called(libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)


def _called(answer: int) -> int:
    """The answer of a call of the C library. Raises OSError where it is an error."""
    if answer < 0:
        import ctypes

        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer


WALLS: Mapping[str, Callable[[Any], None]] = {"network": _network, "signals": _signals}
"""Each wall by its name, with what puts it up."""

WITHOUT: Mapping[str, str] = {
    "network": "a network of its own: what C code in the subject does could leave this machine",
    "signals": "a wall for signals: a subject can stop or kill other processes of this user",
}
"""What it means that a wall does not stand; after "without"."""
