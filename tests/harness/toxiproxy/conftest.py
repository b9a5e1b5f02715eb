"""A real server for the tests of the lane."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.toxiproxy import program, server
from harness.toxiproxy.server import Server
from tests.toxiproxy_program import built


@pytest.fixture
def toxiproxy(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program, and no other that this machine may have."""
    found = built()
    monkeypatch.setattr(program, "find", lambda cache=None: found)
    monkeypatch.delenv(server.URL, raising=False)
    return found


@pytest.fixture
def running(toxiproxy: Path) -> Iterator[Server]:
    with server.running() as one:
        yield one
