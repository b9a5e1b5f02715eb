"""Whether a program spins, told from the time for which its main thread has run."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from types import SimpleNamespace

import pytest

from harness.journal.process_kinds import ProcSpin
from harness.process import procfs
from harness.program import spin

RESTS = """
import time
print(flush=True)
time.sleep(60)
"""
ANOTHER_THREAD_SPINS = """
import threading, time
def turn():
    while True: pass
threading.Thread(target=turn, daemon=True).start()
print(flush=True)
time.sleep(60)
"""

READINGS = (0.0, 0.25, 0.25, 5.0)
"""Of the clock: at the beginning and at the end of each look."""


@pytest.fixture
def two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spin, "LOOKS", tuple((0.0, share) for _, share in spin.LOOKS))
    clock = iter(READINGS)
    monkeypatch.setattr(spin, "time", SimpleNamespace(monotonic=lambda: next(clock)))


def told_of(*seconds: float | None) -> ProcSpin | None:
    """Of a main thread that has run for so long, at the beginning and at the end of each look."""
    asked = iter(seconds)
    return asyncio.run(spin.spin(lambda: next(asked)))


@pytest.mark.usefixtures("two_looks")
class TestInTheTimeOfTwoLooks:
    def test_a_main_thread_that_never_rests_spins(self) -> None:
        assert told_of(1.0, 1.25, 1.25, 6.0) == ProcSpin(4.75, 4.75)

    def test_one_that_others_take_the_gil_from_spins(self) -> None:
        assert told_of(1.0, 1.15, 1.15, 5.1) == ProcSpin(3.95, 4.75)

    def test_one_that_runs_for_a_while_and_then_rests_does_not(self) -> None:
        assert told_of(1.0, 1.25, 1.25, 4.9) is None

    @pytest.mark.parametrize(
        "seconds", [(None, None), (1.0, None), (1.0, 2.0, None, None), (1.0, 2.0, 2.0, None)]
    )
    def test_one_that_ends_meanwhile_does_not(self, seconds: tuple[float | None, ...]) -> None:
        assert told_of(*seconds) is None


@pytest.mark.parametrize("code", [RESTS, ANOTHER_THREAD_SPINS])
def test_a_real_one_that_rests_does_not_spin_whatever_other_threads_do(code: str) -> None:
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            found = asyncio.run(spin.spin(lambda: procfs.thread_cpu_s(process.pid, process.pid)))
        finally:
            process.kill()
    assert found is None
