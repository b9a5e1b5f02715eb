"""What /proc says of a live process, and that nothing is raised for one that is gone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from harness.process import procfs
from tests.harness.process.supervised import wait_until

SLEEPS = "import time; time.sleep(600)"
SPINS = "while True: pass"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", SLEEPS], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_the_stat_of_a_process_has_its_parent_session_and_cpu(sleeper: subprocess.Popen[bytes]) -> None:
    def found() -> procfs.Stat | None:
        return procfs.stat(sleeper.pid)

    wait_until(lambda: (one := found()) is not None and one.state == "S")
    stat = found()
    assert stat is not None
    assert (stat.pid, stat.ppid, stat.session) == (sleeper.pid, os.getpid(), sleeper.pid)
    assert stat in list(procfs.all_processes())


def test_the_stat_of_a_zombie_has_state_z(sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.kill()
    wait_until(lambda: (found := procfs.stat(sleeper.pid)) is not None and found.state == "Z")
    assert procfs.resident(sleeper.pid) == 0


def test_a_process_that_is_gone_has_no_stat_and_no_figures(sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.kill()
    sleeper.wait()
    assert procfs.stat(sleeper.pid) is None
    assert procfs.resident(sleeper.pid) == 0
    assert procfs.run_queue_wait_s(sleeper.pid) == 0
    assert not procfs.wants_cpu(sleeper.pid)


def test_a_name_with_brackets_and_spaces_does_not_shift_the_columns() -> None:
    line = "42 (a) b (c) S 1 42 43 0 -1 0 0 0 0 0 150 50 0 0 20 0 1 0 777 0 0"
    stat = procfs._parse(line)
    assert stat is not None
    assert (stat.pid, stat.state, stat.ppid, stat.session, stat.start) == (42, "S", 1, 43, 777)
    assert stat.cpu_s == 200 / os.sysconf("SC_CLK_TCK")


def test_own_cpu_and_memory_are_those_that_the_kernel_tells_a_process_itself() -> None:
    began = time.process_time()
    while time.process_time() - began < 0.05:
        pass
    found = procfs.stat(os.getpid())
    assert found is not None
    assert abs(found.cpu_s - time.process_time()) < 0.1
    assert procfs.resident(os.getpid()) > 1 << 20


def test_each_threads_cpu_is_told_apart() -> None:
    burnt, go_on = threading.Event(), threading.Event()

    def burn() -> None:
        while time.thread_time() < 0.1:
            pass
        burnt.set()
        go_on.wait()

    before = procfs.thread_cpu_s(os.getpid(), threading.get_native_id())
    thread = threading.Thread(target=burn)
    thread.start()
    burnt.wait()
    assert procfs.thread_cpu_s(os.getpid(), thread.native_id or 0) >= 0.09
    assert procfs.thread_cpu_s(os.getpid(), threading.get_native_id()) - before < 0.09
    go_on.set()
    thread.join()
    assert procfs.thread_cpu_s(os.getpid(), 0) == 0


def test_a_process_wants_cpu_while_it_spins_and_not_while_it_sleeps(sleeper: subprocess.Popen[bytes]) -> None:
    wait_until(lambda: (found := procfs.stat(sleeper.pid)) is not None and found.state == "S")
    assert not procfs.wants_cpu(sleeper.pid)
    spinner = subprocess.Popen([sys.executable, "-c", SPINS])
    try:
        wait_until(lambda: (found := procfs.stat(spinner.pid)) is not None and found.cpu_s > 0.2)
        assert procfs.wants_cpu(spinner.pid)
    finally:
        spinner.kill()
        spinner.wait()
