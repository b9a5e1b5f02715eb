"""The fake's socket keeps RFC 6455: what the Autobahn test suite sends a server, in the same groups.

Its cases need a server that echoes, which a gateway is not: a heartbeat and its ack stand for the echo.
"""

from __future__ import annotations

import pytest

from fake_qq_server.wire import frames
from tests.fake_qq_server.faults.plain_client import plain_client
from tests.fake_qq_server.raw import masked

CONTINUED = 0x0
BEAT = b'{"op":1,"d":1}'
TEXT, ACK = masked(frames.TEXT, BEAT), "the ack"
PROTOCOL_ERROR, NO_UTF8, TOO_BIG = ["close 1002", "EOF"], ["close 1007", "EOF"], ["close 1009", "EOF"]


def with_rsv(bits: int, opcode: int = frames.TEXT) -> bytes:
    """A heartbeat with reserved bits."""
    plain = masked(opcode, BEAT)
    return bytes([plain[0] | bits << 4]) + plain[1:]


def closing(code: int, reason: bytes = b"") -> bytes:
    return masked(frames.CLOSE, code.to_bytes(2) + reason)


def parts(*pieces: bytes) -> bytes:
    """A heartbeat in these fragments."""
    last = len(pieces) - 1
    opcodes = [frames.TEXT, *[CONTINUED] * last]
    return b"".join(
        masked(opcode, piece, fin=n == last)
        for n, (opcode, piece) in enumerate(zip(opcodes, pieces, strict=True))
    )


PING = masked(frames.PING, b"hi")

CASES = {
    "2.2 a ping is answered with what it says": (PING, ["pong 'hi'"]),
    "2.4 a ping may have 125 bytes": (masked(frames.PING, b"x" * 125), [f"pong {'x' * 125!r}"]),
    "2.5 and no more": (masked(frames.PING, b"x" * 126), PROTOCOL_ERROR),
    "2.7 a pong that nobody asked for is nothing": (masked(frames.PONG, b"hi") + TEXT, [ACK]),
    "2.10 ten pings are answered in order": (
        b"".join(masked(frames.PING, b"%d" % n) for n in range(10)),
        [f"pong '{n}'" for n in range(10)],
    ),
    **{f"3.{bits} reserved bits {bits:03b}": (with_rsv(bits), PROTOCOL_ERROR) for bits in range(1, 8)},
    **{
        f"4.{opcode} the reserved opcode {opcode}": (masked(opcode, BEAT), PROTOCOL_ERROR)
        for opcode in (*range(3, 8), *range(11, 16))
    },
    "5.1 a ping in fragments": (masked(frames.PING, b"h", fin=False), PROTOCOL_ERROR),
    "5.3 a text in two fragments": (parts(BEAT[:4], BEAT[4:]), [ACK]),
    "5.5 one byte a fragment": (parts(*(BEAT[n : n + 1] for n in range(len(BEAT)))), [ACK]),
    "5.6 a ping between fragments is answered at once": (
        masked(frames.TEXT, BEAT[:4], fin=False) + PING + masked(CONTINUED, BEAT[4:]),
        ["pong 'hi'", ACK],
    ),
    "5.9 a continuation of nothing": (masked(CONTINUED, BEAT), PROTOCOL_ERROR),
    "5.18 a text within a text": (masked(frames.TEXT, b"{", fin=False) + TEXT, PROTOCOL_ERROR),
    "6.2 UTF-8 that is cut within a letter, in fragments": (
        parts(b'{"op":1,"d":1,"x":"\xe4', b'\xbd\xa0"}'),
        [ACK],
    ),
    "6.3 what is no UTF-8": (masked(frames.TEXT, b'{"op":1,"x":"\xce\xba\xed\xa0\x80"}'), NO_UTF8),
    "7.1 what follows a close is not read": (closing(1000) + TEXT, ["close 1000", "EOF"]),
    "7.3.1 a close without a code": (masked(frames.CLOSE, b""), ["close", "EOF"]),
    "7.3.2 a close with half a code": (masked(frames.CLOSE, b"\x03"), PROTOCOL_ERROR),
    "7.3.5 a close with a reason": (closing(1000, b"bye"), ["close 1000", "EOF"]),
    "7.5.1 a reason that is no UTF-8": (closing(1000, b"\xed\xa0\x80"), NO_UTF8),
    **{
        f"7.7 a close with {code}": (closing(code), [f"close {code}", "EOF"])
        for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
    },
    **{
        f"7.9 a close with {code}, which nobody may send": (closing(code), PROTOCOL_ERROR)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999)
    },
    "9.1 a text of a megabyte": (masked(frames.TEXT, BEAT[:-1] + b" " * (1 << 19) + b"}"), [ACK]),
    "10.1 a frame without a mask": (frames.encode(frames.TEXT, BEAT), PROTOCOL_ERROR),
}


@pytest.mark.parametrize(("written", "answered"), CASES.values(), ids=CASES)
async def test_a_client_that_writes_this_is_answered_as_the_rfc_says(
    written: bytes, answered: list[str]
) -> None:
    async with plain_client() as client:
        line = await client.ready()
        line.writer.write(written)
        told = [*await line.told(), *await client.later(line)]
    assert [words.partition(" '")[0] if words.startswith("close") else words for words in told] == answered
