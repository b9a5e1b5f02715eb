"""An encoder for WebSocket frames that a correct library refuses to send (RFC 6455, section 5.2).

websockets will not write close codes 1005, 1006, 5000 or above, nor reserved bits; real networks and real
servers do. Frames from a server are not masked. Pure.
"""

from __future__ import annotations

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA


def encode(opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0) -> bytes:
    """One frame as a server writes it. `rsv` is the three reserved bits as a number from 0 to 7."""
    first = (0x80 if fin else 0) | (rsv << 4) | opcode
    length = len(payload)
    if length < 126:
        head = bytes([first, length])
    elif length < 1 << 16:
        head = bytes([first, 126]) + length.to_bytes(2)
    else:
        head = bytes([first, 127]) + length.to_bytes(8)
    return head + payload


def close_frame(code: int | None, reason: str) -> bytes:
    """A close frame with any 16-bit code, forbidden ones too; without a code the frame is empty."""
    payload = b"" if code is None else code.to_bytes(2) + reason.encode()
    return encode(CLOSE, payload)
