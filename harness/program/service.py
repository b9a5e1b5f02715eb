"""Who keeps the program: here nobody, who starts it once and watches it. `systemd` has the other one."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from harness.process import procfs
from harness.process.child_setup import die_with_parent

Name = Literal["systemd", "none"]
"""Who keeps a program."""


@dataclass(frozen=True)
class Program:
    """What is to run: its command, its whole environment, its folder, and where what it prints goes."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    output: Path


@dataclass(frozen=True)
class Status:
    """`pid`: of the running process, None where none runs. `lives`: how often it was started. `codes`: how
    each life that is over ended, a signal as a negative number. `waits`: the last one is over, and another is
    to come; `over`: none is. `unit`: the service manager's words and its count of restarts, where there is
    one."""

    pid: int | None
    lives: int = 1
    codes: tuple[int, ...] = ()
    waits: bool = False
    over: bool = False
    unit: tuple[str, str, int] | None = None


class Service(Protocol):
    """Keeps one program. `name` and `detail` are for the journal."""

    name: Name
    detail: str

    def start(self, program: Program) -> None:
        """Start it. Raises HarnessError where that cannot be done."""

    def status(self) -> Status:
        """What has become of it; cheap, to be asked all the while."""

    def send(self, number: signal.Signals, *, job: bool) -> bool:
        """Send it a signal; with `job`, as the service manager's stop. Whether there was somebody to send it
        to."""

    def left(self) -> list[str]:
        """Once it is over: the names of the processes that it had started and that still run."""

    def close(self) -> None:
        """End what is left of it, whatever it does."""


class Alone:
    """No service manager: what ended stays ended."""

    name: Name = "none"

    def __init__(self, detail: str) -> None:
        self.detail = detail
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, program: Program) -> None:
        """See `Service`."""
        parent = os.getpid()
        with program.output.open("ab") as output:
            self._process = subprocess.Popen(
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=program.folder,
                env=dict(program.environment),
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent),
            )

    def status(self) -> Status:
        """See `Service`."""
        if self._process is None:
            return Status(None, lives=0)
        code = self._process.poll()
        if code is None:
            return Status(self._process.pid)
        return Status(None, codes=(code,), over=True)

    def send(self, number: signal.Signals, *, job: bool) -> bool:
        """See `Service`."""
        if self._process is None or self._process.poll() is not None:
            return False
        self._process.send_signal(number)
        return True

    def left(self) -> list[str]:
        """See `Service`: those of its session."""
        leader = self._process.pid if self._process else 0
        return [procfs.name(one.pid) for one in procfs.all_processes() if one.session == leader]

    def close(self) -> None:
        """See `Service`."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
