"""The fork server itself: it forks, signals, reaps, and ends with its parent."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

from tests.harness.process.fork_servers import StartedForkServer, status_of
from tests.harness.process.supervised import is_gone, wait_until


def test_many_workers_at_once_each_get_their_own_end(fork_server: StartedForkServer) -> None:
    workers = [fork_server.spawn("exits_with_3" if i % 2 else "ends_normally") for i in range(20)]
    assert [status_of(worker) for worker in workers] == [0, 3] * 10


def test_a_kill_ends_one_worker_and_not_the_others(fork_server: StartedForkServer) -> None:
    one, other = fork_server.spawn("sleeps_in_c"), fork_server.spawn("sleeps_in_c")
    fork_server.client.kill(one)
    assert status_of(one) == -signal.SIGKILL
    assert not is_gone(other.pid)
    fork_server.client.kill(one)  # it has ended: nothing happens
    fork_server.client.kill(other)
    assert status_of(other) == -signal.SIGKILL


def test_a_worker_can_be_killed_right_after_the_fork(fork_server: StartedForkServer) -> None:
    for _ in range(20):
        worker = fork_server.spawn("sleeps_in_c")
        fork_server.client.kill(worker)
        assert status_of(worker) == -signal.SIGKILL


def test_writing_its_stacks_changes_nothing_for_a_worker(fork_server: StartedForkServer) -> None:
    worker = fork_server.spawn("turns_without_end")
    wait_until((fork_server.out / "run1.jsonl").exists)
    for _ in range(5):
        fork_server.client.dump_stacks(worker)
        time.sleep(0.01)
    stack_file = fork_server.private / "r1" / "stack"
    wait_until(lambda: "turns_without_end" in stack_file.read_text())
    assert not is_gone(worker.pid)


def test_no_descriptor_of_an_ended_worker_stays_open(fork_server: StartedForkServer) -> None:
    def descriptors() -> int:
        return len(list(Path(f"/proc/{fork_server.pid}/fd").iterdir()))

    before = descriptors()
    for _ in range(20):
        status_of(fork_server.spawn("exits_with_3"))
    assert descriptors() == before


def test_it_kills_its_workers_and_removes_the_folder_when_its_parent_is_gone(
    fork_server: StartedForkServer,
) -> None:
    worker = fork_server.spawn("sleeps_in_c")
    fork_server.client._connection.shutdown(2)
    wait_until(lambda: is_gone(worker.pid) and is_gone(fork_server.pid))
    wait_until(lambda: not fork_server.private.exists())


def test_what_a_worker_started_is_killed_when_the_fork_server_is(fork_server: StartedForkServer) -> None:
    fork_server.spawn("keeps_a_child")
    seen = fork_server.out / "run1.seen"
    wait_until(lambda: seen.exists() and seen.read_text() != "")
    os.kill(fork_server.pid, signal.SIGKILL)
    pids = json.loads(seen.read_text())["pids"]
    wait_until(lambda: all(map(is_gone, pids)))
