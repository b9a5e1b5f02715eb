"""What runs share is made once, made anew where it is gone, and removed at the end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.process.heartbeat_page import Phase, Reading
from harness.process.shared_resources import SharedResources
from harness.process.worker_spec import WorkerSpec
from tests.harness.process.supervised import INTERPRETER, Supervised, wait_until


@pytest.fixture
def resources(tmp_path: Path) -> Iterator[SharedResources]:
    private = tmp_path / "private"
    private.mkdir()
    here = SharedResources(INTERPRETER, private, ())
    yield here
    here.close()
    assert list(private.iterdir()) == []


def spec(folder: Path) -> WorkerSpec:
    return WorkerSpec("run", "adapter", 0, str(folder / "out" / "run.jsonl"), env={"MORE": "1"})


def test_a_prepared_run_has_its_folder_spec_and_page_until_the_block_ends(
    resources: SharedResources, tmp_path: Path
) -> None:
    with resources.prepared(spec(tmp_path)) as run:
        assert WorkerSpec.from_json(run.spec.spec_file.read_text()) == run.spec
        assert run.page.read() == Reading(Phase.IMPORTING, 0, 0)
        assert run.spec.env["HOME"] == f"{run.spec.folder}/home" and run.spec.env["MORE"] == "1"
    assert not Path(run.spec.folder).exists()


def test_an_old_journal_is_removed_before_the_run(supervised: Supervised) -> None:
    supervised.out.mkdir()
    (supervised.out / "run.jsonl").write_text("old\n")
    assert supervised.close_of("exits_with_3").status == 3


def test_a_folder_without_permissions_is_removed_after_the_run(supervised: Supervised) -> None:
    assert supervised.close_of("locks_its_folder").why == "end"


def test_the_fork_server_is_started_once_and_anew_after_it_was_killed(resources: SharedResources) -> None:
    first = resources.fork_server()
    assert resources.fork_server() is first
    os.kill(first._process.pid, signal.SIGKILL)
    wait_until(lambda: not first.alive)
    assert resources.fork_server() is not first
    assert resources.fork_server().alive


def test_cores_are_given_out_in_turn(resources: SharedResources) -> None:
    count = len(os.sched_getaffinity(0))
    assert {resources.core(slot) for slot in range(count)} == os.sched_getaffinity(0)
    assert resources.core(count) == resources.core(0)
