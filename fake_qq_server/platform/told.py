"""What a message event tells the bot, as a journal has it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from fake_qq_server.events import EventSent
from fake_qq_server.platform.media import MEDIA
from fake_qq_server.platform.payloads import target_of

LONGEST_OPENING = 100
"""Characters that a journal has of a text which is to be found again."""

LONGEST_PASSAGE = 4 * LONGEST_OPENING
"""Characters that it has of a text in which that is looked for: something may stand before it."""


_MENTION = re.compile(r"<@!?[^<>\s]{1,64}>")


def opening(text: str, length: int = LONGEST_OPENING) -> str | None:
    """How a text begins, without mentions, each run of white space as one space; null where it says nothing.

    Where it has several words it ends with a whole one: a part of a folder's name could not be made <home>.
    Bots differ in which mentions they take out of what their handler is given.
    """
    words = " ".join(_MENTION.sub(" ", text[: 4 * length]).split())
    if len(words) <= length:
        return words or None
    return words[: length + 1].rpartition(" ")[0] or words[:length]


@dataclass(frozen=True)
class Told:
    """The fields of `EventSent` that say what a message brings."""

    text: str | None = None
    place: str | None = None
    user: str | None = None
    images: int | None = None
    files: tuple[str, ...] | None = None
    quoted: str | None = None

    @classmethod
    def by(cls, event: EventSent) -> Told:
        """What the event says."""
        told = {one.name: getattr(event, one.name) for one in fields(cls)}
        return cls(**told | {"files": None if event.files is None else tuple(event.files)})

    def laid_over(self, event: EventSent) -> EventSent:
        """The event with this in it."""
        return replace(event, **asdict(self))


NOTHING = Told()


def told_by(t: str, d: Any) -> Told:
    """What a message event of type `t` with payload `d` tells.

    A voice message without a text says what the platform recognised in it [log; src hermes]. Pictures and
    files of a message that it quotes are shown with it, as is how that one's text begins.
    """
    if not isinstance(d, Mapping):
        return NOTHING
    author = d.get("author")
    spoken = (str(one["asr_refer_text"]) for one in _attached(d) if one.get("asr_refer_text"))
    quoted = _rows(d.get("msg_elements"))
    shown = [*_attached(d), *(row for one in quoted for row in _attached(one))]
    kinds = [(str(one.get("content_type") or ""), str(one.get("filename") or "")) for one in shown]
    others = tuple(name for kind, name in kinds if kind != VOICE and not kind.startswith("image/"))
    return Told(
        text=opening(str(d.get("content") or "")) or next(map(opening, spoken), None),
        place=target_of(t, d),
        user=_user_in(author) if isinstance(author, Mapping) else None,
        images=sum(kind.startswith("image/") for kind, _ in kinds) or None,
        files=others or None,
        quoted=next((opening(str(one.get("content") or "")) for one in quoted), None),
    )


VOICE = MEDIA["voice"].content_type


def _attached(d: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _rows(d.get("attachments"))


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, Sequence) else []


def _user_in(author: Mapping[str, Any]) -> str | None:
    values = (author.get(key) for key in ("user_openid", "member_openid", "id"))
    return next((value for value in values if isinstance(value, str)), None)
