"""`body: {expires_in: "90"}` or `body: "<html>"`: another body with the status that was due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fake_qq_server.platform.replies import HttpAsk, HttpReply
from fake_qq_server.rules.verbs.arguments import LONGEST_TEXT, as_json, checked
from fake_qq_server.rules.verbs.registry import Args, ArgumentError, Class, Verb, register


def act(args: Args, ask: HttpAsk) -> HttpReply:
    """A mapping is laid over the JSON that was due, key by key; a text replaces it whole."""
    reply = ask.default()
    if isinstance(args.main, str):
        return replace(reply, payload=args.main)
    under = reply.payload if isinstance(reply.payload, Mapping) else {}
    return replace(reply, payload={**under, **args.main})


def parse(value: Any) -> Mapping[str, Any] | str:
    """A mapping that JSON can hold, or a text."""
    if not isinstance(value, (dict, str)):
        raise ArgumentError('body is a mapping such as {expires_in: "90"}, or a text in quotes')
    if len(value if isinstance(value, str) else as_json(value, "body")) > LONGEST_TEXT:
        raise ArgumentError(f"body is longer than {LONGEST_TEXT} characters")
    return value


register(
    Verb(
        name="body",
        places=("http",),
        kind=Class.ANSWER,
        story="The answer keeps its status and gets this body: a mapping over the JSON due, or a whole text.",
        seen_as="A complete HTTP answer with the changed body.",
        act=act,
        main=checked(
            "body",
            parse,
            {"type": ["object", "string"]},
            means="a mapping laid over the JSON due, or the whole text",
        ),
    )
)
