"""`body: {expires_in: "90"}` or `body: "<html>"`: another body with the status that was due.

Of a frame that is due, its body is all of it: `body: {d: {heartbeat_interval: 1000}}` at Hello.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fake_qq_server.platform import protocol
from fake_qq_server.platform.replies import HttpAsk, HttpReply, OutAsk, OutReply
from fake_qq_server.rules.verbs.arguments import json_or_text
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register


def act(args: Args, ask: HttpAsk | OutAsk) -> HttpReply | OutReply:
    """A mapping is laid over the JSON that was due, key by key; a text replaces it whole."""
    if isinstance(ask, OutAsk):
        return OutReply((_frame(args.main, ask.text),))
    reply = ask.default()
    if isinstance(args.main, str):
        return replace(reply, payload=args.main)
    return replace(reply, payload=_laid_over(reply.payload, args.main))


def _frame(body: Mapping[str, Any] | str, due: str) -> str:
    return body if isinstance(body, str) else protocol.encode(_laid_over(protocol.parse(due), body))


def _laid_over(under: Any, over: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings inside as well, where both have one."""
    made: dict[str, Any] = dict(under) if isinstance(under, Mapping) else {}
    for key, value in over.items():
        made[key] = _laid_over(made.get(key), value) if isinstance(value, Mapping) else value
    return made


register(
    Verb(
        name="body",
        places=("http", "ws.out"),
        kind=Class.ANSWER,
        story="The answer or frame gets this body: a mapping over the JSON due, or a whole text.",
        seen_as="A complete HTTP answer, with the status due, or one frame, with the changed body.",
        act=act,
        main=json_or_text(
            "body", example='{expires_in: "90"}', means="a mapping laid over the JSON due, or the whole text"
        ),
    )
)
