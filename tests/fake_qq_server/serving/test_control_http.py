"""The control API's HTTP: who may ask, and what it makes of anything that is no request."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from fake_qq_server.serving import control_http
from fake_qq_server.serving.control_http import BODY_LIMIT
from tests.fake_qq_server.serving.served import TOKEN, Served, served

AUTH = {"Authorization": f"Bearer {TOKEN}"}


async def dialled(qq: Served) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", int(qq.url.rpartition(":")[2]))


async def asked(
    qq: Served, path: str, *, method: str = "GET", headers: Any = AUTH, data: Any = None
) -> tuple[int, Any]:
    async with qq.bot.http.request(method, qq.url + path, headers=headers, data=data) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": TOKEN}, {"Authorization": "Bearer "}],
)
@pytest.mark.parametrize("path", ["/state", "/openapi.json", "/nothing"])
async def test_without_the_token_nothing_is_told(headers: dict[str, str], path: str) -> None:
    async with served() as qq:
        status, said = await asked(qq, path, headers=headers)
        assert status == 401 and "control_token" in said["error"]


async def test_a_page_of_another_origin_is_refused_even_with_the_token() -> None:
    async with served() as qq:
        headers = {**AUTH, "Origin": "http://example.org"}
        status, said = await asked(qq, "/reset", method="POST", headers=headers)
        assert status == 403 and "Origin" in said["error"]


OWN = ("{url}", "http://localhost:{port}")
STRANGE = ("http://example.org:{port}", "http://127.0.0.1:1", "https://127.0.0.1:{port}", "null", "{url}/")


@pytest.mark.parametrize("origin", OWN)
async def test_the_consoles_own_page_may_ask_also_by_its_other_name(origin: str) -> None:
    async with served(console=True) as qq:
        origin = origin.format(url=qq.url, port=qq.url.rpartition(":")[2])
        headers = {**AUTH, "Origin": origin, "Host": origin.removeprefix("http://")}
        assert (await asked(qq, "/reset", method="POST", headers=headers))[0] == 200
        del headers["Authorization"]
        assert (await asked(qq, "/reset", method="POST", headers=headers))[0] == 401


@pytest.mark.parametrize("origin", STRANGE)
async def test_a_console_lets_no_other_page_ask(origin: str) -> None:
    async with served(console=True) as qq:
        headers = {**AUTH, "Origin": origin.format(url=qq.url, port=qq.url.rpartition(":")[2])}
        assert (await asked(qq, "/reset", method="POST", headers=headers))[0] == 403


async def test_a_name_of_somebody_elses_that_leads_here_is_no_origin_of_the_console() -> None:
    async with served(console=True) as qq:
        headers = {**AUTH, "Origin": "http://rebound.example:80", "Host": "rebound.example:80"}
        assert (await asked(qq, "/reset", method="POST", headers=headers))[0] == 403


async def test_without_a_console_its_page_is_not_there_and_its_origin_is_refused() -> None:
    async with served() as qq:
        assert (await asked(qq, "/console", headers={}))[0] == 401
        assert (await asked(qq, "/console"))[0] == 404
        assert (await asked(qq, "/reset", method="POST", headers={**AUTH, "Origin": qq.url}))[0] == 403


@pytest.mark.parametrize(
    ("method", "path", "data", "status", "why"),
    [
        ("GET", "/nothing", None, 404, "openapi.json"),
        ("DELETE", "/state", None, 405, "takes GET"),
        ("GET", "/records?after=x", None, 400, "after is a number"),
        ("GET", "/records?before=1", None, 400, "has no before"),
        ("POST", "/wait", b"{", 400, "no JSON"),
        ("POST", "/wait", b"[" * 100_000, 400, "no JSON"),
        ("POST", "/wait", b"[]", 400, "a JSON object"),
        ("POST", "/push", b"{}", 400, "do is missing"),
        ("POST", "/wait", b'{"kind": 1}', 400, "kind is string"),
        ("POST", "/wait", b'{"kind": "x", "timeout_s": 1e9}', 400, "from 0 to 600"),
        ("POST", "/wait", b'{"kind": "x", "count": true}', 400, "count is integer"),
        ("POST", "/dispatch", b'{"type": "C2C_MESSAGE_CREATE", "no name": 1}', 400, "no name"),
        ("POST", "/dispatch", b'{"type": "C2C_MESSAGE_CREATE", "self": 1}', 400, "takes no"),
        ("POST", "/reset", b'{"a": 1}', 400, "takes no body"),
        ("POST", "/sessions/7/expire", None, 404, "no session 7"),
        ("POST", "/push", b'{"do": {"close": {}}}', 400, "close"),
        ("PUT", "/rules", b'{"rules": [{"at": "1s"}]}', 400, "rules[0]"),
    ],
)
async def test_a_wrong_request_gets_one_sentence(
    method: str, path: str, data: Any, status: int, why: str
) -> None:
    async with served() as qq:
        got, said = await asked(qq, path, method=method, data=data)
        assert (got, why in said["error"]) == (status, True), said


async def test_a_body_has_a_limit() -> None:
    async with served() as qq:
        reader, writer = await dialled(qq)
        head = f"POST /reset HTTP/1.1\r\nHost: x\r\nContent-Length: {BODY_LIMIT + 1}\r\n\r\n"
        writer.write(head.encode() + b"x" * (BODY_LIMIT + 1))
        assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
        writer.transport.abort()


@pytest.mark.parametrize(
    "data", [b"\x16\x03\x01\x02\x00garbage\r\n\r\n", b"GET\r\n\r\n", b"\r\n" * 50 + b"x\r\n\r\n"]
)
async def test_noise_gets_400_and_the_end_of_its_connection(data: bytes) -> None:
    async with served() as qq:
        reader, writer = await dialled(qq)
        writer.write(data)
        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
        writer.close()
        assert (await asked(qq, "/state"))[0] == 200


async def test_one_connection_more_than_there_may_be_is_dropped_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(control_http, "MOST_CONNECTIONS", 2)
    async with served() as qq:
        held = [await dialled(qq) for _ in range(2)]
        for reader, writer in held:  # a connection is one of them once it is answered
            writer.write(b"GET /state HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 401 ")
        reader, writer = await dialled(qq)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        held[0][1].close()
        await held[0][1].wait_closed()
        for _, one in (*held[1:], (reader, writer)):
            one.transport.abort()


async def test_requests_on_one_connection_are_answered_in_order() -> None:
    async with served() as qq:
        reader, writer = await dialled(qq)
        auth = f"Host: x\r\nAuthorization: Bearer {TOKEN}\r\n"
        writer.write(
            f"GET /state HTTP/1.1\r\n{auth}\r\nGET /x HTTP/1.1\r\n{auth}Connection: close\r\n\r\n".encode()
        )
        got = await reader.read()
        assert got.startswith(b"HTTP/1.1 200 ") and b"HTTP/1.1 404 " in got
        writer.close()
