"""A supervisor, and processes that use one: nothing of either is left after a test."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.process import procfs
from tests.harness.process.fork_servers import StartedForkServer
from tests.harness.process.supervised import Start, Supervised


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    here = Supervised(tmp_path)
    try:
        yield here
    finally:
        here.supervisor.close()
    assert here.processes() == []
    assert list(here.private.iterdir()) == []


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a command in a session of its own; its process is killed, however the test ends."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(command: list[str]) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(command, start_new_session=True))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def fork_server(tmp_path: Path) -> Iterator[StartedForkServer]:
    here = StartedForkServer(tmp_path)
    yield here
    here.client.close()
    assert procfs.stat(here.pid) is None
