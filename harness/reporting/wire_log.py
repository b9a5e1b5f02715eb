"""A journal as the lines of a log, with what repeats folded. Pure.

Of records that differ in numbers only, the first two and the last are shown; what a page points at, always.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from harness.journal.record import Record, field_names
from harness.journal.run_kinds import RunClose, RunOpen

FIRST = 2
LONGEST = 160
"""The letters of one value that are shown; the journal has the rest."""

_NUMBERS = re.compile(r"[\w.!-]*\d[\w.!-]*")
"""Numbers, and names that are made of them."""
_TELLING = ("code", "status")
"""Numbers in which two records that are told alike may not differ."""


@dataclass(frozen=True)
class Shown:
    """A record as it is shown."""

    record: Record
    text: str


@dataclass(frozen=True)
class Hidden:
    """Records left out at this place, at least two, from number `first` to `last`."""

    first: int
    last: int
    count: int


def log_lines(records: Sequence[Record], proofs: Collection[int]) -> Iterator[Shown | Hidden]:
    """The log in order; `proofs` are the numbers of records that must be there."""
    alike: dict[object, list[int]] = defaultdict(list)
    for record in records:
        alike[_likeness(record)].append(record.n)
    kept = {n for numbers in alike.values() for n in (*numbers[:FIRST], numbers[-1])} | set(proofs)
    for shown, stretch in groupby(records, key=lambda record: record.n in kept):
        here = list(stretch)
        if shown or len(here) == 1:
            yield from (Shown(record, _text(record)) for record in here)
        else:
            yield Hidden(here[0].n, here[-1].n, len(here))


def _likeness(record: Record) -> object:
    event = record.event
    values = [(name, getattr(event, name)) for name in field_names(type(event))]
    told = [value if name in _TELLING else _NUMBERS.sub("0", str(value)) for name, value in values]
    return (record.kind, record.src, record.about.rule, *told)


def _text(record: Record) -> str:
    """Whom it concerns, and the fields that say something."""
    event, about = record.event, record.about
    named = [("conn", about.conn), ("req", about.req), ("rule", about.rule)]
    said = [(name, getattr(event, name)) for name in field_names(type(event))]
    if isinstance(event, RunOpen):
        said = [(name, value) for name, value in said if name in ("run", "level", "seed", "clock")]
    if isinstance(event, RunClose):
        said = [(name, value) for name, value in said if name != "counts"]
    told = [*said, *named]
    return " ".join(f"{name}={_value(value)}" for name, value in told if value not in (None, "", [], ()))


def _value(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
