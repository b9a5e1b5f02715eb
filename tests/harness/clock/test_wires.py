"""Sockets: in loops of several threads, used synchronously, and polled."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SLOW = bool(os.environ.get("QQCHAOS_SLOW"))
MANY = 20 if SLOW else 3
EXCHANGES = 100_000 if SLOW else 2_000

Run = Callable[..., Any]


def test_several_loops_give_one_digest(run: Run) -> None:
    assert len({run("wires.several_loops", 5, 40) for _ in range(MANY)}) == 1


def test_several_loops_give_the_same_digest_under_load(run: Run, load: None) -> None:
    del load
    assert len({run("wires.several_loops", 5, 40) for _ in range(MANY)}) == 1


def test_idle_and_loaded_agree(run: Run, request: pytest.FixtureRequest) -> None:
    idle = run("wires.executor_server", 6)
    request.getfixturevalue("load")
    assert all(run("wires.executor_server", 6) == idle for _ in range(MANY))


def test_no_exchange_on_loopback_is_missed_under_load(run: Run, load: None) -> None:
    """Each answer has one virtual microsecond to come in, and turns count every fruitless look."""
    del load
    first = run("wires.exchanges", EXCHANGES)
    assert first.now_us == EXCHANGES * 10_000
    assert run("wires.exchanges", EXCHANGES) == first


def test_reconnects_within_one_loop(run: Run, load: None) -> None:
    del load
    assert run("wires.reconnects", 500) == run("wires.reconnects", 500)


def test_recv_times_out(run: Run) -> None:
    assert run("wires.recv_times_out").got == ["timed out", 30.0, 30.0, 60.0]


def test_connect_and_accept(run: Run) -> None:
    assert run("wires.connect_refused_and_accept").got == ["refused", 111, 8.0, 10.0]


def test_connect_times_out(run: Run) -> None:
    assert run("wires.connect_times_out").got == [20.0]


@pytest.mark.parametrize("limit", [10, None])
def test_sendall_of_more_than_the_buffers_hold(run: Run, limit: int | None) -> None:
    assert run("wires.big_sendall", limit).got == [10_000_000, "done", 5.0]


def test_sendall_times_out(run: Run) -> None:
    assert run("wires.sendall_times_out").got == [10.0]


def test_one_thread_receives_while_another_sends(run: Run) -> None:
    assert run("wires.full_duplex").got == [30.0, ["hello\n", 7.0]]


def test_tls_used_synchronously(run: Run, tmp_path: Path) -> None:
    openssl = shutil.which("openssl") or pytest.skip("no openssl to make a certificate with")
    subject = ["-days", "3650", "-subj", "/CN=localhost"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run([openssl, "req", "-x509", *kind, *subject, *files], check=True, capture_output=True)
    assert run("wires.tls", str(tmp_path)).got == [50_001, 30.0, 30.0]


def test_polls_and_selectors(run: Run) -> None:
    ways = run("wires.polls").got
    assert [way[0] for way in ways][:3] == ["select", "poll", "epoll"]
    assert all(way[1:] == [False, True, 11.0] for way in ways)


def test_a_child_process_is_waited_for_in_real_time(run: Run) -> None:
    ran = run("wires.pipe_to_a_child")
    assert (ran.got, ran.now_us) == (["slow", True], 0)


def test_a_blocking_server_in_a_thread(run: Run) -> None:
    assert run("wires.blocking_server").got == ["3.0", "6.0", "9.0"]


def test_httpx_keep_alive_expires_in_step(run: Run) -> None:
    pytest.importorskip("httpx")
    assert run("wires.httpx_keep_alive", 60).got == [20, 0.0]
    assert run("wires.httpx_keep_alive", 1).got == [1, 0.0]


def test_httpx_times_out(run: Run) -> None:
    pytest.importorskip("httpx")
    assert run("wires.httpx_times_out").got == [17.0]


def test_aiohttp_with_thread_hops_never_times_out_falsely(run: Run, load: None) -> None:
    pytest.importorskip("aiohttp")
    del load
    first = run("wires.aiohttp_connects", 50)
    assert first.got[:2] == [50, 50.0]
    assert run("wires.aiohttp_connects", 50) == first
