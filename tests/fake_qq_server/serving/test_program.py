"""The fake as a program: the first line, a client, signals, ports."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import aiohttp
import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from tests.fake_qq_server.serving.served import PROGRAM, client_of, ended, first_line, program

COMMANDS = {"module": PROGRAM, "qqchaos": (sys.executable, "-u", "-m", "harness.cli", "serve")}
"""The two commands that serve; all else is the same."""


@pytest.fixture(params=COMMANDS.values(), ids=list(COMMANDS))
def command(request: pytest.FixtureRequest) -> tuple[str, ...]:
    found: tuple[str, ...] = request.param
    return found


def a_port_base() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1]) % 20000 + 11000


async def test_a_bot_connects_is_told_and_answers(command: tuple[str, ...]) -> None:
    with program("--log", "json", command=command) as child:
        at = first_line(child)
        async with httpx.AsyncClient(trust_env=False) as http, aiohttp.ClientSession() as session:
            got = (await http.post(at["token"], json={"appId": "any", "clientSecret": "any"})).json()
            auth = {"Authorization": f"QQBot {got['access_token']}"}
            url = (await http.get(at["api"] + "/gateway", headers=auth)).json()["url"]
            assert url == at["gateway"]
            async with session.ws_connect(url) as ws:
                assert (await ws.receive_json())["op"] == 10
                await ws.send_json({"op": 2, "d": {"token": auth["Authorization"], "intents": 1 << 25}})
                assert (await ws.receive_json())["t"] == "READY"
                (id,) = client_of(at).dispatch("C2C_MESSAGE_CREATE", text="hello")["ids"]
                event = (await ws.receive_json())["d"]
                path = f"{at['api']}/v2/users/{event['author']['user_openid']}/messages"
                message = {"content": "hello yourself", "msg_type": 0, "msg_id": id}
                assert (await http.post(path, headers=auth, json=message)).status_code == 200
        assert client_of(at).sends()[0]["text"] == "hello yourself"
        status, out, err = ended(child)
        told = [json.loads(text)["k"] for text in out.splitlines()]
        assert (status, err) == (0, "") and told[:3] == ["link.open", "http.request", "http.answer"]
        assert {"ws.connect", "session", "ws.in", "ws.out", "event.sent", "http.send"} <= set(told)


def test_the_version_is_that_of_the_package() -> None:
    done = subprocess.run([*PROGRAM, "--version"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"qqchaos {version('qqchaos')}\n", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(command: tuple[str, ...], number: signal.Signals) -> None:
    with program(command=command) as child:
        first_line(child)
        assert ended(child, number) == (0, "", "")


def test_the_ready_file_is_whole_and_for_its_owner_only(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    with program("--ready-file", str(ready)) as child:
        at = first_line(child)
        assert json.loads(ready.read_text()) == at and ready.stat().st_mode & 0o077 == 0
        assert [one.name for one in tmp_path.iterdir()] == ["ready.json"]


def test_the_console_is_in_the_first_line_and_on_stderr_and_is_there(command: tuple[str, ...]) -> None:
    with program("--console", command=command) as child:
        at = first_line(child)
        assert at["console"] == f"{at['control']}/console#token={at['control_token']}"
        with httpx.Client(trust_env=False) as http:
            assert http.get(at["console"]).headers["Content-Type"] == "text/html; charset=utf-8"
        assert ended(child) == (0, "", f"console: {at['console']}\n")


def test_without_being_asked_for_there_is_no_console() -> None:
    with program() as child:
        at = first_line(child)
        with httpx.Client(trust_env=False) as http:
            assert ("console" in at, http.get(at["control"] + "/console").status_code) == (False, 401)


def test_a_ready_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    name = str(tmp_path / "none" / "ready.json")
    done = subprocess.run([*PROGRAM, "--ready-file", name], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert str(tmp_path / "none") in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_taken_port_is_named_in_one_sentence(command: tuple[str, ...]) -> None:
    base = a_port_base()
    with program("--port-base", str(base)) as child:
        assert list(first_line(child)["ports"].values()) == [base, base + 1, base + 2, base + 3]
        done = subprocess.run(
            [*command, "--port-base", str(base)], capture_output=True, text=True, timeout=60
        )
        by = "" if command is PROGRAM else "qqchaos: "
        said = f"{by}cannot serve: port {base} of 127.0.0.1 is taken\n"
        assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_a_taken_control_port_is_named_too() -> None:
    base = a_port_base()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", base + 3))
        taken.listen()
        done = subprocess.run(
            [*PROGRAM, "--port-base", str(base)], capture_output=True, text=True, timeout=60
        )
    assert (done.returncode, done.stderr) == (2, f"cannot serve: port {base + 3} of 127.0.0.1 is taken\n")


def test_its_ports_can_be_had_again_at_once_though_a_client_was_connected() -> None:
    base = a_port_base()
    with program("--port-base", str(base)) as child:
        at = first_line(child)
        clients = [socket.create_connection(("127.0.0.1", port)) for port in at["ports"].values()]
        client_of(at).wait("link.open", count=3)
        assert ended(child)[0] == 0  # the fake closes first: its side of each is in TIME_WAIT
        for client in clients:
            client.close()
    with program("--port-base", str(base)) as child:
        assert first_line(child)["ports"] == at["ports"]
        assert ended(child)[0] == 0


def test_a_reader_that_leaves_ends_it_quietly() -> None:
    with program("--log", "json") as child:
        at = first_line(child)
        assert child.stdout is not None and child.stderr is not None
        child.stdout.close()
        with httpx.Client(trust_env=False) as http, suppress(httpx.HTTPError):
            http.post(at["token"], timeout=5)
        assert (child.wait(timeout=60), child.stderr.read()) == (0, "")
        child.stdout = None


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (["--bot", "7"], "APPID:SECRET"),
        (["--bot", "7:a", "--bot", "7:b"], "twice"),
        (["--port-base", "0"], "no port"),
        (["--port-base", "65533"], "no port"),
        (["--bind", "::1"], "IPv4"),
        (["--set", "heartbeat=1"], "heartbeat_ms"),
        (["--set", "heartbeat_ms=soon"], "is a number"),
        (["--gateway-url", "http://x"], "ws://"),
        (["--log", "xml"], "invalid choice"),
        (["--profile", "harsh"], "invalid choice"),
        (["--speed", "0"], "from 1 to 1000"),
        (["--seed", "9" * 20], "no whole number up to 9223372036854775807"),
        (["--speed", "nan"], "from 1 to 1000"),
        (["x", "y"], "unrecognized"),
    ],
)
def test_wrong_usage_exits_with_2(command: tuple[str, ...], wrong: list[str], why: str) -> None:
    done = subprocess.run([*command, *wrong], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (2, "") and why in done.stderr


def test_what_is_advertised_is_what_bots_are_told() -> None:
    front = ["--advertise", "qq.test", "--gateway-url", "wss://qq.test/websocket"]
    with program(*front, "--bind", "0.0.0.0") as child:
        at = first_line(child)
        assert at["gateway"] == "wss://qq.test/websocket" and at["api"].startswith("http://qq.test:")
        base = f"http://127.0.0.1:{at['ports']['api']}"
        with httpx.Client(trust_env=False) as http:
            token = f"http://127.0.0.1:{at['ports']['token']}/app/getAppAccessToken"
            got = http.post(token, json={"appId": "1", "clientSecret": "1"}).json()
            auth = {"Authorization": f"QQBot {got['access_token']}"}
            assert http.get(base + "/gateway", headers=auth).json() == {"url": at["gateway"]}
        status, _, err = ended(child)
        assert status == 0 and err.startswith("warning: anybody who reaches 0.0.0.0")


async def test_a_strict_platform_closes_a_connection_without_heartbeats() -> None:
    with program("--profile", "strict", "--set", "heartbeat_ms=50", "--log", "none") as child:
        async with connect(first_line(child)["gateway"], proxy=None) as ws:
            assert json.loads(await ws.recv())["d"] == {"heartbeat_interval": 50}
            with pytest.raises(ConnectionClosedError) as closed:
                await ws.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4009
        assert ended(child) == (0, "", "")


async def test_a_faster_clock_tells_clients_durations_in_their_own_time() -> None:
    with program("--speed", "100", "--log", "json") as child:
        at = first_line(child)
        async with httpx.AsyncClient(trust_env=False) as http:
            got = (await http.post(at["token"], json={"appId": "any", "clientSecret": "any"})).json()
        async with connect(at["gateway"], proxy=None) as ws:
            assert json.loads(await ws.recv())["d"] == {"heartbeat_interval": 412}
        assert 60 <= int(got["expires_in"]) <= 72
        status, out, err = ended(child)
        assert (status, err) == (0, "")
        assert json.loads(out.splitlines()[0])["d"] == {"speed": 100.0, "forward_us": 0}


async def test_a_token_expires_so_many_times_as_soon() -> None:
    with program("--speed", "1000", "--set", "token_life_s=300", "--log", "none") as child:
        at = first_line(child)
        async with httpx.AsyncClient(trust_env=False) as http:
            got = (await http.post(at["token"], json={"appId": "any", "clientSecret": "any"})).json()
            auth = {"Authorization": f"QQBot {got['access_token']}"}
            async with asyncio.timeout(60):
                while (await http.get(at["api"] + "/gateway", headers=auth)).status_code != 401:
                    await asyncio.sleep(0.05)
        assert ended(child) == (0, "", "")


def test_only_the_credentials_that_are_given_are_good() -> None:
    with (
        program("--bot", "7:seven", "--set", "token_life_s=90") as child,
        httpx.Client(trust_env=False) as http,
    ):
        at = first_line(child)
        asks = [{"appId": "7", "clientSecret": "no"}, {"appId": "8", "clientSecret": "seven"}]
        assert [http.post(at["token"], json=ask).json()["code"] for ask in asks] == [100016, 10004]
        good = http.post(at["token"], json={"appId": "7", "clientSecret": "seven"}).json()
        assert good["expires_in"] in ("89", "90")
