"""Ready-made `Argument` rows, so that a verb says what it takes in one line. Times are microseconds.

`what` is the argument's name, for errors; `means` says in a few words what it is, for people who look it up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fake_qq_server.platform.units import UnitError, parse_duration, parse_size
from fake_qq_server.rules.verbs.registry import Argument, ArgumentError

DURATION_SCHEMA: Mapping[str, Any] = {
    "type": "string",
    "pattern": r"^[0-9]{1,12}(\.[0-9]{1,6})?(ms|s|m|h|d)$",
}
SIZE_SCHEMA: Mapping[str, Any] = {
    "anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": r"^[0-9]{1,9}(KiB|MiB)$"}]
}
LONGEST_TEXT = 1_000_000


def duration(
    what: str, *, required: bool = False, default: int = 0, least_us: int = 0, means: str = ""
) -> Argument:
    """A duration, parsed to microseconds; `least_us` is the shortest that makes sense."""

    def parse(value: Any) -> int:
        try:
            us = parse_duration(value)
        except UnitError as error:
            raise ArgumentError(str(error)) from None
        if us < least_us:
            raise ArgumentError(f"{what} must be longer than that")
        return us

    return Argument(what, parse, DURATION_SCHEMA, required, default, means)


def integer(
    what: str,
    least: int,
    most: int,
    *,
    example: int,
    required: bool = False,
    but: Iterable[int] = (),
    means: str = "",
) -> Argument:
    """A whole number from `least` to `most`, without those in `but`."""
    excluded = tuple(but)

    def parse(value: Any) -> int:
        inside = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        if not inside or value in excluded:
            without = f" (but not {', '.join(map(str, excluded))})" if excluded else ""
            raise ArgumentError(f"{what} is a number from {least} to {most}{without}, such as {example}")
        return int(value)

    schema: dict[str, Any] = {"type": "integer", "minimum": least, "maximum": most}
    if excluded:
        schema["not"] = {"enum": list(excluded)}
    return Argument(what, parse, schema, required, means=means)


def text(what: str, *, required: bool = False, default: str | None = None, means: str = "") -> Argument:
    """Any text."""

    def parse(value: Any) -> str:
        if not isinstance(value, str):
            raise ArgumentError(f"{what} is a text: put it in quotes")
        return _bounded(value, what)

    return Argument(what, parse, {"type": "string", "maxLength": LONGEST_TEXT}, required, default, means)


def mapping(what: str, *, example: str, means: str = "") -> Argument:
    """A mapping of names to values that JSON can hold."""

    def parse(value: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise ArgumentError(f"{what} is a mapping, such as {example}")
        _bounded(as_json(value, what), what)
        return value

    return Argument(what, parse, {"type": "object"}, default={}, means=means)


def json_or_text(what: str, *, example: str, means: str = "") -> Argument:
    """A mapping that JSON can hold, or a text that stands as it is."""

    def parse(value: Any) -> Mapping[str, Any] | str:
        if not isinstance(value, (dict, str)):
            raise ArgumentError(f"{what} is a mapping such as {example}, or a text in quotes")
        _bounded(value if isinstance(value, str) else as_json(value, what), what)
        return value

    return Argument(what, parse, {"type": ["object", "string"]}, required=True, means=means)


def size(what: str, *, means: str = "") -> Argument:
    """How large something is made, in bytes: a number, or 4KiB, 5MiB."""

    def parse(value: Any) -> int:
        try:
            return parse_size(value)
        except UnitError as error:
            raise ArgumentError(str(error)) from None

    return Argument(what, parse, SIZE_SCHEMA, default=0, means=means)


def one_of(
    what: str, words: Mapping[str, Any] | Iterable[str], *, required: bool = False, means: str = ""
) -> Argument:
    """One of a few words."""
    allowed = tuple(words)

    def parse(value: Any) -> str:
        if value not in allowed:
            raise ArgumentError(f"{what} is one of {', '.join(allowed)}")
        return str(value)

    return Argument(what, parse, {"enum": list(allowed)}, required, means=means)


def checked(
    what: str,
    parse: Callable[[Any], Any],
    schema: Mapping[str, Any],
    *,
    required: bool = True,
    means: str = "",
) -> Argument:
    """An argument with a parser of its own."""
    return Argument(what, parse, schema, required, means=means)


def as_json(value: Any, what: str) -> str:
    """Compact JSON, the way the platform writes its frames; ArgumentError where there is none."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise ArgumentError(f"{what} holds something that JSON cannot") from None


def _bounded(value: str, what: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise ArgumentError(f"{what} is longer than {LONGEST_TEXT} characters")
    return value
