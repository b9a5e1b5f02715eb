"""What a client sends, read from its requests: to whom, what, and a digest by which copies are told. Pure.

Of a message's text a digest, a length and how it begins are told, with ports, folders and secrets named.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote

from fake_qq_server.events import HttpSend, InteractionAck
from fake_qq_server.platform import protocol
from fake_qq_server.platform.payloads import Scene
from fake_qq_server.platform.told import LONGEST_PASSAGE, opening

INPUT_NOTIFY = 6
"""msg_type of "is typing" [doc server-inter/message/send-receive/send.md]."""

DIGITS = 12
"""Hex digits of a content's digest: enough to tell the messages of one run apart."""

LONGEST_ID = 200
"""Characters of an id that are told; real ones have about 50."""

LONGEST_NORMAL = 1 << 16
"""Longer texts (media inside JSON) are digested as they stand."""

ADDRESSING = frozenset({"msg_type", "msg_id", "msg_seq", "event_id", "message_reference", "srv_send_msg"})
"""The fields of a body that are not its content: two copies may differ in them."""

_SEND_MD = "doc server-inter/message/send-receive/send.md"
_MEDIA_MD = "doc server-inter/message/send-receive/rich-media.md"
_CHUNKS = "src hermes chunked_upload.py, openclaw; not in the doc"


@dataclass(frozen=True)
class SendRoute:
    """One row: requests to `path` (its group is the id of the target) send a `what` to a `scene`."""

    path: re.Pattern[str]
    scene: Scene
    what: Literal["message", "media", "upload"]
    source: str


def _row(path: str, scene: Scene, what: Literal["message", "media", "upload"], source: str) -> SendRoute:
    return SendRoute(re.compile(path.replace("ID", "([^/]+)")), scene, what, source)


SENDS = (
    _row("/v2/users/ID/messages", "c2c", "message", _SEND_MD),
    _row("/v2/groups/ID/messages", "group", "message", _SEND_MD),
    _row("/channels/ID/messages", "channel", "message", "doc server-inter/message/post_messages.md"),
    _row("/dms/ID/messages", "dm", "message", "doc server-inter/message/dms/post_dms_messages.md"),
    _row("/v2/users/ID/stream_messages", "c2c", "message", "src qqbot-nodejs; not in the doc"),
    _row("/v2/users/ID/files", "c2c", "media", _MEDIA_MD),
    _row("/v2/groups/ID/files", "group", "media", _MEDIA_MD),
    _row("/v2/users/ID/upload_(?:prepare|part_finish)", "c2c", "upload", _CHUNKS),
    _row("/v2/groups/ID/upload_(?:prepare|part_finish)", "group", "upload", _CHUNKS),
)
"""Every POST with which a client sends something, whether this platform answers it or not."""


_INTERACTION = re.compile("/interactions/([^/]+)")


def read(
    method: str, route: str, body: bytes, normal: Callable[[str], str] = lambda text: text
) -> HttpSend | None:
    """What a request sends; None where it is no send.

    `route` is its path without the query. `normal` makes the texts of equal runs equal (ports, folders).
    A body that is no JSON object has no fields, and the digest of its bytes.
    """
    if method != "POST":
        return None
    row, target = next(((row, found[1]) for row in SENDS if (found := row.path.fullmatch(route))), (None, ""))
    if row is None:
        return None
    fields = protocol.parse(body.decode("utf-8", "replace"))
    content, length = _raw(body) if fields is None else _content(fields, body, normal)
    said = fields or {}
    notice = said.get("input_notify")
    msg_type = protocol.integer(said.get("msg_type"))
    return HttpSend(
        scene=row.scene,
        target=target,
        what=_what(row, msg_type, said),
        msg_type=msg_type,
        msg_id=_id(said.get("msg_id")),
        msg_seq=protocol.integer(said.get("msg_seq")),
        event_id=_id(said.get("event_id")),
        content=content,
        length=length,
        text=opening(normal(_take_text(_told(said))[:LONGEST_NORMAL]), LONGEST_PASSAGE),
        seconds=protocol.integer(notice.get("input_second")) if isinstance(notice, Mapping) else None,
    )


def acknowledged(method: str, route: str, body: bytes) -> InteractionAck | None:
    """The interaction that a request acknowledges; None where it is another request.

    [doc openapi: PUT /interactions/{interaction_id}, with a code from 0 to 5]
    """
    found = _INTERACTION.fullmatch(route) if method == "PUT" else None
    if found is None:
        return None
    said = protocol.parse(body.decode("utf-8", "replace")) or {}
    return InteractionAck(unquote(found[1])[:LONGEST_ID], protocol.integer(said.get("code")))


@dataclass(frozen=True)
class Answered:
    """What an answer's body says: the platform's error `code`, which is its `code`, else its `err_code`, and
    0 is none [log]; the `id` of what was sent [doc send.md]."""

    code: int | None
    id: str | None


def answered(body: bytes) -> Answered:
    """Read it; a body that is no JSON object says neither."""
    said = protocol.parse(body.decode("utf-8", "replace")) or {}
    codes = (protocol.integer(said.get(key)) for key in ("code", "err_code"))
    return Answered(next((code for code in codes if code), None), _id(said.get("id")))


def _what(
    row: SendRoute, msg_type: int | None, said: Mapping[str, Any]
) -> Literal["message", "notice", "media", "upload"]:
    """A typing notice is no message; a file with srv_send_msg is one [doc rich-media.md]."""
    if row.what == "message" and msg_type == INPUT_NOTIFY:
        return "notice"
    return "message" if row.what == "media" and said.get("srv_send_msg") is True else row.what


def _id(value: Any) -> str | None:
    """An id as it was sent, cut where no id is as long; the platform reads a number as its digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value[:LONGEST_ID] if isinstance(value, str) and value else None


def _raw(body: bytes) -> tuple[str | None, int]:
    return (hashlib.sha256(body).hexdigest()[:DIGITS] if body else None), len(body)


def _content(said: Mapping[str, Any], body: bytes, normal: Callable[[str], str]) -> tuple[str | None, int]:
    """The digest of what a body's receiver would see, and the characters of its text; (None, 0): nothing.

    Plain text and the same text as markdown are one content: a client falls back from one to the other.
    """
    rest = {key: value for key, value in _told(said).items() if key not in ADDRESSING}
    text = _take_text(rest)
    if not text and not rest:
        return None, 0
    try:
        others = json.dumps(rest, sort_keys=True)
    except RecursionError:  # nested as deep as Python can read, and deeper than it can write
        return _raw(body)
    text, others = _normal(text, normal), _normal(others, normal)
    return hashlib.sha256(json.dumps([text, others]).encode()).hexdigest()[:DIGITS], len(text)


def _told(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if value not in (None, "")}


def _take_text(rest: dict[str, Any]) -> str:
    """Takes the text out of a body's content: its `content`, else that of its markdown."""
    if isinstance(rest.get("content"), str):
        return str(rest.pop("content"))
    markdown = rest.get("markdown")
    if "content" in rest or not isinstance(markdown, dict) or not isinstance(markdown.get("content"), str):
        return ""
    others = {key: value for key, value in markdown.items() if key != "content"}
    rest["markdown"] = others
    if not others:
        del rest["markdown"]
    return str(markdown["content"])


def _normal(text: str, normal: Callable[[str], str]) -> str:
    return normal(text) if len(text) <= LONGEST_NORMAL else text
