"""A fork server with its client, and the workers it is asked for, without a supervisor."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from harness.process import private_dirs
from harness.process.child_setup import SpawnRequest
from harness.process.fork_client import ForkServerClient, WorkerProcess
from harness.process.heartbeat_page import HeartbeatPage
from harness.process.worker_spec import WorkerSpec
from tests.harness.process.supervised import HERE, INTERPRETER


class StartedForkServer:
    """Private folders in `private`; the n-th worker is named runN and writes to `out`."""

    def __init__(self, folder: Path) -> None:
        self.private, self.out = folder / "private", folder
        self.private.mkdir()
        self._numbers = itertools.count(1)
        home = private_dirs.create_folder(self.private, "fork-server")
        self.client = ForkServerClient(INTERPRETER, home, self.private, ("asyncio", "no_such_module", "h11"))

    @property
    def pid(self) -> int:
        return self.client._process.pid

    def spawn(self, entry: str, *, fresh: bool = False, **more: Any) -> WorkerProcess:
        number = next(self._numbers)
        folder = private_dirs.create_folder(self.private, f"r{number}")
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
        HeartbeatPage.create(spec.heartbeat_file).close()
        spec.spec_file.write_text(spec.to_json())
        return self.client.spawn(SpawnRequest(number, str(spec.spec_file), fresh))


def status_of(worker: WorkerProcess) -> int:
    """The status that the worker ended with."""
    assert worker.ended.wait(20)
    assert worker.end is not None and not worker.end.lost
    return worker.end.status
