"""What comes with a message: pictures, voice, files, videos, and the message that it quotes. Pure.

An attachment names a URL of ours, under `PATH` on the API's host; the real ones are on hosts of their own. As
there, whoever knows the URL gets the file [log].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PATH = "/media/"

_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a4944415478da6368000000820081da45083b0000000049454e44ae426082"
)
"""One grey pixel."""


@dataclass(frozen=True)
class Medium:
    """One kind: what an attachment says of it, and what its URL gives."""

    content_type: str
    name: str
    content: bytes
    served_as: str


MEDIA: Mapping[str, Medium] = {
    "image": Medium("image/png", "picture.png", _PNG, "image/png"),
    "voice": Medium("voice", "voice.amr", b"#!AMR\n" + bytes(32), "audio/amr"),
    "file": Medium("file", "notes.txt", b"some notes\n", "text/plain"),
    "video": Medium("video/mp4", "film.mp4", bytes.fromhex("00000018667479706d703432"), "video/mp4"),
}
"""By the name that the language has for it. [doc event payloads; content types: src hermes, openclaw]"""

QUOTED = "words of before"
SPOKEN = "words that were spoken"
QUOTE_TYPE = 103
"""message_type of a message that quotes another [src hermes; log]."""


def attachment(kind: str, url: str) -> dict[str, Any]:
    """One entry of `attachments`. The platform recognises what is said in a voice message."""
    medium = MEDIA[kind]
    row: dict[str, Any] = {
        "content_type": medium.content_type,
        "filename": medium.name,
        "size": len(medium.content),
        "url": url,
    }
    if kind == "image":
        row |= {"width": 1, "height": 1}
    if kind == "voice":
        row |= {"voice_wav_url": url, "asr_refer_text": SPOKEN}
    return row


def quote(kinds: Sequence[str], urls: Sequence[str]) -> dict[str, Any]:
    """The fields of a message that quotes another one, which had these attachments besides its text."""
    rows = [attachment(kind, url) for kind, url in zip(kinds, urls, strict=True)]
    return {"message_type": QUOTE_TYPE, "msg_elements": [{"content": QUOTED, "attachments": rows}]}


def served(path: str) -> Medium | None:
    """What a GET of this path gives; None where it is no medium's."""
    if not path.startswith(PATH):
        return None
    return next((one for one in MEDIA.values() if path.endswith(f"/{one.name}")), None)
