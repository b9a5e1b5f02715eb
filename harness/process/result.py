"""How a worker's process ended: the run's result, and the last record of its journal where that is missing.

Runs in the parent. docs/judging.md says what the words of that record mean.
"""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harness.errors import HarnessError, SubjectError
from harness.journal import repair
from harness.journal.run_kinds import RunClose
from harness.process.child_setup import PROBLEM_STATUS
from harness.process.fork_client import ProcessEnd
from harness.process.heartbeat_page import Phase, Reading
from harness.process.private_dirs import read_tail, remove_folder
from harness.process.watchdog import EndReason
from harness.process.worker_spec import WorkerSpec

MOST_OF_A_PROBLEM = 1 << 16
"""Bytes of a sentence in JSON."""

Whose = Literal["subject", "harness"]


@dataclass(frozen=True)
class RunResult:
    """What is left of one run's process; the judge says what became of the bot.

    `journal`: its closed journal, None where nothing was written. `problem`: one sentence on why there is no
    run to judge, None where there is one; `whose` problem it is. `lost`: its fork server ended under it, so
    it may be no fault of this run's. `wall_s` and `cpu_s` are real seconds.
    """

    spec: WorkerSpec
    journal: Path | None
    problem: str | None
    wall_s: float
    cpu_s: float
    whose: Whose | None = None
    lost: bool = False

    def error(self) -> SubjectError | HarnessError | None:
        """The problem as an exception of its kind."""
        if self.problem is None:
            return None
        return SubjectError(self.problem) if self.whose == "subject" else HarnessError(self.problem)


@dataclass(frozen=True)
class _Problem:
    whose: Whose
    sentence: str


def conclude(
    spec: WorkerSpec,
    end: ProcessEnd,
    reason: EndReason | None,
    reading: Reading,
    wall_s: float,
    *,
    journal_bytes: int | None = None,
) -> RunResult:
    """Close the run's journal if the worker has not, and make the result. Reads files of the run's folder.

    `reason`: why it was ended, None for one that ended by itself. `reading`: the last of its heartbeat page.
    `journal_bytes`: how much of the journal counts, where its end was decided from outside; None: all of it.
    """
    problem = _problem(spec, end, reason, reading)
    event = _close_event(end, reason, reading, problem)
    x: dict[str, Any] = {"wall_s": round(wall_s, 3), "cpu_s": round(end.cpu_s, 3), "rss": end.resident}
    outputs = {"stack": spec.stack_file, "stderr": spec.stderr_file}
    x.update((name, text) for name, file in outputs.items() if (text := read_tail(file)))
    journal = Path(spec.journal)
    found = repair.close(journal, event, at_us=reading.virtual_us, x=x, keep_bytes=journal_bytes)
    if found.closed and problem is not None and _reported(spec) is None:
        problem = None  # the run got to its end, whatever its process did afterwards
    elif found.records == 0 and not found.closed:
        _discard(journal)
        if problem is None:
            how = _how(end, reason)
            problem = _Problem("harness", f"{spec.run}: the worker ended ({how}) and wrote no journal")
    kept = journal if journal.exists() else None
    if problem is None:
        return RunResult(spec, kept, None, wall_s, end.cpu_s)
    return RunResult(spec, kept, problem.sentence, wall_s, end.cpu_s, problem.whose)


def _discard(journal: Path) -> None:
    """Remove what stands in the journal's place, whatever it is."""
    if journal.is_dir() and not journal.is_symlink():
        remove_folder(journal)
    else:
        journal.unlink(missing_ok=True)


def _problem(
    spec: WorkerSpec, end: ProcessEnd, reason: EndReason | None, reading: Reading
) -> _Problem | None:
    """What kept this from being a run, or None if it was one."""
    if reason is not None and reason.why == "harness":
        return _Problem("harness", f"{spec.run}: {reason.detail}")
    if reason is not None and (reason.why == "killed" or reading.phase is not Phase.IMPORTING):
        return None  # decided: what the worker still wrote, woken by the dump of its stacks, says nothing
    reported = _reported(spec)
    if reported is not None:
        return reported
    if reading.phase is not Phase.IMPORTING:
        return None
    if reason is None and end.status == PROBLEM_STATUS:
        return _Problem("harness", f"{spec.run}: the worker could not begin: {_last_stderr_line(spec)}")
    how = _how(end, reason)
    sentence = f"{spec.run}: the subject could not be imported ({how}): {_last_stderr_line(spec)}"
    return _Problem("subject", sentence)


def _reported(spec: WorkerSpec) -> _Problem | None:
    """The problem that the worker wrote down itself."""
    try:
        written = json.loads(read_tail(spec.problem_file, MOST_OF_A_PROBLEM))
        return _Problem("subject" if written["kind"] == "subject" else "harness", str(written["sentence"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def reported_problem(spec: WorkerSpec) -> str | None:
    """Why there is no run to judge, where its own process wrote that down."""
    found = _reported(spec)
    return found.sentence if found else None


def _close_event(
    end: ProcessEnd, reason: EndReason | None, reading: Reading, problem: _Problem | None
) -> RunClose:
    """The last record, for a journal that has none. Its detail says who ended the worker, and why."""
    counts = {"turns": reading.turns}
    if problem is not None:
        return RunClose("harness", problem.sentence, counts=counts)
    if reason is not None and reason.why != "importing":
        return RunClose(reason.why, reason.detail, counts=counts)
    if end.status < 0:
        detail = f"killed by signal {_signal_name(-end.status)}, which the supervisor did not send"
        return RunClose("killed", detail, end.status, counts)
    return RunClose("exited", f"exited by itself with status {end.status}", end.status, counts)


def _how(end: ProcessEnd, reason: EndReason | None) -> str:
    if reason is not None:
        return reason.detail
    return f"signal {-end.status}" if end.status < 0 else f"status {end.status}"


def _signal_name(number: int) -> str:
    try:
        return f"{number}, {signal.Signals(number).name}"
    except ValueError:  # a real-time signal
        return str(number)


def _last_stderr_line(spec: WorkerSpec) -> str:
    lines = read_tail(spec.stderr_file).splitlines()
    return lines[-1].strip() if lines else "it wrote nothing to stderr"
