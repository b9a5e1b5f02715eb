"""What the handler of messages is given, read from the platform's events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..base import Source
from .rules import REPLY_PATHS, SCENES

USER_IDS = ("user_openid", "member_openid", "id")
"""Where an author's id is: of a single user, in a group, in a guild."""


@dataclass(frozen=True)
class MessageEvent:
    """`reply_path` is where an answer goes. `pictures` are URLs to fetch; `media_urls` has what came of them,
    as data: URLs."""

    message_id: str
    text: str
    source: Source
    reply_path: str
    pictures: tuple[str, ...] = ()
    media_urls: tuple[str, ...] = ()


def read(t: str, d: Any) -> MessageEvent:
    """A message. Raises KeyError or TypeError where a field is missing.

    Behind its words come those that were spoken, the names of its files, and the words that it quotes.
    """
    quoted = [one for one in d.get("msg_elements") or () if isinstance(one, dict)]
    own, others = list(_attached(d)), [row for one in quoted for row in _attached(one)]
    lines = [
        str(d["content"]),
        *(str(row["asr_refer_text"]) for row in own if row.get("asr_refer_text")),
        *(f"({row.get('filename')})" for row in own + others if not _is_picture(row)),
        *(f"> {one.get('content')}" for one in quoted),
    ]
    path = REPLY_PATHS[t].format(d=d)
    user = next(str(d["author"][key]) for key in USER_IDS if key in d["author"])
    return MessageEvent(
        message_id=str(d["id"]),
        text="\n".join(line for line in lines if line),
        source=Source(path.split("/")[-2], SCENES[t], user),
        reply_path=path,
        pictures=tuple(str(row["url"]) for row in own + others if _is_picture(row)),
    )


def _attached(d: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (row for row in d.get("attachments") or () if isinstance(row, dict))


def _is_picture(row: Mapping[str, Any]) -> bool:
    return str(row.get("content_type")).startswith("image/") and "url" in row
