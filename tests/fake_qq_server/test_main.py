"""The fake on its own: a program, a client, Ctrl-C."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import aiohttp
import httpx
import pytest

PROGRAM = [sys.executable, "-u", "-m", "fake_qq_server"]


@contextmanager
def program(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline()


def interrupted(child: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """Ctrl-C: what was printed since, as JSON Lines."""
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=10)
    assert (child.returncode, err) == (130, "")
    return [json.loads(text) for text in out.splitlines()]


async def test_a_bot_connects_and_is_answered() -> None:
    with program("--bot", "7:seven", "--json") as child:
        at = json.loads(line(child))
        async with httpx.AsyncClient(trust_env=False) as http, aiohttp.ClientSession() as session:
            got = (await http.post(at["token"], json={"appId": "7", "clientSecret": "seven"})).json()
            auth = {"Authorization": f"QQBot {got['access_token']}"}
            url = (await http.get(at["api"] + "/gateway", headers=auth)).json()["url"]
            assert url == at["gateway"]
            async with session.ws_connect(url) as ws:
                assert (await ws.receive_json())["op"] == 10
                await ws.send_json({"op": 2, "d": {"token": auth["Authorization"], "intents": 1 << 25}})
                assert (await ws.receive_json())["t"] == "READY"
                await ws.send_json({"op": 1, "d": 1})
                assert (await ws.receive_json())["op"] == 11
                message = {"content": "hello", "msg_type": 0}
                sent = await http.post(at["api"] + "/v2/users/U/messages", headers=auth, json=message)
                assert sent.status_code == 200 and sent.json()["id"].startswith("ROBOT1.0_")
        told = [record["k"] for record in interrupted(child)]
    assert told[:3] == ["link.open", "http.request", "http.answer"]
    assert {"ws.connect", "session", "ws.in", "ws.out"} <= set(told)


def test_plain_lines_name_three_addresses_first() -> None:
    with program() as child:
        assert [line(child).split()[0] for _ in range(3)] == ["token", "api", "gateway"]
        assert interrupted(child) == []


def test_a_port_base_gives_three_ports_in_a_row_and_is_not_shared() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        base = free.getsockname()[1] % 20000 + 11000
    with program("--port-base", str(base)) as child:
        ports = [int(line(child).rsplit(":", 1)[1].split("/")[0]) for _ in range(3)]
        assert ports == [base, base + 1, base + 2]
        second = subprocess.run(
            [*PROGRAM, "--port-base", str(base)], capture_output=True, text=True, timeout=10
        )
        assert (second.returncode, second.stdout) == (2, "")
        assert second.stderr.startswith("cannot serve: ")


@pytest.mark.parametrize(
    "wrong", [["--bot", "7"], ["--port-base", "0"], ["--bot", "7:a", "--bot", "7:b"], ["x"]]
)
def test_wrong_usage_exits_with_2(wrong: list[str]) -> None:
    done = subprocess.run([*PROGRAM, *wrong], capture_output=True, text=True, timeout=10)
    assert (done.returncode, done.stdout) == (2, "") and "usage:" in done.stderr


def test_a_reader_that_leaves_ends_it_quietly() -> None:
    with program("--json") as child:
        at = json.loads(line(child))
        assert child.stdout is not None and child.stderr is not None
        child.stdout.close()
        with httpx.Client(trust_env=False) as http, suppress(httpx.HTTPError):
            http.post(at["token"], timeout=5)
        assert (child.wait(timeout=10), child.stderr.read()) == (130, "")
        child.stdout = None
