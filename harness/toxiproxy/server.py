"""A Toxiproxy server for one run: a process of ours, or one that runs already (TOXIPROXY_URL)."""

from __future__ import annotations

import contextlib
import ctypes  # noqa: F401  (`die_with_parent` needs it, in a fork that should import nothing)
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from harness.errors import HarnessError, UsageError
from harness.process.child_setup import die_with_parent
from harness.toxiproxy.program import needed

URL = "TOXIPROXY_URL"
START_S = 20.0
"""Real seconds within which it listens; some milliseconds on an idle machine."""
LISTENS = 0x0A


class Server:
    """Where its API is; `alive` says whether it still runs, as far as that can be seen."""

    def __init__(self, host: str, port: int, process: subprocess.Popen[bytes] | None) -> None:
        self.host, self.port = host, port
        self._process = process

    @property
    def alive(self) -> bool:
        """Of a server that somebody else runs: True."""
        return self._process is None or self._process.poll() is None

    @property
    def end(self) -> str:
        """How it ended."""
        status = self._process.poll() if self._process is not None else None
        if status is None or status >= 0:
            return f"status {status}"
        return f"signal {-status}, {signal.Signals(-status).name}"


def named() -> tuple[str, int] | None:
    """The host and port that TOXIPROXY_URL names; None where it is not set. Raises UsageError where they are
    none, or not on this machine: subjects may connect to nothing else."""
    value = os.environ.get(URL, "").strip()
    if not value:
        return None
    try:
        parts = urlsplit(value if "//" in value else f"//{value}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host not in ("127.0.0.1", "localhost") or port is None:
        raise UsageError(f"{URL} is {value}: name a server on this machine, such as http://127.0.0.1:8474")
    return "127.0.0.1", port


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server, for the `with` block. Raises HarnessError where there is none, or it does not start."""
    at = named()
    if at is not None:
        yield Server(*at, None)
        return
    program = needed()
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                [str(program), "-host", "127.0.0.1", "-port", "0"],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env={"LOG_LEVEL": "error", "PATH": os.environ.get("PATH", "")},
                start_new_session=True,
                preexec_fn=partial(die_with_parent, os.getpid()),
            )
        except OSError as problem:
            raise HarnessError(f"Toxiproxy ({program}) does not start: {problem}") from problem
        try:
            yield Server("127.0.0.1", _port_of(process, said, program), process)
        finally:
            process.kill()
            process.wait()


def _port_of(process: subprocess.Popen[bytes], said: object, program: Path) -> int:
    """The port on which it listens, which the kernel chose: nobody else can have it."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise HarnessError(f"Toxiproxy ({program}) does not start: it ended with {process.returncode}")
        port = _listening_port(process.pid)
        if port is not None:
            return port
        time.sleep(0.005)
    raise HarnessError(f"Toxiproxy ({program}) does not start: it did not listen within {START_S:g} s")


def _listening_port(pid: int) -> int | None:
    sockets = set()
    with contextlib.suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                sockets.add(str(link.readlink()))
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        columns = line.split()
        if int(columns[3], 16) == LISTENS and f"socket:[{columns[9]}]" in sockets:
            return int(columns[1].partition(":")[2], 16)
    return None
