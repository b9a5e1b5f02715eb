"""The nursery itself: it warms up, bears, reaps, and ends with its parent."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.process import private_dirs, procfs
from harness.process.child_setup import Order
from harness.process.fork_client import Nurse, Ward
from harness.process.heartbeat_page import Pulse
from harness.process.worker_spec import WorkerSpec

HERE = Path(__file__).parent
PYTHON = Path(os.environ.get("QQCHAOS_TEST_PYTHON", sys.executable))
"""Another one than that of the tests, to try what runs in a subject's interpreter."""


class Ground:
    """A nursery and what it is asked for, without a supervisor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "private"
        self.folder.mkdir()
        self.out = folder
        self.numbers = itertools.count(1)
        home = private_dirs.new_folder(self.folder, "nursery")
        preload = ("asyncio", "no_such_module", "h11")
        self.nurse = Nurse(PYTHON, home, self.folder, preload)

    @property
    def pid(self) -> int:
        return self.nurse._process.pid

    def bear(self, entry: str, *, fresh: bool = False, **more: Any) -> Ward:
        number = next(self.numbers)
        folder = private_dirs.new_folder(self.folder, f"r{number}")
        spec = WorkerSpec(
            run=f"run{number}",
            level="adapter",
            seed=0,
            journal=str(self.out / f"run{number}.jsonl"),
            folder=str(folder),
            env=private_dirs.environment(folder),
            path_entries=(str(HERE),),
            extra={"entry": f"misbehaving:{entry}"},
            **more,
        )
        Pulse.create(spec.pulse).close()
        path = folder / "spec.json"
        path.write_text(spec.to_json())
        return self.nurse.bear(Order(number, str(path), fresh))

    def status(self, ward: Ward) -> int:
        assert ward.over.wait(20)
        assert ward.end is not None and not ward.end.lost
        return ward.end.status


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    here = Ground(tmp_path)
    yield here
    here.nurse.close()
    assert procfs.stat(here.pid) is None


def gone(pid: int) -> bool:
    found = procfs.stat(pid)
    return found is None or found.state == "Z"


def soon(test: Callable[[], bool], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not test():
        assert time.monotonic() < until, "not within time"
        time.sleep(0.01)


def test_it_says_what_it_could_not_import(ground: Ground) -> None:
    assert set(ground.nurse.missing) == {"no_such_module"}


@pytest.mark.parametrize("fresh", [False, True], ids=["fork", "fresh"])
def test_an_end_is_told_with_its_cost(ground: Ground, fresh: bool) -> None:
    ward = ground.bear("exits", fresh=fresh)
    assert ward.pid > 0 and ward.start > 0
    assert ground.status(ward) == 3
    assert ward.end is not None and ward.end.cpu_s > 0 and ward.end.resident > 1 << 20
    assert gone(ward.pid)


def test_many_at_once_each_get_their_own_end(ground: Ground) -> None:
    wards = [ground.bear("exits" if i % 2 else "well") for i in range(40)]
    assert [ground.status(ward) for ward in wards] == [0, 3] * 20


def test_orders_from_many_threads(ground: Ground) -> None:
    statuses: list[int] = []

    def ask() -> None:
        for _ in range(10):
            statuses.append(ground.status(ground.bear("exits")))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [3] * 80


def test_a_kill_ends_one_and_leaves_the_others(ground: Ground) -> None:
    one, other = ground.bear("sleeps_in_c"), ground.bear("sleeps_in_c")
    ground.nurse.kill(one)
    assert ground.status(one) == -signal.SIGKILL
    assert not gone(other.pid)
    ground.nurse.kill(one)  # it is over: nothing happens
    ground.nurse.kill(other)
    assert ground.status(other) == -signal.SIGKILL


def test_a_kill_right_after_birth(ground: Ground) -> None:
    for _ in range(20):
        ward = ground.bear("sleeps_in_c")
        ground.nurse.kill(ward)
        assert ground.status(ward) == -signal.SIGKILL


def test_a_dump_changes_nothing(ground: Ground) -> None:
    ward = ground.bear("turns_for_ever")
    folder = ground.folder / "r1"
    soon(lambda: (ground.out / "run1.jsonl").exists())
    for _ in range(5):
        ground.nurse.dump(ward)
        time.sleep(0.01)
    soon(lambda: "turns_for_ever" in (folder / "stack").read_text())
    assert not gone(ward.pid)


def test_a_nursery_has_no_descriptor_of_a_dead_worker(ground: Ground) -> None:
    def descriptors() -> int:
        return len(list(Path(f"/proc/{ground.pid}/fd").iterdir()))

    before = descriptors()
    for _ in range(20):
        ground.status(ground.bear("exits"))
    assert descriptors() == before


def test_close_ends_its_workers(ground: Ground) -> None:
    wards = [ground.bear("sleeps_in_c"), ground.bear("spins"), ground.bear("forks")]
    ground.nurse.close()
    assert all(ward.over.is_set() for ward in wards)
    assert all(gone(ward.pid) for ward in wards)
    with pytest.raises(HarnessError):
        ground.bear("exits")


def test_it_goes_when_its_parent_closes_its_end(ground: Ground) -> None:
    ward = ground.bear("sleeps_in_c")
    ground.nurse._line.shutdown(2)
    soon(lambda: gone(ward.pid) and gone(ground.pid))
    soon(lambda: not ground.folder.exists())


def test_workers_die_with_a_killed_nursery(ground: Ground) -> None:
    wards = [ground.bear("sleeps_in_c"), ground.bear("spins"), ground.bear("sleeps_in_c", fresh=True)]
    os.kill(ground.pid, signal.SIGKILL)
    for ward in wards:
        assert ward.over.wait(10)
        assert ward.end is not None and ward.end.lost
        soon(lambda ward=ward: gone(ward.pid))  # type: ignore[misc]
    assert "status -9" in ground.nurse.obituary()


def test_what_is_in_a_dead_workers_session_is_found_without_a_nursery(ground: Ground) -> None:
    ground.bear("keeps_a_child")
    seen = ground.out / "run1.seen"
    soon(lambda: seen.exists() and seen.read_text() != "")
    os.kill(ground.pid, signal.SIGKILL)
    pids = json.loads(seen.read_text())["pids"]
    soon(lambda: all(gone(pid) for pid in pids))


def test_a_spec_that_is_none_is_the_harness_s_trouble(ground: Ground) -> None:
    bad = ground.folder / "spec.json"
    bad.write_text("{}")
    ward = ground.nurse.bear(Order(99, str(bad)))
    assert ground.status(ward) == 70
    assert ground.status(ground.bear("exits")) == 3
