"""`dispatch: C2C_MESSAGE_CREATE`: something happens in QQ, and the platform tells the bot.

It belongs to the session, not to the connection: with the connection gone it is kept, and replayed by a
Resume. So it acts whenever a session exists.
"""

from __future__ import annotations

import re
from typing import Any

from fake_qq_server.rules.verbs.arguments import checked, mapping, size
from fake_qq_server.rules.verbs.registry import Args, ArgumentError, Class, Effect, PushTarget, Verb, register

_TYPE = re.compile(r"[A-Z][A-Z0-9_]{1,63}")
_CONNECTION_LIFE = ("READY", "RESUMED")


def act(args: Args, target: PushTarget) -> Effect:
    """The event with its usual payload; `fields` is laid over it, and its content as long as `size`."""
    fields, size = args.more.get("fields", {}), args.more.get("size")
    if size is not None:
        fields = {**fields, "content": str(fields.get("content", "")).ljust(size, "x")}
    return target.dispatch(args.main, fields)


def parse(value: Any) -> str:
    """An event type in the platform's spelling."""
    if not isinstance(value, str) or not _TYPE.fullmatch(value):
        raise ArgumentError("dispatch is an event type in capitals, such as C2C_MESSAGE_CREATE")
    if value in _CONNECTION_LIFE:
        raise ArgumentError(f"dispatch: {value} is the platform's own answer; send it as a frame")
    return value


register(
    Verb(
        name="dispatch",
        places=("any",),
        kind=Class.PUSH,
        story="An event of this type happens; the platform delivers it, or replays it on a Resume.",
        seen_as="One op 0 frame with the next s, a new message id and a new user.",
        act=act,
        main=checked(
            "dispatch",
            parse,
            {"type": "string", "pattern": "^[A-Z][A-Z0-9_]{1,63}$"},
            means="the event's type, such as C2C_MESSAGE_CREATE",
        ),
        more={
            "fields": mapping(
                "fields", example="{content: hello}", means="laid over the fields that such an event has"
            ),
            "size": size("size", means="how long its content becomes, by letters behind it"),
        },
    )
)
