"""Each program of these tests runs in an interpreter of its own, for the clock's hooks are process-wide."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.commands.busy_loops import busy_loops

ROOT = Path(__file__).parents[3]
LIMIT_S = 600.0 if os.environ.get("QQCHAOS_SLOW") else 180.0


@dataclass(frozen=True)
class Ran:
    """What a program returned, the virtual time it ended at (µs) and the turns it took."""

    got: Any
    now_us: int
    turns: int
    said: str


Run = Callable[..., Ran]


@pytest.fixture(scope="session")
def run() -> Run:
    """`run("module.program", argument, ..., seed=0)`; seed "never" runs it with hooks but without `begin`."""

    def run(program: str, *arguments: Any, seed: int | str = 0) -> Ran:
        command = [sys.executable, "-m", "tests.harness.clock.programs", *program.split("."), str(seed)]
        command += [json.dumps(argument) for argument in arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
        # Programs of one seed draw the same names of temporary files: two at a time must not meet.
        with tempfile.TemporaryDirectory() as own:
            environment["TMPDIR"] = own
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=LIMIT_S, cwd=ROOT, env=environment
            )
        assert done.returncode == 0, done.stderr
        first, _, rest = done.stdout.partition("\n")
        return Ran(**json.loads(first), said=rest + done.stderr)

    return run


@pytest.fixture
def load() -> Iterator[None]:
    """One busy process more than there are cores; they end with this one, however it ends."""
    with busy_loops((os.cpu_count() or 1) + 1):
        yield
