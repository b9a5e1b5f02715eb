"""A run that is interrupted leaves no process, and no folder or cgroup once another command began."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.program import faketime, supervisor, systemd

WITHIN_S = 60.0

pytestmark = [pytest.mark.release, pytest.mark.load]


def processes_of(folder: Path) -> list[str]:
    """The commands of the processes that have to do with this folder."""
    mark, found = os.fsencode(folder), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            if mark in command + (process / "environ").read_bytes() and command:
                found.append(command.replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:  # it is gone
            continue
    return found


def cgroups_of(names: list[str]) -> list[str]:
    """Those of these cgroups that are there."""
    script = f"mount -t cgroup2 cgroup2 {systemd.CGROUPS} && ls {systemd.CGROUPS}"
    shown = subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True)
    return sorted(set(shown.stdout.split()) & set(names))


def waited_for(what: Callable[[], bool]) -> bool:
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.05)
    return False


def interrupted(folder: Path, number: signal.Signals, after_s: float | None) -> None:
    """Start a run, and end the command with this signal: so long after its program is there, or so long after
    the command's start."""
    words = ["run", "healthy", "--level", "process", "--hermes", "0.19.0", "--out", str(folder / "out")]
    words += [] if faketime.find() else ["--speed", "1"]
    command = subprocess.Popen(
        [sys.executable, "-m", "harness.cli", *words],
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if after_s is None:
        assert waited_for(lambda: any("gateway run" in one for one in processes_of(folder)))
    else:
        time.sleep(after_s)
    command.send_signal(number)
    command.wait(WITHIN_S)


def nothing_is_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No process; and after the next command's start no folder and no cgroup either."""
    assert waited_for(lambda: not processes_of(folder)), processes_of(folder)
    names = [path.name for path in folder.glob("qqchaos-*")]
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with supervisor.ProgramSupervisor(1):
        pass
    assert not list(folder.glob("qqchaos-*"))
    if supervisor.can_have_namespaces():
        assert not cgroups_of(names)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_command_that_is_ended_leaves_nothing(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(tmp_path, number, None)
    nothing_is_left(tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_nor_does_one_that_is_ended_at_any_moment(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    number = chance.choice([signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
    interrupted(tmp_path, number, chance.uniform(0.2, 20))
    nothing_is_left(tmp_path, monkeypatch)
