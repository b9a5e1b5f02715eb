"""The platform in a thread of this process."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
from freezegun import freeze_time

from fake_qq_server.client import Client
from fake_qq_server.platform.platform import Platform
from fake_qq_server.serving.options import Settings
from fake_qq_server.serving.threaded import ServerFailed, ThreadedServer


def client_of(server: ThreadedServer) -> Client:
    return Client(server.ready["control"], server.ready["control_token"])


def log_in(server: ThreadedServer) -> httpx.Response:
    with httpx.Client(trust_env=False) as http:
        return http.post(server.ready["token"], json={"appId": "7", "clientSecret": "any"})


def test_it_serves_from_the_beginning_to_the_end_of_a_with_statement(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = threading.active_count()
    with ThreadedServer() as server:
        assert log_in(server).status_code == 200
        assert [bot["app_id"] for bot in client_of(server).bots()] == ["7"]
    assert threading.active_count() == before and capsys.readouterr() == ("", "")
    with pytest.raises(OSError, match="refused"):
        client_of(server).state()


def test_two_have_nothing_in_common() -> None:
    with ThreadedServer() as one, ThreadedServer() as other:
        log_in(one)
        assert client_of(other).bots() == []


def test_its_time_passes_where_a_test_stops_its_own() -> None:
    with ThreadedServer() as server, freeze_time("2030-01-01"):
        before = client_of(server).state()["now_us"]
        assert not client_of(server).wait("session", timeout_s=0.01)["met"]
        assert client_of(server).state()["now_us"] - before >= 10_000


def test_with_tls_it_says_what_a_bot_needs_in_its_environment() -> None:
    with ThreadedServer(Settings(tls=True, proxy=True)) as server:
        assert server.ready["token"].startswith("https://")
        assert {"SSL_CERT_FILE", "HTTPS_PROXY"} <= set(server.ready["env"])


def test_a_taken_port_is_named() -> None:
    with ThreadedServer() as server:
        base = server.ready["ports"]["token"]
        with pytest.raises(OSError, match=f"port {base} of 127.0.0.1 is taken"):
            ThreadedServer(Settings(port_base=base)).__enter__()


def test_a_failure_of_its_own_is_told_by_check_and_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*arguments: Any) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(Platform, "bot_that_logs_in", broken)
    server = ThreadedServer()
    with pytest.raises(ServerFailed, match="itself failed") as caught, server:
        with pytest.raises(httpx.HTTPError):
            log_in(server)
        with pytest.raises(ServerFailed):
            server.check()
    assert str(caught.value.__cause__) == "planted"
    assert "RuntimeError: planted" in capsys.readouterr().err
