"""What is written on one connection, made from a seed: garbage, damaged requests, good requests that say
anything, frames of every kind. Pure."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fake_qq_server.platform.protocol import CLOSE_CODES
from fake_qq_server.rules.verbs.registry import VERBS
from fake_qq_server.serving.control_routes import ROUTES, Route

WORDS = ["", "x", "C2C_MESSAGE_CREATE", "1", "2..", "ws.in", "0s", "é\u2028\ud800", "a" * 5000, *VERBS]
NUMBERS = [0, -1, 1, 2**31, 2**70, 1e308, 0.5, 4009, *CLOSE_CODES]
PIECES = 20
"""Inputs on one connection, of those kinds that have several."""

HEADS = (
    b"",
    b"GET / HTTP/1.1\r\n",
    b"GET /websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n",
    b"POST /app/getAppAccessToken HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)
"""What garbage may begin with: nothing, the beginnings of requests, HTTP/2, TLS."""

UPGRADE = (
    b"GET /websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)

API_PATHS = (
    "/gateway", "/gateway/bot", "/users/@me", "/users/@me/guilds", "/users/@me/dms", "/v2/users/U/messages",
    "/v2/groups/G/messages", "/channels/1/messages", "/dms/1/messages", "/v2/users/U/files", "/guilds/1",
    "/v2/users/U/stream_messages", "/v2/groups/G/members", "/guilds/1/members", "/channels/1/messages/M",
    "/v2/users/U/upload_prepare", "/interactions/I", "/media/x", "/%00/..%2f", "/app/getAppAccessToken",
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What an attacker of the worst kind knows: good credentials of the API, and the control API's token."""

    authorization: str
    control_token: str


@dataclass(frozen=True)
class Kind:
    """One kind of input. `hosts`: the ports that it goes to, by the names of the first line; `make`: the
    inputs of one connection, written one after the other, and where it is `greeted` the others only after
    the first is answered."""

    hosts: tuple[str, ...]
    make: Callable[[random.Random, Known], Iterator[bytes]]
    greeted: bool = False


def anything(chance: random.Random, depth: int = 3) -> Any:
    """Some JSON."""
    kind = chance.randrange(8 if depth else 6)
    if kind == 6:
        return [anything(chance, depth - 1) for _ in range(chance.randrange(4))]
    if kind == 7:
        return {chance.choice(WORDS): anything(chance, depth - 1) for _ in range(chance.randrange(4))}
    return chance.choice([None, True, False, chance.choice(NUMBERS), *[chance.choice(WORDS)] * 4])


def body_for(route: Route, chance: random.Random) -> Any:
    """A body for the control API: often of the right names, and of any values."""
    if route.body is None or chance.random() < 0.1:
        return anything(chance)
    body = {
        name: anything(chance) for name, one in route.body.items() if one.required or chance.random() < 0.5
    }
    if "do" in body and chance.random() < 0.5:
        body["do"] = {chance.choice(list(VERBS)): anything(chance)}
    if "timeout_s" in (route.body or {}):
        body["timeout_s"] = chance.choice([0, 0.001, -1, "x"])
    return body


# -- bytes


def _noise(chance: random.Random, known: Known) -> Iterator[bytes]:
    del known
    yield chance.choice(HEADS) + chance.randbytes(chance.randrange(600))


def _request(chance: random.Random, method: str, path: str, said: Any, authorization: str) -> bytes:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: {authorization}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("utf-8", "replace") + body


def _damaged(good: bytes, chance: random.Random) -> bytes:
    """With some bytes changed, cut out, doubled."""
    data = bytearray(good)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                del data[at : at + chance.randrange(1, 20)]
            case 2:
                data[at:at] = data[at : at + chance.randrange(1, 40)] * chance.randrange(1, 30)
            case 3:
                data[at:at] = chance.choice([b"\r\n", b"\r\n\r\n", b"\x00", b":", b" ", b"\xff" * 300])
        if not data:
            return b""
    return bytes(data)


def _damaged_request(chance: random.Random, known: Known) -> Iterator[bytes]:
    auth = chance.choice([known.authorization, f"Bearer {known.control_token}"])
    path = chance.choice([*API_PATHS, *(route.path for route in ROUTES)])
    good = _request(chance, chance.choice(["GET", "POST", "PUT"]), path, anything(chance), auth)
    yield _damaged(good, chance)


