"""The kernel's walls around a worker: what cannot get through them, and that its own loopback stays."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.process import walls

ROOT = Path(__file__).parents[3]

PROGRAM = """
import ctypes, json, os, socket
from harness.process import walls

def answer(call, *arguments):
    try:
        return str(call(*arguments))
    except OSError as problem:
        return type(problem).__name__

seen = {"standing": walls.put_up()}
seen["kill"] = answer(os.kill, os.getppid(), 18)
seen["kill in C"] = ctypes.CDLL(None).kill(os.getppid(), 18)
seen["kill itself"] = answer(os.kill, os.getpid(), 18)
seen["interfaces"] = [name for _, name in socket.if_nameindex()]
with socket.create_server(("127.0.0.1", 0)) as server:
    seen["loopback"] = answer(lambda: socket.create_connection(server.getsockname()).close())
seen["port outside"] = answer(socket.create_connection, ("127.0.0.1", PORT))
seen["look-up"] = answer(socket.getaddrinfo, "example.com", 80)
seen["user"] = os.geteuid()
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """What a process behind the walls saw; beside it a port of this machine is open."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = PROGRAM.replace("PORT", str(server.getsockname()[1]))
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_walls_that_are_possible_stand(seen: dict[str, Any]) -> None:
    assert tuple(seen["standing"]) == walls.possible()


@pytest.mark.skipif("signals" not in walls.possible(), reason="the kernel has no such wall")
def test_no_signal_gets_out_and_a_process_may_signal_itself(seen: dict[str, Any]) -> None:
    assert (seen["kill"], seen["kill in C"], seen["kill itself"]) == ("PermissionError", -1, "None")


@pytest.mark.skipif("network" not in walls.possible(), reason="the kernel has no such wall")
def test_its_network_is_a_loopback_of_its_own(seen: dict[str, Any]) -> None:
    assert seen["interfaces"] == ["lo"]
    assert seen["loopback"] == "None"
    assert seen["port outside"] == "ConnectionRefusedError"
    assert seen["look-up"] == "gaierror"


def test_a_process_behind_them_is_who_it_was(seen: dict[str, Any]) -> None:
    assert seen["user"] == os.geteuid()


def test_a_wall_that_cannot_be_put_up_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(libc: object) -> None:
        raise PermissionError

    monkeypatch.setattr(walls, "WALLS", {"network": refuses})
    walls.possible.cache_clear()
    try:
        assert walls.possible() == ()
        assert walls.put_up() == ()
    finally:
        walls.possible.cache_clear()
