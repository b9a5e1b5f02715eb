"""`dispatch: C2C_MESSAGE_CREATE`: something happens in QQ, and the platform tells the bot.

It belongs to the session, not to the connection: with the connection gone it is kept, and replayed by a
Resume. So it acts whenever a session exists.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from fake_qq_server.platform.media import MEDIA
from fake_qq_server.platform.payloads import MESSAGE_EVENTS, Names, Said
from fake_qq_server.rules.verbs.arguments import LONGEST_TEXT, checked, integer, mapping, size
from fake_qq_server.rules.verbs.registry import (
    Args,
    ArgumentError,
    Class,
    Effect,
    EventTarget,
    Verb,
    register,
)

_TYPE = re.compile(r"[A-Z][A-Z0-9_]{1,63}")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_CONNECTION_LIFE = ("READY", "RESUMED")


MOST_MESSAGES = 100


def act(args: Args, target: EventTarget) -> Effect:
    """Each event with its usual payload; `fields` is laid over it, and its content as long as `size`."""
    fields, length, done = args.more.get("fields", {}), args.more.get("size"), Effect()
    for text in texts(args):
        own = fields
        if length is not None:
            own = {**fields, "content": str(fields.get("content", text or "")).ljust(length, "x")}
        said = Said(text, args.more.get("from"), args.more.get("media", ()), args.more.get("quotes"))
        one = target.dispatch(args.main, own, said)
        done = Effect(done.bytes + one.bytes, done.frames + one.frames)
    return done


def texts(args: Args) -> Sequence[str | None]:
    """What each event says: of several that repeat a text, each has its number behind it."""
    text, count = args.more.get("text"), args.more.get("count", 1)
    if isinstance(text, list):
        return text
    if count == 1:
        return [text]
    return [f"{Names.text if text is None else text} {number}" for number in range(1, count + 1)]


def parse(value: Any) -> str:
    """An event type in the platform's spelling."""
    if not isinstance(value, str) or not _TYPE.fullmatch(value):
        raise ArgumentError("dispatch is an event type in capitals, such as C2C_MESSAGE_CREATE")
    if value in _CONNECTION_LIFE:
        raise ArgumentError(f"dispatch: {value} is the platform's own answer; send it as a frame")
    return value


def parse_text(value: Any) -> str | list[str]:
    """What one message says, or what several say, one after the other."""
    texts = value if isinstance(value, list) else [value]
    if not 0 < len(texts) <= MOST_MESSAGES or not all(isinstance(one, str) and one.strip() for one in texts):
        raise ArgumentError(f"text is what a user writes, or a list of 1 to {MOST_MESSAGES} such texts")
    if sum(map(len, texts)) > LONGEST_TEXT:
        raise ArgumentError(f"text is longer than {LONGEST_TEXT} characters")
    return value  # type: ignore[no-any-return]


def parse_media(value: Any) -> tuple[str, ...]:
    """Kinds of what comes with a message."""
    if not isinstance(value, list) or len(value) > MOST_MEDIA or any(one not in list(MEDIA) for one in value):
        raise ArgumentError(f"media and quotes are lists of {', '.join(MEDIA)}, at most {MOST_MEDIA}")
    return tuple(value)


MOST_MEDIA = 10
_OF_MESSAGES = frozenset({"text", "from", "count", "media", "quotes"})


def parse_sender(value: Any) -> str:
    """A name for whoever writes: the scenario's own, not the platform's."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ArgumentError("from is a name such as alice: a-z, 0-9 and -, at most 40 of them")
    return value


def check(args: Args) -> None:
    """Only messages have a text and a sender, and a list of texts says how many there are."""
    if args.main not in MESSAGE_EVENTS and _OF_MESSAGES & set(args.more):
        words = "text, from, count, media and quotes are of messages"
        raise ArgumentError(f"{words}: {', '.join(sorted(MESSAGE_EVENTS))}")
    if "count" in args.more and isinstance(args.more.get("text"), list):
        raise ArgumentError("a list of texts is as many messages: leave count out")


SENDER_SCHEMA = {"type": "string", "pattern": f"^{_NAME.pattern}$"}
_MEDIA_SCHEMA = {"type": "array", "items": {"enum": list(MEDIA)}, "maxItems": MOST_MEDIA}

register(
    Verb(
        name="dispatch",
        places=("any",),
        kind=Class.PUSH,
        story="An event of this type happens; the platform delivers it, or replays it on a Resume.",
        seen_as="One op 0 frame with the next s, a new message id and a new user, or the user that is named.",
        act=act,
        check=check,
        main=checked(
            "dispatch",
            parse,
            {"type": "string", "pattern": "^[A-Z][A-Z0-9_]{1,63}$"},
            means="the event's type, such as C2C_MESSAGE_CREATE",
        ),
        more={
            "text": checked(
                "text",
                parse_text,
                {"type": ["string", "array"], "items": {"type": "string"}, "minItems": 1},
                required=False,
                means="what a user writes; of a list, each is a message",
            ),
            "from": checked(
                "from",
                parse_sender,
                SENDER_SCHEMA,
                required=False,
                means="a name for who writes: the same user, group or guild each time",
            ),
            "count": integer(
                "count", 1, MOST_MESSAGES, example=3, means="how many messages, numbered where several"
            ),
            "fields": mapping(
                "fields", example="{content: hello}", means="laid over the fields that such an event has"
            ),
            "media": checked(
                "media",
                parse_media,
                _MEDIA_SCHEMA,
                required=False,
                means="what comes with each message, of image, voice, file, video",
            ),
            "quotes": checked(
                "quotes",
                parse_media,
                _MEDIA_SCHEMA,
                required=False,
                means="the message quotes one that came with these; [] for words alone",
            ),
            "size": size("size", means="how long its content becomes, by letters behind it"),
        },
    )
)
