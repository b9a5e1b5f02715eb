"""A run at the terminal: no limits, a debugger that works, and Ctrl-C for the worker."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from harness.journal import record as journal
from harness.journal.run_kinds import RunClose
from tests.harness.process.supervised import Start, Supervised, close_record, driver, processes_in, wait_until


def test_a_run_in_the_foreground_has_no_limits(supervised: Supervised) -> None:
    spec = supervised.spec("exits_with_3", limits={"wall_s": 0.0})
    assert close_record(supervised.supervisor.run_foreground(spec)).status == 3


def test_breakpoint_reaches_the_terminal_in_the_foreground(tmp_path: Path) -> None:
    command = driver(tmp_path, "print(supervisor.run_foreground(specs[0]).problem)", "enters_the_debugger")
    done = subprocess.run(
        command, input="p 6 * 7\nc\n", capture_output=True, text=True, timeout=60, check=True
    )
    assert "(Pdb) 42" in done.stdout
    assert (tmp_path / "out" / "run0.jsonl").read_text().count("\n") == 2
    assert list((tmp_path / "private").iterdir()) == []


def test_a_subject_that_exits_as_after_ctrl_c_was_not_interrupted(supervised: Supervised) -> None:
    result = supervised.supervisor.run_foreground(supervised.spec("exits_with_130"))
    assert (close_record(result).why, close_record(result).status) == ("exited", 130)


@pytest.mark.parametrize("entry", ["turns_without_end", "takes_ctrl_c_as_a_stop"])
def test_ctrl_c_in_the_foreground_ends_the_worker_and_then_the_command(
    tmp_path: Path, start: Start, entry: str
) -> None:
    process = start(driver(tmp_path, "supervisor.run_foreground(specs[0])", entry))
    path = tmp_path / "out" / "run0.jsonl"
    wait_until(lambda: path.exists() and path.read_text())
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    assert process.wait(30) == 130
    assert processes_in(tmp_path / "private") == []
    assert list((tmp_path / "private").iterdir()) == []
    close = journal.parse(path.read_text())[-1].event
    assert isinstance(close, RunClose)
    assert (close.why, close.detail) == ("killed", "interrupted")
