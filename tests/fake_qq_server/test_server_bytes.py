"""The whole fake by the byte: what a correct, a strange or a hostile HTTP or WebSocket client gets."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest

from fake_qq_server.platform.options import Options
from tests.fake_qq_server.front import Watch, bot_of, fake_with, kinds, sockets
from tests.fake_qq_server.raw import UPGRADE, masked, raw, request

# -- HTTP


async def test_pipelined_requests_are_answered_in_order_on_one_connection() -> None:
    async with fake_with() as front, raw(front, "api") as line:
        line.write(request(path="/nowhere") + request(path="/gateway") + request("DELETE", "/gateway"))
        heads = []
        for _ in range(3):
            heads.append((await line.head()).split(b" ")[1])
            await line.reader.readuntil(b"}")
        assert heads == [b"404", b"401", b"405"]
        assert [about.req for _, _, about in front.all("http.request")] == [1, 2, 3]


async def test_a_request_may_come_in_single_bytes() -> None:
    async with fake_with(delay_us=0) as front, raw(front, "api") as line:
        for byte in request():
            line.write(bytes([byte]))
            await asyncio.sleep(0)
        assert (await line.head()).startswith(b"HTTP/1.1 401 ")


async def test_a_client_that_expects_100_continue_gets_it() -> None:
    body = json.dumps({"appId": "app1", "clientSecret": "secret1"}).encode()
    head, _, rest = request(
        "POST", "/app/getAppAccessToken", "Content-Type: application/json", "Expect: 100-continue", body=body
    ).partition(b"\r\n\r\n")
    async with fake_with() as front, raw(front, "token") as line:
        line.write(head + b"\r\n\r\n")
        assert (await line.head()).startswith(b"HTTP/1.1 100 ")
        line.write(rest)
        assert (await line.head()).startswith(b"HTTP/1.1 200 ")


async def test_head_has_no_body_and_the_connection_goes_on() -> None:
    async with fake_with() as front, raw(front, "api") as line:
        line.write(request("HEAD") + request())
        assert (await line.head()).startswith(b"HTTP/1.1 405 ")
        assert (await line.head()).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(
    "closing", [request(path="/x").replace(b"1.1", b"1.0"), request("GET", "/x", "Connection: close")]
)
async def test_a_client_that_wants_it_gets_eof_after_the_answer(closing: bytes) -> None:
    async with fake_with() as front, raw(front, "api") as line:
        line.write(closing)
        assert (await line.reader.read(-1)).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("host", ["token", "api", "ws"])
@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"no request\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
        b"GET /\r\nHost x\r\n\r\n",
    ],
)
async def test_what_is_no_request_gets_400_and_eof(host: str, noise: bytes) -> None:
    async with fake_with() as front, raw(front, host) as line:
        line.write(noise)
        assert (await line.reader.read(-1)).startswith(b"HTTP/1.1 400 ")
        await front.until("link.close", by="peer", how="fin")


@pytest.mark.parametrize("host", ["api", "ws"])
async def test_a_head_beyond_64_kib_is_turned_down(host: str) -> None:
    async with fake_with() as front, raw(front, host) as line:
        line.write(b"GET / HTTP/1.1\r\nHost: " + b"x" * 70_000)
        assert (await line.reader.read(-1)).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("host", ["api", "ws"])
async def test_an_incomplete_head_is_kept_and_gets_no_answer(host: str) -> None:
    async with fake_with() as front, raw(front, host) as line:
        line.write(b"GET / HTTP/1.1\r\nHost:")
        await line.silence()


async def test_media_in_a_body_of_megabytes_is_read() -> None:
    async with fake_with() as front, bot_of(front) as bot:
        await bot.token()
        async with bot.post("/v2/users/u/files", {"file_type": 1, "file_data": "x" * 5_000_000}) as answer:
            assert answer.status == 200


# -- WebSocket


@pytest.mark.parametrize(
    "head, statuses",
    [
        (UPGRADE.replace(b"Version: 13", b"Version: 8") % b"/", (400,)),
        (UPGRADE.replace(b"Connection: Upgrade", b"Connection: close") % b"/", (426,)),
        ((UPGRADE % b"/").replace(b"GET", b"POST"), (400, 405)),  # 405 from websockets 17 on
        (b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n" + b"a: b\r\n" * 500 + b"\r\n", (400,)),
    ],
)
async def test_a_bad_upgrade_is_turned_down_and_recorded_as_it_was(
    head: bytes, statuses: tuple[int, ...]
) -> None:
    async with fake_with() as front, raw(front) as line:
        line.write(head)
        status = int((await line.reader.read(-1)).split(b" ", 2)[1])
        assert status in statuses
        assert front.one("ws.connect")[1].status == status


async def test_hello_comes_in_a_packet_of_its_own() -> None:
    async with fake_with() as front, raw(front) as line:
        line.write(UPGRADE % b"/websocket")
        assert (await line.read()).endswith(b"\r\n\r\n")
        assert json.loads((await line.frame())[1])["op"] == 10


async def test_fragments_and_binary_frames_are_read_and_pings_answered() -> None:
    async with fake_with() as front, raw(front) as line:
        await line.upgraded()
        line.write(masked(1, b'{"op"', fin=False) + masked(9, b"are you there?") + masked(0, b":1}"))
        assert sorted([await line.frame(), await line.frame()]) == [
            (1, b'{"op":11}'),
            (0xA, b"are you there?"),
        ]
        line.write(masked(2, b'{"op":1}'))
        assert json.loads((await line.frame())[1]) == {"op": 11}
        assert [event.op for _, event, _ in front.all("ws.in")] == ["heartbeat"] * 2


@pytest.mark.parametrize(
    "sent, code",
    [
        (masked(1, b"x" * 1_100_000), 1009),
        (masked(0, b"continues nothing"), 1002),
        (masked(3, b"no opcode"), 1002),
        (masked(8, (5000).to_bytes(2)), 1002),
        (b"\x81\x01x", 1002),  # not masked
        (masked(1, b"no json"), 4002),
        (masked(1, b"\xff\xfe"), 1007),
    ],
)
async def test_what_the_platform_cannot_read_is_closed_and_recorded(sent: bytes, code: int) -> None:
    async with fake_with() as front, raw(front) as line:
        await line.upgraded()
        line.write(sent)
        opcode, payload = await line.frame()
        assert (opcode, int.from_bytes(payload[:2])) == (8, code)
        assert front.one("ws.out", op="close")[1].code == code


async def test_a_clients_close_is_echoed_and_recorded() -> None:
    async with fake_with() as front, raw(front) as line:
        await line.upgraded()
        line.write(masked(1, b"no json") + masked(8, (1000).to_bytes(2) + b"bye"))
        assert await line.frame() == (8, (1000).to_bytes(2) + b"bye")
        assert await line.ends() == "EOF"
        assert kinds(front, ["ws.in", "ws.out", "link.close"])[-3:] == ["ws.in", "ws.out", "link.close"]
        assert front.one("ws.out", op="close")[2].cause == front.one("ws.in", op="close")[0]


async def test_missing_heartbeats_close_the_connection_where_a_limit_is_set() -> None:
    options = Options(heartbeat_ms=30, heartbeat_timeout=1.5)
    async with fake_with(options=options) as front, bot_of(front) as bot:
        ws = await bot.ready()
        watch = Watch()
        await ws.beat()
        assert await ws.names(1) == [11]
        assert await ws.closed() == (4009, "Session timed out")
        assert watch.ms >= 44


# -- sockets


async def test_nagle_is_off_and_numbers_are_ordinals() -> None:
    async with fake_with() as front, raw(front) as one, raw(front) as two, raw(front, "api"):
        await one.upgraded()
        await two.upgraded()
        await front.until("link.open", 3)
        opened = [(event.host, about.conn) for _, event, about in front.all("link.open")]
        assert sorted(opened) == [("api", 1), ("ws", 1), ("ws", 2)]
        for connection in front.fake.listeners["ws"].sockets.values():
            sock = connection.transport.get_extra_info("socket")
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_stopping_leaves_no_socket() -> None:
    before = sockets()
    rules = [{"link": "token", "do": "refuse"}, {"link": "ws.up", "do": "stall"}]
    async with fake_with(*rules) as front:
        for _ in range(3):
            async with raw(front), raw(front, "api") as line:
                line.write(b"GET")
                await asyncio.sleep(0.005)
        for _ in range(10):  # not even accepted yet
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", front.fake.addresses.ports["ws"]))
            sock.close()
    await asyncio.sleep(0.01)
    assert sockets() <= before


async def test_an_error_inside_the_fake_goes_to_on_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("fake_qq_server.platform.rest.respond", broken)
    async with fake_with(may_fail=True) as front, raw(front, "api") as line:
        line.write(request())
        await line.silence()
        assert [type(error) for error in front.errors] == [ZeroDivisionError]


async def test_an_error_inside_the_fake_goes_to_the_loops_handler_by_default() -> None:
    told: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(type(context["exception"])))
    try:
        async with fake_with() as front:
            front.fake.on_error = front.fake.stage.report_to_loop
            front.fake.stage.later(0, lambda: 1 // 0)
            await asyncio.sleep(0.01)
    finally:
        loop.set_exception_handler(None)
    assert told == [ZeroDivisionError]
