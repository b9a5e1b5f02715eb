"""Hostile code in the bot costs its own run, and has the right ending; the runs beside it are as ever."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.commands.results import Judged
from harness.commands.series import Series
from harness.hermes import environments
from harness.hermes.installation import Installation
from harness.process import procfs, walls
from harness.process.worker_spec import WorkerSpec
from harness.scenario import selection
from harness.scenario.run_spec import RunSpec
from tests.calibration import hostile
from tests.calibration.hostile import HEALTHY, KINDS

LIMITS = {"blocked_s": 1.5, "cpu_s": 1.0, "resident": 400 << 20, "written": 20 << 20}
"""Short, for the harness's own are made for slow machines."""

TRIED = tuple(kind for kind in KINDS if set(kind.walls) <= set(walls.possible()))
"""What hurts nobody on this machine."""


class Hasty(Series):
    """A series with these limits."""

    def worker(self, spec: RunSpec, installation: Installation) -> WorkerSpec:
        worker = super().worker(spec, installation)
        return dataclasses.replace(worker, limits={**worker.limits, **LIMITS})


@dataclasses.dataclass(frozen=True)
class Done:
    """What became of all runs of one level, and of what is outside: connections to a port of this machine's,
    processes and folders that are left."""

    runs: dict[str, Judged]
    reached: int
    left: list[str]


def processes_in(folder: Path) -> list[str]:
    """The processes that work in a folder, or did before it was removed."""
    found = []
    for one in procfs.all_processes():
        with contextlib.suppress(OSError):
            if str(folder) in str(Path(f"/proc/{one.pid}/cwd").readlink()):
                found.append(f"process {one.pid}")
    return found


@pytest.fixture(scope="module", params=["adapter", "runner"])
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "hostile.yaml").write_text(hostile.scenario(TRIED))
    with socket.create_server(("127.0.0.1", 0)) as outside, pytest.MonkeyPatch.context() as patched:
        outside.setblocking(False)
        private = folder / "private"
        private.mkdir()
        patched.setattr("harness.process.private_dirs._SHARED_MEMORY", private)
        root = hostile.make(folder, outside.getsockname()[1])
        installation = environments.resolve(str(root), sys.executable)
        series = Hasty(installation, folder / "out", level=request.param, jobs=2)
        specs = selection.by_names([str(folder / "hostile.yaml")], request.param)
        runs = series.run(specs, lambda judged: None)
        reached = 0
        while True:
            try:
                outside.accept()[0].close()
            except BlockingIOError:
                break
            reached += 1
        left = [str(one) for one in private.iterdir()]
        left += processes_in(private)
    yield Done({judged.name.removeprefix("hostile/"): judged for judged in runs}, reached, left)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_has_the_ending_that_it_must_have(done: Done, kind: hostile.Kind) -> None:
    if kind not in TRIED:
        pytest.skip(f"this kernel has no wall for {', '.join(kind.walls)}")
    judged = done.runs[kind.name]
    ending = judged.outcome.ending.name if judged.outcome else None
    assert ending in kind.endings, judged.outcome.ending if judged.outcome else judged.problem
    if ending is not None and ending != "undisturbed":
        assert judged.outcome is not None and judged.outcome.verdict != "pass"


def test_the_healthy_runs_beside_them_are_all_the_same_and_pass(done: Done) -> None:
    healthy = [judged for name, judged in done.runs.items() if name.startswith(HEALTHY)]
    assert len(healthy) == len(TRIED) + 1
    outcomes = [judged.outcome for judged in healthy]
    assert {outcome and outcome.verdict for outcome in outcomes} == {"pass"}
    assert len({_story(judged) for judged in healthy}) == 1


def _story(judged: Judged) -> str:
    """All of its records but the first one, which has its name."""
    told: list[Any] = [
        json.loads(record.as_json(digest=True)) for record in judged.records[1:] if record.kind != "run.close"
    ]
    return json.dumps(told, sort_keys=True)


def test_nothing_of_them_is_left_and_nothing_got_out(done: Done) -> None:
    assert done.left == []
    assert done.reached == 0
