"""Our own encoder, read back by a library, and what no library would write."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from fake_qq_server.wire import frames


def parsed(data: bytes) -> Frame:
    reader = StreamReader()
    reader.feed_data(data)
    parser = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as done:
        next(parser)
    frame: Frame = done.value.value
    return frame


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535, 65536, 100_000])
@pytest.mark.parametrize("fin", [True, False])
def test_a_frame_of_every_length_is_read_back(length: int, fin: bool) -> None:
    frame = parsed(frames.encode(frames.TEXT, b"x" * length, fin=fin))
    assert (frame.opcode, len(frame.data), frame.fin) == (Opcode.TEXT, length, fin)


def test_reserved_bits_are_set_as_asked() -> None:
    assert frames.encode(frames.BINARY, b"", rsv=0b101) == bytes([0x80 | 0x50 | 0x2, 0])


@pytest.mark.parametrize("code", [0, 1000, 1005, 1006, 5000, 65535])
def test_a_close_frame_holds_any_code(code: int) -> None:
    assert frames.close_frame(code, "née") == b"\x88\x06" + code.to_bytes(2) + "née".encode()


def test_a_close_frame_without_a_code_is_empty() -> None:
    assert frames.close_frame(None, "") == b"\x88\x00"
