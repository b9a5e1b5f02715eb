"""HTTP and WebSocket clients: keep-alive, time-outs and thread hops in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]


def test_a_blocking_server_in_a_thread_serves_a_loop_in_another(run: Run) -> None:
    assert run("http_clients.blocking_server").got == ["3.0", "6.0", "9.0"]


def test_httpx_keep_alive_expires_in_virtual_time(run: Run) -> None:
    pytest.importorskip("httpx")
    assert run("http_clients.httpx_keep_alive", 60).got == [20, 0.0]
    assert run("http_clients.httpx_keep_alive", 1).got == [1, 0.0]


def test_httpx_times_out_in_virtual_time(run: Run) -> None:
    pytest.importorskip("httpx")
    assert run("http_clients.httpx_times_out").got == [17.0]


def test_aiohttp_with_thread_hops_does_not_time_out_on_a_loaded_machine(run: Run, load: None) -> None:
    pytest.importorskip("aiohttp")
    del load
    first = run("http_clients.aiohttp_connects", 50)
    assert first.got[:2] == [50, 50.0]
    assert run("http_clients.aiohttp_connects", 50) == first
