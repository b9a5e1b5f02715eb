"""Numbering calls that are made again and again: reconnect attempts, calls of the fatal-error handler."""

from __future__ import annotations

from functools import partial

from harness.journal.run_kinds import How, SpanEvent, SpanPhase, SubjAttempt, SubjHandler
from harness.worker.subjects.observer import MakeSpan


class CallCounter:
    """Counts the calls recorded as `kind`, going on from `number`. Called once for each call; gives what
    builds its two records."""

    def __init__(self, kind: type[SubjAttempt] | type[SubjHandler], number: int = 0) -> None:
        self.kind = kind
        self.number = number

    def __call__(self) -> MakeSpan:
        self.number += 1
        return partial(self._build, self.number)

    def _build(self, number: int, phase: SpanPhase, how: How | None, error: str | None) -> SpanEvent:
        return self.kind(phase, how, error, number)
