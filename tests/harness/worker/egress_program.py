"""Tries to leave the machine in every way, in a process of its own: an audit hook cannot be taken out.

Prints one JSON object: how each try ended, and what was reported.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.worker import egress

reported: list[tuple[str, str]] = []
connected: list[int] = []
met: dict[str, str] = {}


def tried(name: str, call: Callable[[], Any]) -> None:
    """Note how a call ends: "ok" or the exception's type and number."""
    try:
        call()
    except OSError as problem:
        met[name] = f"{type(problem).__name__} {problem.errno}"
    else:
        met[name] = "ok"


def connect(family: int, address: Any, kind: int = socket.SOCK_STREAM) -> None:
    with socket.socket(family, kind) as made:
        made.settimeout(2)
        made.connect(address)


def send(address: tuple[str, int], *, message: bool = False) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        if message:
            made.sendmsg([b"x"], [], 0, address)
        else:
            made.sendto(b"x", address)


def fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def main() -> None:
    os.setsid()
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    folder = tempfile.mkdtemp()
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(f"{folder}/s")
    unix.listen()
    egress.install(
        lambda what, target: reported.append((what, target)),
        on_connect=lambda port, sock: connected.append(port),
    )
    nowhere = "192.0.2.1"  # RFC 5737: no host has it
    tried("connect", lambda: connect(socket.AF_INET, (nowhere, 9)))
    tried("connect IPv6", lambda: connect(socket.AF_INET6, ("2001:db8::1", 9, 0, 0)))
    tried("connect UDP", lambda: connect(socket.AF_INET, (nowhere, 9), socket.SOCK_DGRAM))
    tried("connect_ex", lambda: socket.socket().connect_ex((nowhere, 9)))
    tried("sendto", lambda: send((nowhere, 9)))
    tried("sendmsg", lambda: send((nowhere, 9), message=True))
    tried("getaddrinfo", lambda: socket.getaddrinfo("example.org", 443))
    tried("getaddrinfo bytes", lambda: socket.getaddrinfo(b"example.net", 443))
    tried("create_connection", lambda: socket.create_connection(("example.com", 443)))
    tried("gethostbyname", lambda: socket.gethostbyname("example.org"))
    tried("gethostbyname_ex", lambda: socket.gethostbyname_ex("example.org"))
    tried("gethostbyaddr", lambda: socket.gethostbyaddr(nowhere))
    tried("getnameinfo", lambda: socket.getnameinfo((nowhere, 9), 0))
    tried("connect name", lambda: connect(socket.AF_INET, ("a.example.org", 9)))
    tried("connect_ex name", lambda: socket.socket().connect_ex(("b.example.org", 9)))
    tried("bind name", lambda: socket.socket().bind(("c.example.org", 0)))
    tried("sendto name", lambda: send(("d.example.org", 9)))
    tried(
        "sendto name, flags",
        lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"", 0, ("e.example.org", 9)),
    )
    tried("sendmsg name", lambda: send(("f.example.org", 9), message=True))
    tried("connect IPv6 name", lambda: connect(socket.AF_INET6, ("g.example.org", 9, 0, 0)))
    tried("kill", lambda: os.kill(os.getppid(), signal.SIGURG))
    tried("kill all", lambda: os.kill(-1, signal.SIGCONT))
    tried("killpg", lambda: os.killpg(os.getpgid(os.getppid()), signal.SIGWINCH))
    tried("Popen", lambda: subprocess.Popen(["/usr/bin/env", "true"]))
    tried("Popen path", lambda: subprocess.Popen([Path("/usr/bin/env")]))
    tried("system", lambda: os.system("true"))
    tried("posix_spawn", lambda: os.posix_spawn("/usr/bin/env", ["env"], {}))
    tried("fork", fork)
    tried("execv", lambda: os.execv("/usr/bin/env", ["env"]))
    refused = list(reported)
    tried("loopback", lambda: connect(socket.AF_INET, ("127.0.0.1", port)))
    tried("localhost", lambda: socket.create_connection(("localhost", port), 2).close())
    tried("unix", lambda: connect(socket.AF_UNIX, f"{folder}/s"))
    tried("sendto loopback", lambda: send(("127.0.0.1", port)))
    tried("pair", socket.socketpair)
    tried("bind everywhere", lambda: socket.socket().bind(("", 0)))
    tried("bind localhost", lambda: socket.socket().bind(("localhost", 0)))
    tried("connect localhost", lambda: connect(socket.AF_INET, ("localhost", port)))
    tried("kill itself", lambda: os.kill(os.getpid(), signal.SIGCONT))
    tried("kill its group", lambda: os.killpg(0, signal.SIGCONT))
    tried("ask for a process", lambda: os.kill(os.getppid(), 0))
    tried("address", lambda: socket.getaddrinfo("192.0.2.1", 443))
    tried("wildcard", lambda: socket.getaddrinfo(None, 0))
    tried("asking for loopback", lambda: socket.getnameinfo(("127.0.0.1", port), socket.NI_NUMERICHOST))
    passed = reported[len(refused) :]
    with contextlib.suppress(OSError):
        os.unlink(f"{folder}/s")  # noqa: PTH108
        os.rmdir(folder)  # noqa: PTH106
    json.dump(
        {"met": met, "refused": refused, "passed": passed, "connected": [one == port for one in connected]},
        sys.stdout,
    )


if __name__ == "__main__":
    main()
