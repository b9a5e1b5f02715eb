"""The journal: the ordered record of everything that happened in a run. Pure: no file, no clock.

A `Record` is an envelope (number, virtual time in microseconds, source, whom it concerns, what caused it)
around one frozen dataclass, its kind. The platform's kinds are in `fake_qq_server.events`, the others
in `run_kinds`, `runner_kinds` and `process_kinds`. `x` holds what may differ between two equal runs (wall
time, paths, pids, tracebacks); the digest covers everything else, and there is no other list of exceptions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from types import NoneType
from typing import Any, ClassVar

from fake_qq_server import events
from fake_qq_server.events import NOBODY, Envelope, Event
from harness.journal import process_kinds, run_kinds, runner_kinds
from harness.journal.field_types import wrong_field
from harness.journal.run_kinds import FixRef

SCHEMA = 1


KINDS: Mapping[str, type[Event]] = {
    kind.KIND: kind for kind in (*events.KINDS, *run_kinds.KINDS, *runner_kinds.KINDS, *process_kinds.KINDS)
}
"""Every kind that a journal may hold, by its `k`."""


class JournalError(ValueError):
    """A journal that cannot be read: says which line and what is wrong with it."""


@dataclass(frozen=True)
class Record:
    """One line. `n` is dense from 1, `t` is integer microseconds of the subject's clock.

    `src`: peer, link, probe (inside the subject), loop, rules, parent.
    """

    n: int
    t: int
    src: str
    event: Event
    about: Envelope = NOBODY
    x: Mapping[str, Any] = field(default_factory=dict)

    KEYS: ClassVar[tuple[str, ...]] = ("conn", "req", "bot", "cause", "rule")

    @property
    def kind(self) -> str:
        """The name of its event's kind, such as "ws.in"."""
        return self.event.KIND

    def as_json(self, *, digest: bool = False) -> str:
        """One line, without newline. With `digest`, the part that must be equal in equal runs.

        The envelope and the event stand in it as they are in memory: all fields, in order.
        """
        line: dict[str, Any] = {"n": self.n, "t": self.t, "src": self.src, "k": self.kind, **vars(self.about)}
        line["d"] = d = dict(vars(self.event))
        for name in _omitted_names(type(self.event)):
            if d[name] is None:
                del d[name]
        if not digest:
            line["x"] = dict(self.x)
        return (_SORTED if digest else _WRITTEN)(line)


def field_names(kind: type[Event]) -> tuple[str, ...]:
    """The names of a kind's fields, in order."""
    names = _FIELD_NAMES.get(kind.KIND)
    if names is None:
        names = _FIELD_NAMES[kind.KIND] = tuple(f.name for f in fields(kind))
    return names


_FIELD_NAMES: dict[str, tuple[str, ...]] = {}


def _omitted_names(kind: type[Event]) -> tuple[str, ...]:
    """The names of the fields that a line leaves out while they are null; see `events.OMIT_NULL`."""
    names = _OMITTED_NAMES.get(kind.KIND)
    if names is None:
        found = (f.name for f in fields(kind) if f.metadata.get("omit_null"))
        names = _OMITTED_NAMES[kind.KIND] = tuple(found)
    return names


_OMITTED_NAMES: dict[str, tuple[str, ...]] = {}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, FixRef):
        named_only = value.kind is None and value.sha256 is None  # as first journals had it: digests stay
        return value.name if named_only else asdict(value)
    raise TypeError(f"{type(value).__name__} does not belong in a journal")


# Made once: json.dumps would make an encoder a record.
_WRITTEN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode
_SORTED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain).encode


_ENVELOPE: Mapping[str, tuple[type, ...]] = {
    "n": (int,),
    "t": (int,),
    "src": (str,),
    **dict.fromkeys(("conn", "req", "bot", "cause"), (int, NoneType)),
    "rule": (str, NoneType),
}
"""What may stand around an event, in every line."""


MOST_DIGITS = 300
"""Of a number. A float has no room for one with more, and no time, count or seed has as many."""


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number has {len(digits)} digits")
    return int(digits)


_READ = json.JSONDecoder(parse_int=_integer).decode


def parse_line(text: str, number: int) -> Record:
    """The record of one line. Raises JournalError that names line `number`."""
    try:
        line = _READ(text)
        kind = KINDS[line["k"]]
        about = Envelope(**{key: line[key] for key in Record.KEYS})
        wrong = next((key for key, types in _ENVELOPE.items() if not isinstance(line[key], types)), None)
        if wrong is not None:
            raise ValueError(f"{wrong} is {line[wrong]!r}")
        wanted, required = _shape(kind)
        d = line["d"]
        if not isinstance(d, Mapping):
            raise ValueError(f"d of {line['k']} is {d!r}")
        if not required <= set(d) <= wanted:
            raise ValueError(f"{line['k']} has the fields {sorted(d)}, not {sorted(wanted)}")
        name = wrong_field(kind, d)
        if name is not None:
            raise ValueError(f"{name} of {line['k']} is {d[name]!r}")
        x = line.get("x", {})
        if not isinstance(x, Mapping):
            raise ValueError(f"x is {x!r}")
        return Record(line["n"], line["t"], line["src"], kind(**d), about, x)
    except (KeyError, TypeError, ValueError, RecursionError) as exc:
        raise JournalError(f"line {number} is no journal record: {exc!r:.200}") from exc


def _shape(kind: type[Event]) -> tuple[frozenset[str], frozenset[str]]:
    """The names of a kind's fields, and of those that a line must have."""
    shape = _SHAPES.get(kind.KIND)
    if shape is None:
        required = (f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING)
        shape = _SHAPES[kind.KIND] = frozenset(field_names(kind)), frozenset(required)
    return shape


_SHAPES: dict[str, tuple[frozenset[str], frozenset[str]]] = {}


def parse(text: str) -> list[Record]:
    """All records of a journal. Raises JournalError."""
    return [parse_line(line, i) for i, line in enumerate(text.splitlines(), 1)]


def digest(records: Iterable[Record]) -> str:
    """ "sha256:…" over everything but `x`."""
    total = hashlib.sha256()
    for record in records:
        total.update(record.as_json(digest=True).encode("utf-8", "backslashreplace"))  # as they are written
        total.update(b"\n")
    return "sha256:" + total.hexdigest()
