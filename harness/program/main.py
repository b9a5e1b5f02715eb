"""A run's process: `python -m harness.program.main SPEC`. As root it is the first of namespaces of its own.

The program is a child of this process, or a unit of a systemd that is. When this process ends, whatever ends
it, all of it is over: the kernel ends a namespace with its first process, and without one its child with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from harness.errors import HarnessError
from harness.process import private_dirs, walls
from harness.process.child_setup import exit_with_problem
from harness.process.worker_spec import WorkerSpec
from harness.program import systemd
from harness.program.priority import prefer
from harness.program.program_run import ProgramRun
from harness.program.service import Alone, Service


def main(file: str) -> None:
    """Do the run that the file describes."""
    spec = WorkerSpec.from_json(Path(file).read_text(encoding="utf-8"))
    homes = Path(spec.extra["homes"])
    homes.mkdir(mode=0o700)
    prefer(os.getpid())
    try:
        if spec.extra["private"]:
            spec = replace(spec, walls=_furnish(homes))
        for home in private_dirs.HOMES:
            (homes / home).mkdir(mode=0o700)
        ProgramRun(spec, _service(spec, homes)).run()
    except HarnessError as problem:
        exit_with_problem(spec, "harness", str(problem))


def _furnish(homes: Path) -> tuple[str, ...]:
    """The namespaces' own: a network with a loopback, memory for the homes, and a /dev/shm, in which what is
    killed leaves things behind. The walls that stand: no process outside can be seen, or sent a signal."""
    standing = walls.put_up(but=["signals"])
    for place in (homes, Path("/dev/shm")):
        systemd.mount("tmpfs", place)
    return (*standing, "signals")


def _service(spec: WorkerSpec, homes: Path) -> Service:
    """A systemd where one can be had, else nobody, and why."""
    lacking = systemd.missing() or (None if spec.extra["private"] else "namespaces need root")
    if lacking is None:
        try:
            return systemd.Systemd(spec.extra["unit"], homes, spec.extra["cgroup"])
        except (HarnessError, OSError, subprocess.SubprocessError) as problem:
            lacking = str(problem)
    return Alone(lacking)


if __name__ == "__main__":
    main(sys.argv[1])
