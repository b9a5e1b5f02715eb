"""The parent's side: what it learns of its workers and of the fork server's end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.process import procfs
from harness.process.child_setup import SpawnRequest
from harness.process.fork_client import kill_session
from tests.harness.process.fork_servers import StartedForkServer, status_of
from tests.harness.process.supervised import is_gone, wait_until


def test_the_client_is_told_what_could_not_be_imported(fork_server: StartedForkServer) -> None:
    assert set(fork_server.client.missing) == {"no_such_module"}


@pytest.mark.parametrize("fresh", [False, True], ids=["fork", "fresh"])
def test_the_end_of_a_worker_comes_with_its_status_cpu_and_memory(
    fork_server: StartedForkServer, fresh: bool
) -> None:
    worker = fork_server.spawn("exits_with_3", fresh=fresh)
    assert worker.pid > 0 and worker.start > 0
    assert status_of(worker) == 3
    assert worker.end is not None and worker.end.cpu_s > 0 and worker.end.resident > 1 << 20
    assert is_gone(worker.pid)


def test_workers_may_be_asked_for_by_many_threads(fork_server: StartedForkServer) -> None:
    statuses: list[int] = []

    def ask() -> None:
        for _ in range(4):
            statuses.append(status_of(fork_server.spawn("exits_with_3")))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [3] * 32


def test_a_killed_fork_server_leaves_its_workers_lost_and_dead(fork_server: StartedForkServer) -> None:
    workers = [fork_server.spawn("sleeps_in_c"), fork_server.spawn("spins")]
    workers.append(fork_server.spawn("sleeps_in_c", fresh=True))
    os.kill(fork_server.pid, signal.SIGKILL)
    for worker in workers:
        assert worker.ended.wait(10)
        assert worker.end is not None and worker.end.lost
        wait_until(lambda worker=worker: is_gone(worker.pid))  # type: ignore[misc]
    assert not fork_server.client.alive
    described = "the fork server ended by itself (status -9): it wrote nothing to stderr"
    assert fork_server.client.describe_end() == described


def test_a_closed_client_has_no_workers_and_starts_none(fork_server: StartedForkServer) -> None:
    entries = ("sleeps_in_c", "spins", "leaves_processes_and_a_port")
    workers = [fork_server.spawn(entry) for entry in entries]
    fork_server.client.close()
    assert all(worker.ended.is_set() for worker in workers)
    assert all(is_gone(worker.pid) for worker in workers)
    with pytest.raises(HarnessError):
        fork_server.spawn("exits_with_3")


def test_a_spec_that_cannot_be_read_costs_one_worker(fork_server: StartedForkServer) -> None:
    unreadable = fork_server.private / "spec.json"
    unreadable.write_text("{}")
    assert status_of(fork_server.client.spawn(SpawnRequest(99, str(unreadable)))) == 70
    assert status_of(fork_server.spawn("exits_with_3")) == 3


def test_kill_session_kills_the_session_of_that_worker_only(tmp_path: Path) -> None:
    code = "import subprocess; subprocess.run(['/bin/sleep', '600'])"
    leader = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    try:
        wait_until(lambda: sum(one.session == leader.pid for one in procfs.all_processes()) == 2)
        members = [one.pid for one in procfs.all_processes() if one.session == leader.pid]
        found = procfs.stat(leader.pid)
        assert found is not None
        kill_session(leader.pid, found.start + 1_000_000)  # a later process of that pid: not this one
        assert not any(map(is_gone, members))
        kill_session(leader.pid, found.start)
        assert leader.wait(10) == -signal.SIGKILL
        wait_until(lambda: all(map(is_gone, members)))
    finally:
        leader.kill()
        leader.wait()
