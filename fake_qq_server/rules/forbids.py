"""What must not happen: events that a scenario forbids, and whether one of them is. Pure.

A prohibition is written like a rule's trigger (`when`, `which`, `where`, `from`, `until`), with a sentence
instead of a `do`: it changes nothing in the run. Unlike a rule's its window does not end with the healing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fake_qq_server.rules.language_errors import LanguageError, Path, quoted, suggest
from fake_qq_server.rules.language_verbs import When, parse_trigger
from fake_qq_server.rules.moments import (
    Moment,
    Where,
    Which,
    narrowed_text,
    parse_id,
    parse_moment,
    parse_where,
    parse_which,
)

KEYS = ("id", "when", "which", "where", "from", "until", "because")
MOST_FORBIDS = 100
LONGEST_REASON = 200
EVERY = Which()
_WHERE: Mapping[str, tuple[str, ...]] = {
    "path": ("http.", "ws.connect"),
    "s": ("ws.in.", "ws.out."),
    "conn": ("ws.",),
}
"""The events that have each property of `where`."""


@dataclass(frozen=True)
class Forbid:
    """One prohibition: the events of `trigger` that `where` and `which` mean, in [start, until).

    `because` is a sentence for people. `key` names it in the journal: its id, or else its own text.
    """

    key: str
    trigger: When
    because: str
    id: str | None = None
    which: Which = EVERY
    where: Where | None = None
    start: Moment | None = None
    until: Moment | None = None

    def moments(self) -> tuple[Moment, ...]:
        """Every moment it names."""
        return tuple(moment for moment in (self.start, self.until) if moment is not None)

    def text(self) -> str:
        """The prohibition in one canonical line, without its id and reason."""
        narrowed = narrowed_text(self.which, self.where, self.start, self.until)
        return f"forbid {self.trigger.event} {narrowed}".rstrip()


class ForbiddenEvents:
    """Watches for the events that are forbidden; each prohibition is told once, at its first event."""

    def __init__(self, forbids: Sequence[Forbid]) -> None:
        self._forbids = tuple(forbids)
        self._counts = [0] * len(self._forbids)
        self._told: set[int] = set()

    def among(
        self,
        event: str,
        now: int,
        when: Callable[[Moment | None], int | None],
        *,
        conn: int | None,
        path: str | None,
        s: int | None,
    ) -> tuple[Forbid, ...]:
        """The prohibitions that this event breaks as the first. `when` gives a moment's time, None while its
        mark has not come."""
        found: list[Forbid] = []
        for number, forbid in enumerate(self._forbids):
            if number in self._told or not forbid.trigger.matches(event):
                continue
            if forbid.where is not None and not forbid.where.holds(conn, path, s):
                continue
            if not _in_window(forbid, now, when):
                continue
            self._counts[number] += 1
            if forbid.which.holds(self._counts[number]):
                self._told.add(number)
                found.append(forbid)
        return tuple(found)

    def unwatched(self, when: Callable[[Moment | None], int | None]) -> tuple[Forbid, ...]:
        """Those whose window never began."""
        return tuple(forbid for forbid in self._forbids if when(forbid.start) is None)


def _in_window(forbid: Forbid, now: int, when: Callable[[Moment | None], int | None]) -> bool:
    start, end = when(forbid.start), when(forbid.until) if forbid.until else None
    return start is not None and start <= now and (end is None or now < end)


def parse_forbids(
    items: Any,
    paths: Sequence[Path] | None = None,
    ids: Collection[str] = (),
) -> tuple[Forbid, ...]:
    """All prohibitions of one run. `paths` says where each stands; `ids` are those of the rules.

    Raises LanguageError for the first thing that is wrong.
    """
    if not isinstance(items, list) or len(items) > MOST_FORBIDS:
        raise LanguageError(("forbids",), f"forbids is a list of at most {MOST_FORBIDS}: each with a dash")
    places = list(paths) if paths is not None else [("forbids", number) for number in range(len(items))]
    found: dict[str, Forbid] = {}
    for item, place in zip(items, places, strict=True):
        forbid = _forbid(item, place, ids)
        if forbid.key in found or forbid.key in ids:
            raise LanguageError(place, f"{quoted(forbid.key)} is there twice: keep one, or rename it")
        found[forbid.key] = forbid
    return tuple(found.values())


def _forbid(item: Any, path: Path, ids: Collection[str]) -> Forbid:
    if not isinstance(item, dict):
        raise LanguageError(path, "a prohibition is a mapping: {when: ws.in.identify, because: a sentence}")
    for key in item:
        if key not in KEYS:
            raise LanguageError((*path, key), f"a prohibition has no {quoted(key)}: {suggest(key, KEYS)}")
    for key in ("when", "because"):
        if key not in item:
            raise LanguageError(path, f"{key} is missing: a prohibition has when and because")
    trigger = parse_trigger(item, path, ids)
    assert isinstance(trigger, When)
    forbid = Forbid(
        key="",
        trigger=trigger,
        because=_because(item["because"], (*path, "because")),
        id=parse_id(item["id"], (*path, "id")) if "id" in item else None,
        which=parse_which(item["which"], (*path, "which")) if "which" in item else EVERY,
        where=_where(item["where"], (*path, "where"), trigger) if "where" in item else None,
        start=parse_moment(item["from"], (*path, "from"), ids) if "from" in item else None,
        until=parse_moment(item["until"], (*path, "until"), ids) if "until" in item else None,
    )
    _refuse_empty_window(forbid, path)
    named = forbid.id if forbid.id is not None else forbid.text()
    return replace(forbid, key=named)


def _because(value: Any, path: Path) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_REASON or "\n" in value:
        raise LanguageError(path, f"because is one line of at most {LONGEST_REASON} characters")
    return value.strip()


def _where(value: Any, path: Path, trigger: When) -> Where:
    where = parse_where(value, path)
    for key in value:
        if not trigger.event.startswith(_WHERE[key]):
            raise LanguageError((*path, key), f"{trigger.event} has no {key}")
    return where


def _refuse_empty_window(forbid: Forbid, path: Path) -> None:
    start, end = forbid.start or Moment(None), forbid.until
    if end and (start.mark, start.nth) == (end.mark, end.nth) and end.offset_us <= start.offset_us:
        raise LanguageError((*path, "until"), f"nothing lies between {start.text()} and {end.text()}")
