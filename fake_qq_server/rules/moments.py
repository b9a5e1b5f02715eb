"""Values of the rule language: moments, durations, ranges, `which` and `where`. Pure.

Everything here turns plain data (what YAML or JSON gives) into frozen dataclasses, or raises
`LanguageError`. Times are integer microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from fake_qq_server.platform.units import UnitError, format_duration, parse_duration
from fake_qq_server.rules.language_errors import LanguageError, Path, quoted, suggest

PLATFORM_MARKS = ("ready", "resumed", "lost")
GAVE_UP = "gaveup"
"""The client gave up for the first time. No platform knows that: whoever watches the client says so."""

MARKS = (*PLATFORM_MARKS, GAVE_UP, "heal")


_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")


def parse_id(value: Any, path: Path) -> str:
    """The id of a rule or a prohibition. Raises LanguageError at `path` where it is none."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise LanguageError(
            path, f"{quoted(value)} is not an id: use a-z, 0-9 and -, beginning with a letter"
        )
    return value


def duration_at(value: Any, path: Path) -> int:
    """A duration in microseconds; LanguageError at `path`."""
    try:
        return parse_duration(value)
    except UnitError as error:
        raise LanguageError(path, str(error)) from None


@dataclass(frozen=True)
class Moment:
    """A point of time: `offset_us` after the nth occurrence of `mark`, or after the start (mark None).

    `latest_us` after the start it comes at any rate, mark or not; None: never without its mark.
    """

    mark: str | None
    nth: int = 1
    offset_us: int = 0
    latest_us: int | None = None

    def text(self) -> str:
        """As it is written, in one canonical way."""
        if self.mark is None:
            return format_duration(self.offset_us)
        name = self.mark if self.nth == 1 else f"{self.mark}#{self.nth}"
        name += f" + {format_duration(self.offset_us)}" if self.offset_us else ""
        return f"{name} or {format_duration(self.latest_us)}" if self.latest_us is not None else name


_MOMENT = re.compile(r"([a-z][a-z0-9-]*)(?:#([1-9][0-9]{0,5}))?(?:\s*\+\s*(\S+))?(?:\s+or\s+(\S+))?")
_STARTS_WITH_NAME = re.compile(r"[a-z]")


def parse_moment(value: Any, path: Path, ids: Collection[str] = ()) -> Moment:
    """`ready + 60s`, `lost#3`, `20m`, `gaveup + 20m or 3h`. `ids` are the rules whose first act is a mark
    too."""
    if not isinstance(value, str) or not _STARTS_WITH_NAME.match(value):
        return Moment(None, 1, duration_at(value, path))
    match = _MOMENT.fullmatch(value.strip())
    if match is None:
        raise LanguageError(
            path,
            f"{quoted(value)} is not a moment: write 20m, ready + 60s, lost#3 + 5s or gaveup + 20m or 3h",
        )
    mark, nth, offset, latest = match.groups()
    if mark == GAVE_UP and nth is not None:
        raise LanguageError(path, f"{mark} is the first give-up and has no number: write {mark}")
    if mark not in MARKS and mark not in ids:
        raise LanguageError(
            path, f"no mark or rule is called {quoted(mark)}: {suggest(mark, (*MARKS, *ids))}"
        )
    offset_us = duration_at(offset, path) if offset else 0
    return Moment(mark, int(nth or 1), offset_us, duration_at(latest, path) if latest else None)


@dataclass(frozen=True)
class Span:
    """A range of numbers, both ends included; `last` None is open."""

    first: int = 0
    last: int | None = None

    def holds(self, n: int) -> bool:
        """Whether n lies in it."""
        return self.first <= n and (self.last is None or n <= self.last)

    def text(self) -> str:
        """`2..`, `2..5`, or `2` where both ends are the same."""
        if self.last is None:
            return f"{self.first}.."
        return str(self.first) if self.first == self.last else f"{self.first}..{self.last}"


