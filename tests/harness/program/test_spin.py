"""Whether a program spins, told from the time for which its main thread has been busy."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from harness.journal.process_kinds import ProcSpin
from harness.process import procfs
from harness.program import spin

SPINS = """
print(flush=True)
while True: pass
"""
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


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spin, "LOOKS_S", (0.2, 0.3))


def found_of(code: str) -> ProcSpin | None:
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            return asyncio.run(spin.spin(lambda: procfs.thread_busy_s(process.pid, process.pid)))
        finally:
            process.kill()


def test_a_main_thread_that_never_rests_is_a_spin() -> None:
    found = found_of(SPINS)
    assert found is not None and found.busy >= 0.9 * found.real >= 0.4


@pytest.mark.parametrize("code", [RESTS, ANOTHER_THREAD_SPINS])
def test_one_that_rests_is_none_whatever_other_threads_do(code: str) -> None:
    assert found_of(code) is None


def test_a_program_that_works_for_a_while_and_then_rests_does_not_spin() -> None:
    seconds = iter([1.0, 1.3, 1.3])
    assert asyncio.run(spin.spin(lambda: next(seconds))) is None


@pytest.mark.parametrize("seconds", [[None, None], [1.0, None], [1.0, 2.0, None]])
def test_a_program_that_ends_meanwhile_does_not_spin(seconds: list[float | None]) -> None:
    left = iter(seconds)
    assert asyncio.run(spin.spin(lambda: next(left))) is None
