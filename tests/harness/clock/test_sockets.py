"""Sockets used synchronously, and polled."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def test_recv_times_out_in_virtual_time(run: Run) -> None:
    assert run("sockets.recv_times_out").got == ["timed out", 30.0, 30.0, 60.0]


def test_connect_and_accept_wait_in_virtual_time(run: Run) -> None:
    assert run("sockets.connect_refused_and_accept").got == ["refused", 111, 8.0, 10.0]


@pytest.mark.parametrize("kind", ["asyncio", "a time-out"])
def test_a_refusal_that_the_kernel_gives_late_is_one_all_the_same(run: Run, kind: str) -> None:
    """An old connection in TIME_WAIT delays it by some real milliseconds."""
    found = run("sockets.refused_where_an_old_connection_is_in_time_wait", kind)
    assert found.got == ["ConnectionRefusedError", 0.0]


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
