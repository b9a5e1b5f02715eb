"""TLS and the CONNECT proxy: a client that knows QQ's real URLs, and no others."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from fake_qq_server.serving.tls import QQ_HOSTS, environment
from tests.fake_qq_server.serving.served import PROGRAM, ended, first_line, program

pytest.importorskip("trustme")

LOGIN = {"appId": "1", "clientSecret": "one"}


@pytest.fixture
def at() -> Iterator[dict[str, Any]]:
    """A platform with both."""
    with program("--tls", "--proxy", "--log", "none") as child:
        yield first_line(child)
        assert ended(child)[0] == 0


def context(at: dict[str, Any]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=at["env"]["SSL_CERT_FILE"])


async def test_a_client_that_knows_only_the_real_urls_gets_to_hello(at: dict[str, Any]) -> None:
    proxy = at["env"]["HTTPS_PROXY"]
    async with httpx.AsyncClient(proxy=proxy, verify=context(at), trust_env=False) as http:
        got = (await http.post("https://bots.qq.com/app/getAppAccessToken", json=LOGIN)).json()
        auth = {"Authorization": f"QQBot {got['access_token']}"}
        urls = [(await http.get(f"https://{host}/gateway", headers=auth)).json()["url"] for host in QQ_HOSTS]
    assert set(urls) == {at["gateway"]} and at["gateway"].startswith("wss://127.0.0.1:")
    # Not aiohttp: its session is closed before its TLS connections are (its "Graceful Shutdown").
    async with connect(urls[0], ssl=context(at), proxy=None) as ws:
        assert json.loads(await ws.recv())["op"] == 10


@pytest.mark.parametrize("target", ["example.org:443", "bots.qq.com:80", "127.0.0.1:443"])
def test_every_other_host_is_refused_and_named(target: str) -> None:
    with program("--tls", "--proxy", "--log", "none") as child:
        port = int(first_line(child)["env"]["HTTPS_PROXY"].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
            assert client.recv(4096).startswith(b"HTTP/1.1 403 ")
        status, _, err = ended(child)
        assert (status, err) == (0, f"proxy: refused CONNECT {target}\n")


async def test_the_gateway_is_reached_through_the_proxy_too(at: dict[str, Any]) -> None:
    """As hermes-agent does it, whose WebSocket library is handed the proxy and no exceptions."""
    async with connect(at["gateway"], ssl=context(at), proxy=at["env"]["HTTPS_PROXY"]) as ws:
        assert json.loads(await ws.recv())["op"] == 10


def test_the_platform_says_nothing_of_tls_connections_that_end() -> None:
    with program("--tls", "--log", "none") as child:
        at = first_line(child)
        with httpx.Client(verify=context(at), trust_env=False) as http:
            http.get(at["api"] + "/gateway")
        status, _, err = ended(child)
        assert (status, err) == (0, "")


def test_a_client_that_does_not_trust_the_ca_harms_nobody_else(at: dict[str, Any]) -> None:
    with httpx.Client(trust_env=False) as http, pytest.raises(httpx.ConnectError):
        http.get(at["api"])
    with socket.create_connection(("127.0.0.1", at["ports"]["api"])) as noise:
        noise.sendall(b"GET / HTTP/1.1\r\n\r\n")
        noise.recv(100)
    with httpx.Client(verify=context(at), trust_env=False) as http:
        assert http.post(at["token"], json=LOGIN).status_code == 200


def test_a_close_that_is_a_fin_ends_a_tls_connection(at: dict[str, Any]) -> None:
    with httpx.Client(verify=context(at), trust_env=False) as http:
        assert http.get(at["api"] + "/x", headers={"Connection": "close"}).status_code == 404


def test_what_a_client_needs_is_printed_for_a_shell() -> None:
    with program("--tls", "--print-env") as child:
        needed = first_line(child)["env"]
        assert child.stdout is not None
        lines = [child.stdout.readline().strip() for _ in needed]
        assert lines == [f"export {name}={value}" for name, value in needed.items()]
        assert ended(child)[0] == 0


def test_what_a_killed_one_left_is_removed_by_the_next_and_nothing_of_one_that_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with program("--tls", "--log", "none") as killed, program("--tls", "--log", "none") as alive:
        left, kept = (Path(first_line(one)["env"]["SSL_CERT_FILE"]) for one in (killed, alive))
        ended(killed, signal.SIGKILL)
        assert left.exists()
        with program("--log", "none") as following:
            first_line(following)
            assert kept.exists() and not left.parent.exists()
            assert ended(following)[0] == 0
        assert ended(alive)[0] == 0
    assert list(tmp_path.iterdir()) == []


def test_a_proxy_without_tls_is_refused() -> None:
    done = subprocess.run([*PROGRAM, "--proxy"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "") and "--tls" in done.stderr


def test_without_a_proxy_none_is_named() -> None:
    assert "PROXY" not in json.dumps(environment(Path("/ca.pem"), None))