def _api_requests(chance: random.Random, known: Known) -> Iterator[bytes]:
    for _ in range(PIECES):
        said = {
            name: anything(chance)
            for name in ("content", "msg_type", "msg_id", "msg_seq", "markdown", "media", "file_type", "url")
            if chance.random() < 0.4
        }
        if chance.random() < 0.1:
            said = {"appId": "1", "clientSecret": anything(chance)}
        method = chance.choice(["GET", "POST", "POST", "POST", "PUT", "DELETE", "PATCH", "HEAD"])
        path = chance.choice(API_PATHS).replace("U", chance.choice(["U", f"U{chance.randrange(1 << 30)}"]))
        body = said if chance.random() < 0.8 else anything(chance)
        good = known.authorization if chance.random() < 0.9 else "QQBot x"
        yield _request(chance, method, path, body, good)


def _control_requests(chance: random.Random, known: Known) -> Iterator[bytes]:
    auth = f"Bearer {known.control_token}"
    for _ in range(PIECES - 1):
        route = chance.choice(ROUTES)
        path = route.path.replace("{bot}", chance.choice(["1", "x"])).replace("{session}", "1")
        if route.query:
            path += f"?after={chance.choice(['x', '9' * 30, '9' * 12, '', '-1', '9' * 15])}"
        yield _request(chance, route.method, path, body_for(route, chance), auth)
    yield _request(chance, "DELETE", "/rules", {}, auth)


def _damaged_upgrade(chance: random.Random, known: Known) -> Iterator[bytes]:
    del known
    yield _damaged(UPGRADE, chance)


# -- frames


def _frame(chance: random.Random, payload: bytes, opcode: int = 1, first: int | None = None) -> bytes:
    """One frame as a client writes it, masked."""
    mask = chance.randbytes(4)
    head = bytes([0x80 | opcode if first is None else first])
    size = len(payload)
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 1 << 16:
        head += b"\xfe" + struct.pack("!H", size)
    else:
        head += b"\xff" + struct.pack("!Q", size)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def _gateway_frame(chance: random.Random, known: Known) -> bytes:
    said: dict[str, Any] = {"op": chance.choice([0, 1, 2, 6, 7, 9, 10, 11, 12, 13, anything(chance)])}
    d: Any = anything(chance)
    if chance.random() < 0.7:
        d = {
            "token": chance.choice([known.authorization, known.authorization, anything(chance)]),
            "intents": chance.choice([0, 1 << 25, 513, 2**70, anything(chance)]),
            "shard": chance.choice([[0, 1], [5, 2], anything(chance)]),
            "session_id": anything(chance),
            "seq": anything(chance),
        }
    if said["op"] == 1 and chance.random() < 0.5:
        d = chance.choice([None, 0, 1, 2**70])
    said |= {"d": d} if chance.random() < 0.95 else {}
    return _frame(chance, json.dumps(said).encode())


def _any_frame(chance: random.Random, known: Known) -> bytes:
    match chance.randrange(12):
        case 0:  # any first byte, any payload
            return _frame(chance, chance.randbytes(chance.randrange(300)), first=chance.randrange(256))
        case 1:  # no UTF-8
            return _frame(chance, chance.randbytes(chance.randrange(1, 100)))
        case 2:  # a length that is a lie
            return b"\x81\xff" + struct.pack("!Q", chance.choice([2**63, 2**40, 2**20 + 1])) + b"mask"
        case 3:
            return _frame(chance, chance.randbytes(chance.randrange(200)), opcode=chance.choice([8, 9, 10]))
        case 4:
            return chance.randbytes(chance.randrange(1, 30))
        case 5:  # nested deeper than Python reads
            return _frame(chance, b'{"op":1,"d":' + b"[" * chance.choice([10, 3000, 50_000]))
        case 6:  # a beginning without an end
            return _frame(chance, b"{", first=chance.choice([0x01, 0x02, 0x00]))
        case _:
            return _gateway_frame(chance, known)


def _frames(chance: random.Random, known: Known) -> Iterator[bytes]:
    """An upgrade, and frames until one of them ends the connection."""
    harmless = chance.random() < 0.5
    make = _gateway_frame if harmless else _any_frame
    yield UPGRADE
    for _ in range(PIECES - 1):
        yield make(chance, known)


KINDS = {
    "noise": Kind(("token", "api", "ws", "control"), _noise),
    "damaged requests": Kind(("token", "api", "control"), _damaged_request),
    "API requests": Kind(("token", "api"), _api_requests),
    "damaged upgrades": Kind(("ws",), _damaged_upgrade),
    "frames": Kind(("ws",), _frames, greeted=True),
    "control requests": Kind(("control",), _control_requests),
}
