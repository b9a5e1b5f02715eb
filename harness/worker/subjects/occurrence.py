"""Numbering what happens again and again."""

from __future__ import annotations

from functools import partial

from harness.journal.run_kinds import How, Phase, Span, SubjAttempt, SubjHandler
from harness.worker.subjects.observer import Edge


class Counter:
    """Numbers records of one kind: each call makes a builder for the next number's begin and end."""

    def __init__(self, kind: type[SubjAttempt] | type[SubjHandler]) -> None:
        self.kind = kind
        self.number = 0

    def __call__(self) -> Edge:
        self.number += 1
        return partial(self._build, self.number)

    def _build(self, number: int, phase: Phase, how: How | None, error: str | None) -> Span:
        return self.kind(phase, how, error, number)
