"""`body: {expires_in: "90"}` or `body: "<html>"`: another body with the status that was due.

Of a frame that is due, its body is all of it: `body: {d: {heartbeat_interval: 1000}}` at Hello. That of a
close frame is its code and its reason: `body: {code: 4006}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fake_qq_server.platform import protocol
from fake_qq_server.platform.protocol import integer
from fake_qq_server.platform.replies import HttpAsk, HttpReply, OutAsk, OutReply
from fake_qq_server.rules.verbs.arguments import json_or_text
from fake_qq_server.rules.verbs.registry import Args, ArgumentError, Class, Verb, register

_CLOSE = ("code", "reason")

LONGEST_REASON = 123
"""Bytes: a control frame holds 125, two of them the code (RFC 6455, section 5.5)."""


def act(args: Args, ask: HttpAsk | OutAsk) -> HttpReply | OutReply | None:
    """A mapping is laid over the JSON that was due, key by key; a text replaces it whole. A close frame that
    the body does not fit, as one of any frames, stays as it is."""
    if isinstance(ask, OutAsk) and ask.close is not None:
        return _close(args.main, ask.close)
    if isinstance(ask, OutAsk):
        return OutReply((_frame(args.main, ask.text),))
    reply = ask.default()
    if isinstance(args.main, str):
        return replace(reply, payload=args.main)
    return replace(reply, payload=_laid_over(reply.payload, args.main))


def fits(event: str, args: Args) -> None:
    """A close frame is no JSON: it has a code and a reason."""
    if event != "ws.out.close":
        return
    given = args.main if isinstance(args.main, Mapping) else {}
    code, reason = given.get("code", 4009), given.get("reason", "")
    if not given or not set(given) <= set(_CLOSE):
        raise ArgumentError("the body of a close is a mapping of code and reason, such as {code: 4006}")
    if code is not None and (integer(code) is None or not 0 <= code <= 65535):
        raise ArgumentError("body: code is a number from 0 to 65535, or null for none at all")
    if not isinstance(reason, str) or len(reason.encode()) > LONGEST_REASON:
        raise ArgumentError(f"body: reason is a text of {LONGEST_REASON} bytes at most")


def _close(body: Mapping[str, Any] | str, due: tuple[int | None, str]) -> OutReply | None:
    if isinstance(body, str) or not set(body) <= set(_CLOSE):
        return None
    return OutReply(close=(body.get("code", due[0]), body.get("reason", due[1])))


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
        fits=fits,
        main=json_or_text(
            "body", example='{expires_in: "90"}', means="a mapping laid over the JSON due, or the whole text"
        ),
    )
)
