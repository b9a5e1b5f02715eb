"""The log of a served platform: one line a record, for people or as JSON Lines. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from fake_qq_server.client.shapes import Record

ARROWS: Mapping[str, str] = {
    "http.request": "<-",
    "http.answer": "->",
    "ws.connect": "<-",
    "ws.in": "<-",
    "ws.out": "->",
}
"""Which way something goes: <- comes from the bot, -> goes to it."""

PLACES: Mapping[str, str] = {
    "http": "http",
    "ws": "ws",
    "session": "ws",
    "event": "ws",
    "interaction": "ws",
}
"""Whose connections are numbered, by the first word of a kind that does not tell its host."""

TOLD_BEFORE = frozenset({"link.open", "ws.hello"})
"""Kinds that say nothing new to a person."""


def as_json(row: Record) -> str:
    """The record in one line of JSON."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def as_text(row: Record) -> str | None:
    """The record in one line for a person; None where it says nothing new."""
    if row["k"] in TOLD_BEFORE:
        return None
    said = [f"{key}={_plain(value)}" for key, value in row["d"].items() if value not in (None, "", False, [])]
    where = row["d"].get("host") or PLACES.get(row["k"].partition(".")[0], "")
    place = f"{where}#{row['conn']}" if row["conn"] is not None else ""
    bot = f"bot {row['bot']}" if row["bot"] is not None else ""
    by = [f"(rule {_plain(row['rule'])})"] if row["rule"] else []
    head = f"{row['t'] / 1e6:10.3f}  {place:8} {bot:6} {ARROWS.get(row['k'], '  ')} {row['k']:14} "
    return (head + "  ".join([*said, *by])).rstrip()


def left_out(lines: int, now_us: int) -> Record:
    """What stands in the log for so many lines that nobody read in time. It is no record of the platform, so
    its number is 0."""
    return {
        "n": 0,
        "t": now_us,
        "src": "log",
        "k": "log.left-out",
        "conn": None,
        "req": None,
        "bot": None,
        "cause": None,
        "rule": None,
        "d": {"lines": lines},
    }


FORMS: Mapping[str, Callable[[Record], str | None]] = {
    "text": as_text,
    "json": as_json,
    "none": lambda row: None,
}


def _plain(value: Any) -> str:
    """As one word where it is one: what a bot writes must not end the line or move the cursor."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return (
        text
        if text.isprintable() and " " not in text
        else json.dumps(text, ensure_ascii=not text.isprintable())
    )
