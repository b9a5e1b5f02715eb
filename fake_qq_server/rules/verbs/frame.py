"""`frame: '{"op":7,"d":null}'`: one more text frame on the open connection, exactly as written."""

from __future__ import annotations

from typing import Any

from fake_qq_server.rules.verbs.arguments import LONGEST_TEXT, as_json, checked
from fake_qq_server.rules.verbs.registry import Args, ArgumentError, Class, Effect, PushTarget, Verb, register


def act(args: Args, target: PushTarget) -> Effect:
    """The text goes out whole, in one frame."""
    return target.frame(args.main)


def parse(value: Any) -> str:
    """A text, sent as it stands (it need not be JSON); a mapping is written as JSON."""
    if isinstance(value, dict):
        value = as_json(value, "frame")
    if not isinstance(value, str):
        raise ArgumentError('frame is a text such as \'{"op":7,"d":null}\', or a mapping')
    if len(value) > LONGEST_TEXT:
        raise ArgumentError(f"frame is longer than {LONGEST_TEXT} characters")
    return value


register(
    Verb(
        name="frame",
        places=("any",),
        kind=Class.PUSH,
        story="The platform sends this text frame.",
        seen_as="One text message with exactly that content.",
        act=act,
        main=checked(
            "frame",
            parse,
            {"type": ["string", "object"]},
            means="the text as it is sent, or a mapping that becomes JSON",
        ),
    )
)
