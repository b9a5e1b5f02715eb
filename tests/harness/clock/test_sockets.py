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


def test_several_loops_in_several_threads_give_one_digest(run: Run) -> None:
    assert len({run("sockets.several_loops", 5, 40) for _ in range(MANY)}) == 1


def test_several_loops_give_the_same_digest_on_a_loaded_machine(run: Run, load: None) -> None:
    del load
    assert len({run("sockets.several_loops", 5, 40) for _ in range(MANY)}) == 1


def test_an_idle_and_a_loaded_machine_give_the_same_result(run: Run, request: pytest.FixtureRequest) -> None:
    idle = run("sockets.executor_server", 6)
    request.getfixturevalue("load")
    assert all(run("sockets.executor_server", 6) == idle for _ in range(MANY))


def test_no_exchange_on_loopback_is_missed_on_a_loaded_machine(run: Run, load: None) -> None:
    """Each answer has one virtual microsecond to come in, and turns count every fruitless look."""
    del load
    first = run("sockets.exchanges", EXCHANGES)
    assert first.now_us == EXCHANGES * 10_000
    assert run("sockets.exchanges", EXCHANGES) == first


def test_reconnects_within_one_loop_give_the_same_result_on_a_loaded_machine(run: Run, load: None) -> None:
    del load
    assert run("sockets.reconnects", 500) == run("sockets.reconnects", 500)


def test_recv_times_out_in_virtual_time(run: Run) -> None:
    assert run("sockets.recv_times_out").got == ["timed out", 30.0, 30.0, 60.0]


def test_connect_and_accept_wait_in_virtual_time(run: Run) -> None:
    assert run("sockets.connect_refused_and_accept").got == ["refused", 111, 8.0, 10.0]


def test_connect_times_out_in_virtual_time(run: Run) -> None:
    assert run("sockets.connect_times_out").got == [20.0]


@pytest.mark.parametrize("limit", [10, None])
def test_sendall_of_more_than_the_buffers_hold_arrives_whole(run: Run, limit: int | None) -> None:
    assert run("sockets.big_sendall", limit).got == [10_000_000, "done", 5.0]


def test_sendall_times_out_in_virtual_time(run: Run) -> None:
    assert run("sockets.sendall_times_out").got == [10.0]


def test_one_thread_may_receive_on_a_socket_while_another_sends(run: Run) -> None:
    assert run("sockets.full_duplex").got == [30.0, ["hello\n", 7.0]]


def test_tls_sockets_used_synchronously_wait_in_virtual_time(run: Run, tmp_path: Path) -> None:
    openssl = shutil.which("openssl") or pytest.skip("no openssl to make a certificate with")
    subject = ["-days", "3650", "-subj", "/CN=localhost"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run([openssl, "req", "-x509", *kind, *subject, *files], check=True, capture_output=True)
    assert run("sockets.tls", str(tmp_path)).got == [50_001, 30.0, 30.0]


def test_polls_and_selectors_wait_in_virtual_time(run: Run) -> None:
    ways = run("sockets.polls").got
    assert [way[0] for way in ways][:3] == ["select", "poll", "epoll"]
    assert all(way[1:] == [False, True, 11.0] for way in ways)


def test_a_child_process_is_waited_for_in_real_time(run: Run) -> None:
    ran = run("sockets.pipe_to_a_child")
    assert (ran.got, ran.now_us) == (["slow", True], 0)


def test_a_blocking_server_in_a_thread_serves_a_loop_in_another(run: Run) -> None:
    assert run("sockets.blocking_server").got == ["3.0", "6.0", "9.0"]


def test_httpx_keep_alive_expires_in_virtual_time(run: Run) -> None:
    pytest.importorskip("httpx")
    assert run("sockets.httpx_keep_alive", 60).got == [20, 0.0]
    assert run("sockets.httpx_keep_alive", 1).got == [1, 0.0]


def test_httpx_times_out_in_virtual_time(run: Run) -> None:
    pytest.importorskip("httpx")
    assert run("sockets.httpx_times_out").got == [17.0]


def test_aiohttp_with_thread_hops_does_not_time_out_on_a_loaded_machine(run: Run, load: None) -> None:
    pytest.importorskip("aiohttp")
    del load
    first = run("sockets.aiohttp_connects", 50)
    assert first.got[:2] == [50, 50.0]
    assert run("sockets.aiohttp_connects", 50) == first
