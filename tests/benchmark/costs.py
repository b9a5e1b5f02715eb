"""What things cost in a run: from the CPU of two runs that differ in how often one thing happens.

The CPU is the worker's own, as the last record of each journal has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.journal.record import Record
from harness.journal.run_kinds import RunClose
from harness.scenario.loading import load_text
from harness.scenario.run_spec import RunSpec

HOUR_US = 3_600_000_000

RunIt = Callable[[RunSpec], list[Record]]
"""Runs a run; returns its records."""


@dataclass(frozen=True)
class Cost:
    """One thing. `rules` bring it about, as YAML; `ends` are when the two runs end. `kind` is the kind of
    record that counts it, None for virtual hours; `each` is how many such records one makes."""

    words: str
    rules: str
    ends: tuple[str, str]
    kind: str | None
    each: int = 1


DROP = "{id: drop, at: ready + 60s, do: {close: 4009}}"
COSTS = (
    Cost("a virtual hour, connected and quiet", "", ("1h", "11h"), None),
    Cost(
        "an attempt that fails at /gateway",
        f"{DROP}, {{when: http.gateway, from: drop, do: {{status: 500}}}}",
        ("10m", "80m"),
        "subj.attempt",
        2,
    ),
    Cost(
        "an attempt that nobody listens for",
        f"{DROP}, {{link: ws, from: drop, do: refuse}}",
        ("10m", "80m"),
        "subj.attempt",
        2,
    ),
    Cost(
        "a connection that becomes ready and is closed",
        "{when: ws.out.ready, do: {close: 4006}}",
        ("40s", "6m"),
        "ws.connect",
    ),
    Cost(
        "a message and its answer",
        "{at: ready + 10s, every: 2s, do: {dispatch: C2C_MESSAGE_CREATE}}",
        ("1m", "11m"),
        "subj.message",
    ),
    Cost(
        "a frame to the bot that asks for nothing",
        "{at: ready + 10s, every: 500ms, do: {frame: '{\"op\":11}'}}",
        ("1m", "11m"),
        "ws.out",
    ),
)


def costs(run: RunIt, rounds: int) -> Iterator[str]:
    """A line for each thing, and one for what every run costs."""
    quiet = [run(_spec(COSTS[0], "10m")) for _ in range(rounds)]
    yield _line("a run of ten quiet minutes", median(map(_cpu, quiet)))
    for cost in COSTS:
        found = [_difference(cost, *(run(_spec(cost, end)) for end in cost.ends)) for _ in range(rounds)]
        yield _line(cost.words, median(found))


def _spec(cost: Cost, end: str) -> RunSpec:
    rules = f"[{cost.rules}]"
    text = (
        "scenario: cost\nstory: What it costs.\nissues: []\nlevels: [adapter]\nasks: [awake]\n"
        f"rules: {rules}\nend: {end}\n"
    )
    return load_text(text)[0].runs[0]


def _difference(cost: Cost, less: list[Record], more: list[Record]) -> float:
    times = (_count(cost, more) - _count(cost, less)) / cost.each
    return (_cpu(more) - _cpu(less)) / times


def _count(cost: Cost, records: list[Record]) -> float:
    last = records[-1]
    assert isinstance(last.event, RunClose)
    return last.t / HOUR_US if cost.kind is None else last.event.counts[cost.kind]


def _cpu(records: list[Record]) -> float:
    x: Any = records[-1].x
    return float(x["cpu_s"])


def _line(words: str, seconds: float) -> str:
    return f"{words:48} {seconds * 1e3:7.1f} ms"
