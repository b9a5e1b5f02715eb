"""Who ended a worker and why, in words."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import pytest

from fake_qq_server.events import Heal
from harness.journal.record import Record
from harness.journal.run_kinds import INTERRUPTED_DETAIL, RunClose
from harness.judging.run_close import BY_HARNESS, BY_WORKER, interrupted, said_of

WHYS = get_args(get_type_hints(RunClose)["why"])


def close(why: Any, detail: str | None = None, src: str = "parent") -> Record:
    return Record(9, 0, src, RunClose(why, detail))


def test_every_why_has_a_sentence() -> None:
    assert set(BY_HARNESS) == set(WHYS)
    assert set(BY_WORKER) <= set(WHYS)


@pytest.mark.parametrize(
    ("closed", "said"),
    [
        (close("end", src="loop"), "the run came to its end"),
        (close("killed", "signal 9"), "the worker's process died (signal 9)"),
        (
            close("killed", INTERRUPTED_DETAIL),
            "the harness ended the worker, because the command was interrupted",
        ),
        (close("exited", "status 3"), "the worker's process exited before the run was over (status 3)"),
        (
            close("spin", "records", src="loop"),
            "the worker stopped the run, because its event loop let no time pass (records)",
        ),
        (close("spin"), "the harness ended the worker, because its event loop let no time pass"),
        (close("evicted"), "the worker ended: evicted"),
        (Record(1, 0, "peer", Heal("keep")), "the journal has no run.close"),
    ],
)
def test_the_sentence_says_who_ended_the_worker_and_why(closed: Record, said: str) -> None:
    assert said_of(closed) == said


@pytest.mark.parametrize("why", WHYS)
def test_who_closed_the_journal_makes_a_difference_only_where_the_worker_can(why: str) -> None:
    differs = said_of(close(why)) != said_of(close(why, src="loop"))
    assert differs == (why in ("spin", "journal", "harness"))


def test_only_a_kill_without_a_fault_of_the_run_is_an_interruption() -> None:
    assert interrupted(close("killed", INTERRUPTED_DETAIL))
    assert not interrupted(close("killed", "signal 2"))
    assert not interrupted(close("wall", INTERRUPTED_DETAIL))
    assert not interrupted(None)