@dataclass(frozen=True)
class Which:
    """Which of the matching events: those in `span`, and of these every `every`th, the first included."""

    span: Span = Span(1)
    every: int = 1

    def holds(self, n: int) -> bool:
        """Whether the nth matching event (from 1) is meant."""
        return self.span.holds(n) and (n - self.span.first) % self.every == 0

    def text(self) -> str:
        """As it is written."""
        return self.span.text() if self.every == 1 else f"every {self.every}"


_SPAN = re.compile(r"([0-9]{1,9})?(\.\.)?([0-9]{1,9})?")
_EVERY = re.compile(r"every\s+([1-9][0-9]{0,8})")


def parse_span(value: Any, path: Path, what: str, least: int) -> Span:
    """`3`, `3..`, `3..9`, `..9`; numbers below `least` are refused."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9:
        value = str(value)
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None or (match[1] is None and match[3] is None) or (match[3] and not match[2]):
        raise LanguageError(path, f"{what}: {quoted(value)} is not a range: write 3, 3.., 3..9 or ..9")
    low, dots, high = match.groups()
    first = int(low) if low is not None else least
    last = (int(high) if high is not None else None) if dots else first
    if first < least:
        raise LanguageError(path, f"{what} counts from {least}, not from {first}")
    if last is not None and last < first:
        raise LanguageError(path, f"{what}: {quoted(value)} ends before it begins")
    return Span(first, last)


def parse_which(value: Any, path: Path) -> Which:
    """`N`, `N..`, `N..M`, `every N`."""
    if isinstance(value, str) and value.startswith("every"):
        match = _EVERY.fullmatch(value)
        if match is None:
            raise LanguageError(path, f"which: {quoted(value)} is not a rhythm: write every 3")
        return Which(Span(int(match[1])), int(match[1]))
    return Which(parse_span(value, path, "which", 1))


@dataclass(frozen=True)
class Where:
    """Narrows a rule: to connection numbers, request paths (a glob), sequence numbers."""

    conn: Span | None = None
    path: str | None = None
    s: Span | None = None

    def holds(self, conn: int | None, path: str | None, s: int | None) -> bool:
        """Whether an event with these properties is meant; what it lacks cannot match."""
        if self.conn is not None and (conn is None or not self.conn.holds(conn)):
            return False
        if self.s is not None and (s is None or not self.s.holds(s)):
            return False
        if self.path is None:
            return True
        return path is not None and fnmatchcase(path.partition("?")[0], self.path)

    def text(self) -> str:
        """As it is written, in one canonical way."""
        parts = [
            f"conn: {self.conn.text()}" if self.conn else "",
            f"path: {self.path}" if self.path is not None else "",
            f"s: {self.s.text()}" if self.s else "",
        ]
        return "{" + ", ".join(part for part in parts if part) + "}"


def narrowed_text(which: Which, where: Where | None, start: Moment | None, until: Moment | None) -> str:
    """What narrows a rule or a prohibition, in one canonical way: "which 2.. where {conn: 1} from ready"."""
    parts = [
        f"which {which.text()}" if which != Which() else "",
        f"where {where.text()}" if where else "",
        f"from {start.text()}" if start else "",
        f"until {until.text()}" if until else "",
    ]
    return " ".join(part for part in parts if part)


WHERE_KEYS = ("conn", "path", "s")


def parse_where(value: Any, path: Path) -> Where:
    """{conn: 2.., path: "/v2/*", s: ..40}, one of them at least."""
    if not isinstance(value, dict) or not value:
        raise LanguageError(path, "where is a mapping of conn, path or s, such as {conn: 2..}")
    for key in value:
        if key not in WHERE_KEYS:
            raise LanguageError((*path, key), f"where has no {quoted(key)}: {suggest(key, WHERE_KEYS)}")
    glob = value.get("path")
    if "path" in value and not (isinstance(glob, str) and glob.startswith(("/", "*")) and len(glob) <= 500):
        raise LanguageError((*path, "path"), 'where: path is a pattern such as "/v2/*"')
    conn = parse_span(value["conn"], (*path, "conn"), "conn", 1) if "conn" in value else None
    s = parse_span(value["s"], (*path, "s"), "s", 1) if "s" in value else None
    return Where(conn, glob, s)
