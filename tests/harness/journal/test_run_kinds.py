"""The kinds that the harness itself writes: both tables, `run_kinds` and `runner_kinds`."""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, fields
from typing import Any, get_args

import pytest

from fake_qq_server.events import Event
from harness.journal import run_kinds, runner_kinds
from harness.journal.run_kinds import RunnerStop, RunOpen, SpanEvent, SubjAttempt, SubjHandler, SubjState

EACH = pytest.mark.parametrize("kind", (*run_kinds.KINDS, *runner_kinds.KINDS), ids=lambda kind: kind.KIND)
SPANS = [kind for kind in run_kinds.KINDS if issubclass(kind, SpanEvent)]


@EACH
def test_a_kind_is_described_for_the_table_in_the_docs(kind: type[Event]) -> None:
    assert kind.__doc__ and not kind.__doc__.startswith(f"{kind.__name__}(")


def test_a_record_cannot_be_changed_after_it_was_made() -> None:
    with pytest.raises(FrozenInstanceError):
        SubjState(True, None, None).connected = False  # type: ignore[misc]


@pytest.mark.parametrize("kind", SPANS, ids=lambda kind: kind.KIND)
def test_what_begins_and_ends_needs_only_to_say_which_of_both_it_is(kind: type[Event]) -> None:
    required = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
    assert required == ["phase"]


@pytest.mark.parametrize("kind", [SubjAttempt, SubjHandler])
def test_attempts_and_handler_calls_are_counted_from_one(kind: type[SubjAttempt | SubjHandler]) -> None:
    assert kind("begin").number == 1


def test_the_runner_s_stop_is_a_span_like_the_adapter_s_calls() -> None:
    assert RunnerStop in SPANS
    assert get_args(run_kinds.SpanPhase) == ("begin", "end")


@pytest.mark.parametrize(
    ("name", "value"), [("run", 5), ("level", ["a"]), ("subject", "x"), ("scenario", None)]
)
def test_an_opening_that_is_not_ours_is_refused(name: str, value: object) -> None:
    ours: dict[str, Any] = {"run": "a/b", "level": "adapter", "subject": {}, "scenario": {}}
    with pytest.raises(ValueError, match=f"run.open has .* as its {name}"):
        RunOpen(schema=1, seed=0, clock="baton", fix=None, **{**ours, name: value})
