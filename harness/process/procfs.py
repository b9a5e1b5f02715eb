"""What /proc says of a process. Every answer is None or empty once the process is gone; nothing is raised.

Stdlib only: runs under the subject's interpreter too.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PROC = Path("/proc")


@dataclass(frozen=True)
class Stat:
    """One line of /proc/PID/stat. `start` (ticks since boot) and `pid` together name a process for good:
    a pid alone is given out again. `terminal` is the number of its terminal, 0 for none. `cpu_s` is user and
    system time of all its threads, in seconds."""

    pid: int
    state: str
    ppid: int
    session: int
    terminal: int
    start: int
    cpu_s: float


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:  # ProcessLookupError too: it went away between open and read
        return ""


def _parse(text: str) -> Stat | None:
    head, _, rest = text.rpartition(")")  # the name stands in brackets and may hold anything
    column = rest.split()
    if len(column) < 20:
        return None
    return Stat(
        pid=int(head.split(" ", 1)[0]),
        state=column[0],
        ppid=int(column[1]),
        session=int(column[3]),
        terminal=int(column[4]),
        start=int(column[19]),
        cpu_s=(int(column[11]) + int(column[12])) / _TICK,
    )


def stat(pid: int) -> Stat | None:
    """The process, or None; a zombie is still there, with state "Z"."""
    return _parse(_read(_PROC / str(pid) / "stat"))


def name(pid: int) -> str:
    """The process's name, "" once it is gone."""
    return _read(_PROC / str(pid) / "comm").strip()


def cgroup(pid: int) -> str:
    """Its cgroups, as /proc has them."""
    return _read(_PROC / str(pid) / "cgroup")


def go_on(found: Stat | None) -> None:
    """Continue a process that somebody has stopped; any other is left alone."""
    if found is not None and found.state == "T":
        with contextlib.suppress(OSError):
            os.kill(found.pid, signal.SIGCONT)


def all_processes() -> Iterator[Stat]:
    """All processes that can be seen."""
    for name in os.listdir(_PROC):  # noqa: PTH208 - a Path for each of them is most of the cost
        if name.isdigit() and (found := _parse(_read(_PROC / name / "stat"))):
            yield found


def resident(pid: int) -> int:
    """Resident memory in bytes, shared pages included; 0 for one that is gone."""
    column = _read(_PROC / str(pid) / "statm").split()
    return int(column[1]) * _PAGE if len(column) > 1 else 0


def thread_cpu_s(pid: int, thread: int) -> float:
    """User and system time of one of its threads, in seconds; 0 for one that is gone."""
    found = _parse(_read(_PROC / str(pid) / "task" / str(thread) / "stat"))
    return found.cpu_s if found else 0.0


def run_queue_wait_s(pid: int) -> float:
    """Seconds that its threads were ready to run and no core was free; 0 where the kernel does not say."""
    total = 0
    for task in _tasks(pid):
        column = _read(task / "schedstat").split()
        total += int(column[1]) if len(column) > 1 else 0
    return total / 1e9


def wants_cpu(pid: int) -> bool:
    """Whether one of its threads runs, waits for a core, or waits for a disk."""
    states = (_parse(_read(task / "stat")) for task in _tasks(pid))
    return any(state.state in "RD" for state in states if state)


def _tasks(pid: int) -> list[Path]:
    try:
        return list((_PROC / str(pid) / "task").iterdir())
    except OSError:
        return []
