"""What comes with a message: what an attachment says of it, and what its URL gives."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import pytest

from fake_qq_server.platform import media
from fake_qq_server.platform.media import MEDIA, QUOTED, SPOKEN
from fake_qq_server.platform.payloads import EVENT_TYPES, MESSAGE_EVENTS, Names, Said, payload

C2C = "C2C_MESSAGE_CREATE"


def message(t: str = C2C, **said: Any) -> dict[str, Any]:
    """The payload of a message with this."""
    names = Names("M", "U", "G", epoch_us=0, media_url="http://127.0.0.1:1", **said)
    return payload(t, names, {})


@pytest.mark.parametrize("kind", MEDIA)
def test_an_attachment_says_what_its_url_gives(kind: str) -> None:
    row = media.attachment(kind, f"/media/M/{MEDIA[kind].name}")
    given = media.served(row["url"])
    assert given is MEDIA[kind]
    assert (row["content_type"], row["filename"], row["size"]) == (
        given.content_type,
        given.name,
        len(given.content),
    )


@pytest.mark.parametrize("path", ["/media/M/x.txt", "/media/picture.pn", "/files/M/notes.txt", "/media/M"])
def test_another_path_is_no_medium_s(path: str) -> None:
    assert media.served(path) is None


def test_a_picture_is_a_whole_png() -> None:
    data, chunks = MEDIA["image"].content, []
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    data = data[8:]
    while data:
        (length,) = struct.unpack(">I", data[:4])
        name, body = data[4:8], data[8 : 8 + length]
        assert zlib.crc32(name + body) == struct.unpack(">I", data[8 + length : 12 + length])[0]
        chunks.append(name)
        data = data[12 + length :]
    assert chunks == [b"IHDR", b"IDAT", b"IEND"]


def test_the_platform_recognises_what_is_said_in_a_voice_message() -> None:
    (row,) = message(media=["voice"])["attachments"]
    assert (row["content_type"], row["asr_refer_text"], row["voice_wav_url"]) == ("voice", SPOKEN, row["url"])
    assert "asr_refer_text" not in message(media=["image"])["attachments"][0]


@pytest.mark.parametrize("t", sorted(MESSAGE_EVENTS))
def test_what_comes_with_a_message_lies_under_its_id(t: str) -> None:
    d = message(t, media=["image", "file"])
    urls = [row["url"] for row in d["attachments"]]
    assert urls == ["http://127.0.0.1:1/media/M/picture.png", "http://127.0.0.1:1/media/M/notes.txt"]
    assert "message_type" not in d or d["message_type"] == 0


def test_a_quoted_message_has_its_text_and_its_own_attachments() -> None:
    d = message(media=["file"], quotes=["image"])
    (quoted,) = d["msg_elements"]
    assert (d["message_type"], quoted["content"]) == (103, QUOTED)
    assert [row["url"] for row in quoted["attachments"]] == ["http://127.0.0.1:1/media/M/quoted/picture.png"]
    assert [row["filename"] for row in d["attachments"]] == ["notes.txt"]


def test_a_message_may_quote_words_alone() -> None:
    d = message(quotes=[])
    assert d["msg_elements"] == [{"content": QUOTED, "attachments": []}] and "attachments" not in d


@pytest.mark.parametrize("t", [t for t in EVENT_TYPES if t not in MESSAGE_EVENTS])
def test_nothing_comes_with_an_event_that_is_no_message(t: str) -> None:
    assert "attachments" not in message(t, media=["image"])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Said(), "hi"),
        (Said(media=("image",)), "hi"),
        (Said(media=("voice",)), ""),
        (Said("listen", media=("voice",)), "listen"),
        (Said("", media=("image",)), ""),
    ],
)
def test_a_voice_message_has_no_words_unless_they_are_said(said: Said, words: str) -> None:
    assert said.words == words
