"""Clicks on buttons (interactions): where each was written, and when the bot acknowledged it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from fake_qq_server.events import InteractionAck, InteractionSent
from harness.judging.facts import Mark, Writing
from harness.judging.timeline import Timeline


@dataclass(frozen=True)
class Click:
    """`acknowledged`: the first request that named it, whatever became of that; null where there was none."""

    id: str
    written: tuple[Writing, ...]
    acknowledged: Mark | None


def clicks(run: Timeline) -> tuple[Click, ...]:
    """Every click of the run proper, in the order in which they were first written."""
    written: dict[str, tuple[Writing, ...]] = {}
    acknowledged: dict[str, Mark] = {}
    for record in run.body:
        mark = Mark(record.t, record.n)
        if isinstance(record.event, InteractionSent):
            one = Writing(mark, record.about.conn, record.event.replay, s=record.event.s)
            written[record.event.id] = (*written.get(record.event.id, ()), one)
        elif isinstance(record.event, InteractionAck):
            acknowledged.setdefault(record.event.id, mark)
    return tuple(Click(name, each, acknowledged.get(name)) for name, each in written.items())
