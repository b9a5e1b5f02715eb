"""Writes the journal as it happens: one `write()` a record, numbered, stamped, normalised.

Runs beside the subject. Texts are normalised here and nowhere else: ports, folders, memory addresses and
the process id become names, and a secret becomes `<secret:name>`, so that equal runs have equal journals.
"""

from __future__ import annotations

import _thread
import operator
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fake_qq_server.events import NOBODY, NOTHING, Envelope, Event
from harness.journal.record import Record
from harness.journal.run_kinds import RunClose, RunOpen

TEXTS_KEPT = 2_000
"""Normalised texts that are remembered."""

RECORDS_IN_A_RUN = 250_000
"""More records than this end a run: a hundred times what a day of outage makes."""

RECORDS_IN_AN_INSTANT = 2_000
"""More records than this within one instant are a spin."""

_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,16}\b")
_PORT = re.compile(
    r"""((?:\b127\.0\.0\.1|::1\]?|\blocalhost)['"]?\s?[:,]\s?|\bport\W{1,2})(\d{1,5})\b""", re.IGNORECASE
)
"""A port only where a text calls it one: the number alone may as well be an interval or a code."""

_PID = re.compile(r"(/proc/|\b(?:pid|process)\W{1,3})(\d+)\b", re.IGNORECASE)
_LINE_ENDS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})
"""What JSON leaves as it is and a reader of lines may take for the end of one."""


class Recorder:
    """The sink of a run; any thread may call it. `now` gives virtual microseconds.

    `on_flood(n)` is told of a record spin, `on_long(n)` of a journal that is too long, `on_broken(problem)`
    of one that takes no more (a full disk): nothing is raised where the subject would meet it, so none is to
    return.
    """

    def __init__(
        self,
        descriptor: int,
        now: Callable[[], int],
        on_flood: Callable[[int], None],
        on_broken: Callable[[OSError], None],
        on_long: Callable[[int], None] = lambda count: None,
    ) -> None:
        self._descriptor = descriptor
        self._now = now
        self._on_flood = on_flood
        self._on_broken = on_broken
        self._on_long = on_long
        # The real lock, not the one of the clock: while a record is written no other thread may get the turn.
        self._lock = _thread.RLock()
        self._count = 0
        self._closed = False
        self._kinds: Counter[str] = Counter()
        self._names: dict[str, str] = {}
        self._ports: dict[str, str] = {}
        self._pids = {str(os.getpid())}
        self._secrets: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None
        self._known: dict[str, str] = {}
        self._instant = (0, 0)

    def name(self, text: str, name: str) -> None:
        """From now on write `<name>` where `text` stands (a folder)."""
        with self._lock:
            self._names[text] = f"<{name}>"
            self._pattern = None

    def name_port(self, port: int, name: str) -> None:
        """From now on write `<name>` where a text names this port of the loopback."""
        self._ports[str(port)] = f"<{name}>"
        self._known.clear()

    def name_process(self, pid: int) -> None:
        """From now on write `<pid>` where a text names this process, too."""
        self._pids.add(str(pid))
        self._known.clear()

    def keep_secret(self, secrets: Mapping[str, str]) -> None:
        """Canaries by name; from now on they are written as `<secret:name>`."""
        for name, text in secrets.items():
            if self._secrets.get(name) != text:
                self._secrets[name] = text
                self.name(text, f"secret:{name}")

    def secrets_in(self, text: str) -> Sequence[str]:
        """Names of the canaries that stand in a text."""
        return sorted(name for name, secret in self._secrets.items() if secret in text)

    def __call__(
        self, src: str, event: Event, about: Envelope = NOBODY, x: Mapping[str, Any] = NOTHING
    ) -> int:
        """Write one record; returns its number. After the last one nothing is written any more."""
        with self._lock:
            if self._closed:
                return self._count
            self._count = number = self._count + 1
            self._kinds[event.KIND] += 1
            record = Record(number, self._now(), src, self._normal(event), about, x)
            text = record.as_json()
            text = text if text.isascii() else text.translate(_LINE_ENDS)
            self._write(text.encode("utf-8", "backslashreplace"))
            if src != "link":  # the platform's conditions, which the subject has no part in
                self._watch_for_flood(record.t)
            if number == RECORDS_IN_A_RUN:
                self._on_long(number)
        return number

    def close(self, why: Any, *, detail: str | None = None, x: Mapping[str, Any] = NOTHING) -> None:
        """Write the last record."""
        with self._lock:
            self._instant = (-1, -RECORDS_IN_AN_INSTANT)
            self("loop", RunClose(why, detail, None, dict(sorted(self._kinds.items()))), x=x)
            self._closed = True

    def normal(self, text: str) -> str:
        """A text as it may stand in a journal. Most come again and again: what became of them is kept."""
        if self._pattern is None or len(self._known) > TEXTS_KEPT:
            self._known.clear()
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._made_normal(text)
        return known

    def _made_normal(self, text: str) -> str:
        if self._pattern is None:
            longest_first = sorted(self._names, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        text = self._pattern.sub(lambda found: self._names[found.group()], text)
        text = _PORT.sub(lambda found: found[1] + self._ports.get(found[2], "<port>"), text)
        text = _PID.sub(lambda found: found[1] + ("<pid>" if found[2] in self._pids else found[2]), text)
        return _ADDRESS.sub("<address>", text)

    def _normal(self, event: Event) -> Event:
        if isinstance(event, RunOpen):
            return event  # what a re-run needs, word for word
        values = vars(event).items()
        changed = {name: said for name, value in values if (said := self._said(value)) is not value}
        return replace(event, **changed) if changed else event

    def _said(self, value: Any) -> Any:
        """A value as it may stand in a journal; the same object where nothing changes."""
        if value is None or isinstance(value, int):
            return value
        if isinstance(value, str):
            said = value if value.isalpha() else self.normal(value)
            return value if said == value else said
        if isinstance(value, (list, tuple)):
            found = [self._said(one) for one in value]
            return value if all(map(operator.is_, found, value)) else type(value)(found)
        if isinstance(value, Mapping):
            held = {key: self._said(one) for key, one in value.items()}
            return value if all(held[key] is value[key] for key in held) else held
        return value

    def _write(self, line: bytes) -> None:
        """One write() a record; what a full disk cut off is tried once more, to learn why."""
        line += b"\n"
        try:
            written = os.write(self._descriptor, line)
            if written < len(line):
                os.write(self._descriptor, line[written:])
        except OSError as problem:
            self._on_broken(problem)

    def _watch_for_flood(self, t: int) -> None:
        instant, count = self._instant
        count = count + 1 if t == instant else 1
        self._instant = (t, count)
        if count > RECORDS_IN_AN_INSTANT:
            self._instant = (t, 0)
            self._on_flood(count)
