"""What the console's page needs to know: its buttons, made from the registry of verbs and the tables of the
platform, and the words of the log. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import fake_qq_server.rules.verbs  # noqa: F401  (registers them)
from fake_qq_server.platform import protocol
from fake_qq_server.platform.payloads import EVENT_TYPES, MESSAGE_EVENTS
from fake_qq_server.platform.protocol import CLOSE_CODES, CloseCode
from fake_qq_server.rules.verbs.registry import VERBS, Class
from fake_qq_server.serving.log import ARROWS, PLACES, TOLD_BEFORE


@dataclass(frozen=True)
class Button:
    """`do`: what it pushes, as in a rule's `do`. `means`: in a few words, or one sentence."""

    name: str
    means: str
    do: Any


@dataclass(frozen=True)
class Group:
    """Buttons that belong together, and what they have in common. A button may need no other words."""

    title: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class Fault:
    """A rule that lasts until it is taken back. Its id is in `rule`."""

    name: str
    means: str
    rule: Mapping[str, Any]


FAULTS = (
    Fault(
        "silence",
        "The gateway reads everything, and nothing of what it says arrives.",
        {"id": "silence", "link": "ws.down", "do": "silent", "fires": "0.."},
    ),
    Fault(
        "500s",
        "Every request is answered with 500: token, gateway and API.",
        {"id": "all-500", "when": "http.any", "do": {"status": 500}, "fires": "0.."},
    ),
)
"""They need not act: nobody says that the bot asks anything while they last."""

MANY = 3
"""Of more close codes than these that mean the same, it is said once."""

EXAMPLE = (
    {"id": "drop", "at": "10s", "do": {"close": 4009}},
    {"when": "http.gateway", "from": "drop", "do": {"status": 503}},
)
"""What the rule box begins with."""


def facts() -> dict[str, Any]:
    """All of it, as JSON can hold it."""
    return {
        "groups": [asdict(group) for group in groups()],
        "faults": [asdict(fault) for fault in FAULTS],
        "example": EXAMPLE,
        "events": list(EVENT_TYPES),
        "messages": sorted(MESSAGE_EVENTS),
        "arrows": dict(ARROWS),
        "places": dict(PLACES),
        "told_before": sorted(TOLD_BEFORE),
    }


def groups() -> tuple[Group, ...]:
    """Every push that needs no words of a person's."""
    return (
        Group("Frames", tuple(_frames())),
        Group("The connection and the token", tuple(_bare_verbs())),
        *_close_codes(),
    )


def _frames() -> Iterable[Button]:
    yield Button("op 7", "Reconnect; a real server then closes with 4009", {"frame": protocol.reconnect()})
    for resumable in (False, True):
        name = f"op 9, d: {str(resumable).lower()}"
        yield Button(name, "Invalid Session", {"frame": protocol.invalid(resumable)})


def _bare_verbs() -> Iterable[Button]:
    """The pushes that take nothing and act on the bot from outside."""
    for verb in VERBS.values():
        if verb.kind is Class.PUSH and verb.main is None and verb.acts_on in ("connection", "account"):
            yield Button(verb.name, verb.story, verb.name)


def _close(row: CloseCode) -> Button:
    reason = {"reason": row.reason} if row.reason else {}
    return Button(f"close {row.code}", row.meaning, {"close": row.code, **reason})


def _close_codes() -> Iterable[Group]:
    """By what the official table allows a client. Many that mean the same are a group of their own."""
    titles = {
        (True, True): "Close: the client may resume",
        (False, True): "Close: the client may identify anew",
        (False, False): "Close: the client may not come back",
        (None, None): "Close: not in the official table",
    }
    for allowed, title in titles.items():
        rows = [row for row in CLOSE_CODES.values() if (row.resume, row.identify) == allowed]
        often = [one for one, times in Counter(row.meaning for row in rows).items() if times > MANY]
        yield Group(title, tuple(_close(row) for row in rows if row.meaning not in often))
        for meaning in often:
            same = (replace(_close(row), means="") for row in rows if row.meaning == meaning)
            yield Group(f"{title}: {meaning}", tuple(same))
