"""What is concluded from how a process ended: whose problem it is, and what the last record says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import HarnessError, SubjectError
from harness.journal.record import Record, parse
from harness.journal.run_kinds import RunClose, RunTeardown
from harness.process.child_setup import PROBLEM_STATUS
from harness.process.fork_client import ProcessEnd
from harness.process.heartbeat_page import Phase, Reading
from harness.process.result import RunResult, conclude
from harness.process.watchdog import BY_INTERRUPTION, EndReason
from harness.process.worker_spec import WorkerSpec

RUNNING = Reading(Phase.RUNNING, 7, 60_000_000)
IMPORTING = Reading(Phase.IMPORTING, 0, 0)
EXITED = ProcessEnd(3, 1.25, 1 << 20)
BY_LIMIT = EndReason("cpu", "killed by the supervisor: 2 s of CPU time without a turn of the clock")
LOST = EndReason("harness", "the worker was killed because its fork server ended")


@pytest.fixture
def spec(tmp_path: Path) -> WorkerSpec:
    """A run whose journal holds one record, at 1 ms."""
    journal = tmp_path / "run.jsonl"
    journal.write_text(Record(1, 1_000, "loop", RunTeardown("end")).as_json() + "\n")
    return WorkerSpec("a-run", "adapter", 0, str(journal), folder=str(tmp_path))


def last_record(result: RunResult) -> Record:
    assert result.journal is not None
    return parse(result.journal.read_text())[-1]


@pytest.mark.parametrize(
    ("end", "reason", "close"),
    [
        (ProcessEnd(-9), BY_LIMIT, RunClose("cpu", BY_LIMIT.detail)),
        (ProcessEnd(-9), EndReason("platform", "the fake's"), RunClose("platform", "the fake's")),
        (ProcessEnd(-2), BY_INTERRUPTION, RunClose("killed", BY_INTERRUPTION.detail)),
        (
            EXITED,
            None,
            RunClose("exited", "exited by itself with status 3", 3),
        ),
        (
            ProcessEnd(-11),
            None,
            RunClose("killed", "killed by signal 11, SIGSEGV, which the supervisor did not send", -11),
        ),
        (
            ProcessEnd(-40),
            None,
            RunClose("killed", "killed by signal 40, which the supervisor did not send", -40),
        ),
        (ProcessEnd(lost=True), LOST, RunClose("harness", f"a-run: {LOST.detail}")),
    ],
    ids=["limit", "platform", "interrupted", "exited", "signal", "real-time-signal", "lost-fork-server"],
)
def test_the_last_record_says_who_ended_the_worker_and_why(
    spec: WorkerSpec, end: ProcessEnd, reason: EndReason | None, close: RunClose
) -> None:
    record = last_record(conclude(spec, end, reason, RUNNING, 1.5))
    assert record.event == replace(close, counts={"turns": 7})
    assert (record.src, record.t) == ("parent", 60_000_000)


def test_the_last_record_holds_costs_stacks_and_the_end_of_stderr(spec: WorkerSpec) -> None:
    spec.stack_file.write_text("in burn\n")
    spec.stderr_file.write_text("a warning\n")
    record = last_record(conclude(spec, EXITED, None, RUNNING, 1.5))
    assert record.x == {
        "wall_s": 1.5, "cpu_s": 1.25, "rss": 1 << 20, "stack": "in burn", "stderr": "a warning",
    }  # fmt: skip


def test_a_run_that_was_ended_is_no_problem_and_can_be_judged(spec: WorkerSpec) -> None:
    for end, reason in ((ProcessEnd(-9), BY_LIMIT), (EXITED, None), (ProcessEnd(-2), BY_INTERRUPTION)):
        result = conclude(spec, end, reason, RUNNING, 1.5)
        assert (result.problem, result.whose, result.error()) == (None, None, None)


@pytest.mark.parametrize(
    ("end", "reason", "reading", "kind", "sentence"),
    [
        (
            EXITED,
            None,
            IMPORTING,
            SubjectError,
            "a-run: the subject could not be imported (status 3): the last line",
        ),
        (
            ProcessEnd(-9),
            None,
            IMPORTING,
            SubjectError,
            "a-run: the subject could not be imported (signal 9): the last line",
        ),
        (
            ProcessEnd(PROBLEM_STATUS),
            None,
            IMPORTING,
            HarnessError,
            "a-run: the worker could not begin: the last line",
        ),
        (ProcessEnd(lost=True), LOST, RUNNING, HarnessError, f"a-run: {LOST.detail}"),
    ],
    ids=["exited", "killed", "could-not-begin", "lost-fork-server"],
)
def test_what_kept_a_run_from_being_one_is_a_sentence_and_somebodys_problem(
    spec: WorkerSpec,
    end: ProcessEnd,
    reason: EndReason | None,
    reading: Reading,
    kind: type[Exception],
    sentence: str,
) -> None:
    spec.stderr_file.write_text("a warning\nthe last line\n")
    error = conclude(spec, end, reason, reading, 1.5).error()
    assert type(error) is kind
    assert str(error) == sentence


@pytest.mark.parametrize(("kind", "error"), [("subject", SubjectError), ("harness", HarnessError)])
def test_a_problem_that_the_worker_reported_is_quoted(spec: WorkerSpec, kind: str, error: type) -> None:
    spec.problem_file.write_text(json.dumps({"kind": kind, "sentence": "no adapter here"}))
    found = conclude(spec, ProcessEnd(PROBLEM_STATUS), None, RUNNING, 1.5).error()
    assert type(found) is error
    assert str(found) == "no adapter here"


def test_a_closed_journal_outweighs_how_its_process_ended(spec: WorkerSpec) -> None:
    path = Path(spec.journal)
    path.write_text(Record(1, 0, "loop", RunClose("end")).as_json() + "\n")
    before = path.read_text()
    assert conclude(spec, EXITED, None, IMPORTING, 1.5).problem is None
    assert path.read_text() == before


def test_an_empty_journal_is_removed_and_its_absence_is_the_harness_problem(spec: WorkerSpec) -> None:
    Path(spec.journal).write_text("")
    result = conclude(spec, EXITED, None, RUNNING, 1.5)
    assert (result.journal, result.whose) == (None, "harness")
    assert result.problem == "a-run: the worker ended (status 3) and wrote no journal"
    assert not Path(spec.journal).exists()
