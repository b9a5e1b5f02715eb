"""`message: {type: close, code: 4008}`: the client's receive returns this (injected inside the client)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_qq_server.platform.replies import SeamReply
from fake_qq_server.rules.verbs.arguments import checked, duration
from fake_qq_server.rules.verbs.registry import Args, ArgumentError, Class, Verb, register

TYPES = ("text", "binary", "ping", "pong", "close", "closing", "closed", "error")
_KEYS: Mapping[str, type] = {"type": str, "code": int, "data": str, "reason": str}


def act(args: Args, ask: object) -> SeamReply:
    """The message, after `hold`."""
    del ask
    return SeamReply(message=args.main, hold_us=args.more.get("hold", 0))


def parse(value: Any) -> Mapping[str, Any]:
    """{type, code, reason} for a close, {type, data} for a text."""
    if not isinstance(value, dict) or value.get("type") not in TYPES:
        raise ArgumentError(
            f"message is a mapping such as {{type: close, code: 4008}}; its type is one of {', '.join(TYPES)}"
        )
    for key, held in value.items():
        wanted = _KEYS.get(key)
        if wanted is None:
            raise ArgumentError(f"message has type, code, reason and data, not {key}")
        if not isinstance(held, wanted) or isinstance(held, bool):
            raise ArgumentError(f"message: {key} is a {'number' if wanted is int else 'text'}")
    if not 0 <= value.get("code", 0) <= 65535:
        raise ArgumentError("message: a code is a number from 0 to 65535")
    return value


SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"enum": list(TYPES)},
        "code": {"type": "integer", "minimum": 0, "maximum": 65535},
        "reason": {"type": "string"},
        "data": {"type": "string"},
    },
    "required": ["type"],
    "additionalProperties": False,
}

register(
    Verb(
        name="message",
        places=("seam.receive",),
        kind=Class.ANSWER,
        story="The client's receive returns this message; the real socket stays as it is.",
        seen_as="That message, out of its own receive call.",
        act=act,
        main=checked(
            "message", parse, SCHEMA, means="type, and code and reason of a close or data of others"
        ),
        more={"hold": duration("hold", means="how long the call waits before that")},
    )
)
