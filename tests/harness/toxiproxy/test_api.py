"""What the thin module makes of toxiproxy-python: each known weakness of it, and what is done instead."""

from __future__ import annotations

import http.server
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from harness.errors import HarnessError
from harness.toxiproxy import api, server
from harness.toxiproxy.api import Api

LATENCY = {
    "name": "late",
    "type": "latency",
    "stream": "upstream",
    "toxicity": 1.0,
    "attributes": {"latency": 5},
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def with_proxy(one: server.Server, port: int = 0) -> Api:
    asked = Api(one.host, one.port)
    asked.create("p", "127.0.0.1:9", f"127.0.0.1:{port or free_port()}")
    return asked


def toxics(one: server.Server) -> Any:
    return requests.get(f"http://127.0.0.1:{one.port}/proxies/p/toxics", timeout=5).json()


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A server that answers everything with this status; its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as one:
        thread = threading.Thread(target=one.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield one.server_port
        finally:
            one.shutdown()
            thread.join()


def test_a_toxic_comes_on_is_changed_and_goes(running: server.Server) -> None:
    asked = with_proxy(running)
    asked.add("p", LATENCY)
    assert toxics(running) == [{**LATENCY, "attributes": {"latency": 5, "jitter": 0}}]
    asked.change("p", {**LATENCY, "attributes": {"latency": 9}})
    assert toxics(running)[0]["attributes"]["latency"] == 9
    asked.remove("p", "late")
    assert toxics(running) == []


def test_a_disabled_proxy_refuses_and_an_enabled_one_does_not(running: server.Server) -> None:
    port = free_port()
    asked = with_proxy(running, port)
    asked.enable("p", False)
    with socket.socket() as sock:
        assert sock.connect_ex(("127.0.0.1", port)) != 0
    asked.enable("p", True)
    with socket.socket() as sock:
        assert sock.connect_ex(("127.0.0.1", port)) == 0


def test_servers_at_the_same_time_do_not_get_each_others_requests(running: server.Server) -> None:
    with server.running() as other:
        asked = with_proxy(running), with_proxy(other)
        threads = [threading.Thread(target=one.add, args=("p", {**LATENCY, "name": str(n)}))
                   for n, one in enumerate(asked * 10)]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [{int(toxic["name"]) % 2 for toxic in toxics(one)} for one in (running, other)] == [{0}, {1}]


@pytest.mark.parametrize(
    ("toxic", "said"),
    [
        ({**LATENCY, "type": "lateness"}, "refuses lateness: invalid toxic type"),
        ({**LATENCY, "stream": "sideways"}, "refuses latency: .*stream"),
        ({**LATENCY, "attributes": {"latency": "soon"}}, "refuses latency: "),
    ],
)
def test_a_wrong_toxic_is_one_sentence(running: server.Server, toxic: Any, said: str) -> None:
    with pytest.raises(HarnessError, match=f"^Toxiproxy {said}"):
        with_proxy(running).add("p", toxic)


def test_a_port_that_somebody_has_is_one_sentence(running: server.Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        with pytest.raises(HarnessError, match=rf"no proxy on 127\.0\.0\.1:{port}: .*address already in use"):
            with_proxy(running, port)


def test_an_answer_of_500_is_an_error() -> None:
    with (
        answering(500) as port,
        pytest.raises(HarnessError, match=r"says no version: 500: it does not say why"),
    ):
        Api("127.0.0.1", port).version()


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(HarnessError, match=r"^no Toxiproxy answers at 127.0.0.1:9$"):
        Api("127.0.0.1", 9).version()


def test_a_server_that_does_not_answer_is_waited_for_no_longer_than_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(api, "TIMEOUT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(HarnessError, match=r"[Tt]imed out"):
        Api("127.0.0.1", silent.getsockname()[1]).version()


def test_a_proxy_for_http_is_not_used(running: server.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert Api(running.host, running.port).version()


def test_nobody_who_does_not_use_the_lane_imports_the_package() -> None:
    code = (
        "import sys, harness.cli, harness.commands.run, harness.commands.machine, harness.pytest_plugin\n"
        "sys.exit(bool({'toxiproxy', 'requests'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
