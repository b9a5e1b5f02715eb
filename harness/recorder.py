"""Writes the journal as it happens: one `write()` a record, numbered, stamped, normalised.

Runs beside the subject. Texts are normalised here and nowhere else: ports, folders, memory addresses and
the process id become names, and a secret becomes `<secret:name>`, so that equal runs have equal journals.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from fake_qq_server.events import NOBODY, NOTHING, Envelope, Event

from .journal import Record, RunClose

RECORDS_IN_AN_INSTANT = 2_000
"""More records than this within one instant are a spin."""

_ADDRESS = re.compile(r"0x[0-9a-f]{6,16}")


class Recorder:
    """The sink of a run. `now` gives virtual microseconds; `on_flood(n)` is told of a record spin."""

    def __init__(self, descriptor: int, now: Callable[[], int], on_flood: Callable[[int], None]) -> None:
        self._descriptor = descriptor
        self._now = now
        self._on_flood = on_flood
        self._count = 0
        self._kinds: Counter[str] = Counter()
        self._names: dict[str, str] = {str(os.getpid()): "<pid>"}
        self._secrets: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None
        self._instant = (0, 0)

    def name(self, text: str, name: str) -> None:
        """From now on write `<name>` where `text` stands (a port, a folder)."""
        self._names[text] = f"<{name}>"
        self._pattern = None

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
        """Write one record; returns its number."""
        self._count += 1
        self._kinds[event.KIND] += 1
        record = Record(self._count, self._now(), src, self._normal(event), about, x)
        os.write(self._descriptor, record.as_json().encode() + b"\n")
        self._watch_for_flood(record.t)
        return self._count

    def close(self, why: Any, *, detail: str | None = None, x: Mapping[str, Any] = NOTHING) -> None:
        """Write the last record."""
        self._instant = (-1, -RECORDS_IN_AN_INSTANT)
        self("loop", RunClose(why, detail, None, dict(sorted(self._kinds.items()))), x=x)

    def normal(self, text: str) -> str:
        """A text as it may stand in a journal."""
        if self._pattern is None:
            longest_first = sorted(self._names, key=len, reverse=True)
            words = (rf"\b{re.escape(t)}\b" if t.isdigit() else re.escape(t) for t in longest_first)
            self._pattern = re.compile("|".join(words))
        named = self._pattern.sub(lambda found: self._names[found.group()], text)
        return _ADDRESS.sub("<address>", named)

    def _normal(self, event: Event) -> Event:
        texts = {
            f.name: self.normal(value)
            for f in fields(event)
            if isinstance(value := getattr(event, f.name), str) and not value.isalpha()
        }
        changed = {name: text for name, text in texts.items() if text != getattr(event, name)}
        return replace(event, **changed) if changed else event

    def _watch_for_flood(self, t: int) -> None:
        instant, count = self._instant
        count = count + 1 if t == instant else 1
        self._instant = (t, count)
        if count > RECORDS_IN_AN_INSTANT:
            self._instant = (t, 0)
            self._on_flood(count)
