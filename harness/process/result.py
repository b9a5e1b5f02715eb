"""What became of a worker's process: its result, and the end of its journal. See JUDGING for the words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harness.errors import HarnessError, SubjectError
from harness.journal import repair
from harness.journal.run_kinds import RunClose
from harness.process.child_setup import GAVE_UP
from harness.process.fork_client import End, tail
from harness.process.heartbeat_page import Beat, Phase
from harness.process.worker_spec import WorkerSpec

Why = Literal["importing", "cpu", "blocked", "memory", "wall", "killed", "harness"]
"""What a worker was ended for; None of these for one that ended by itself."""


@dataclass(frozen=True)
class RunResult:
    """One run's process, not its judgement.

    `journal`: its closed journal, None where nothing was written. `problem`: one sentence on why there is no
    run to judge, None where there is one; `whose` problem it is. `wall_s` and `cpu_s` are real seconds.
    """

    spec: WorkerSpec
    journal: Path | None
    problem: str | None
    wall_s: float
    cpu_s: float
    whose: Literal["subject", "harness"] | None = None

    def error(self) -> SubjectError | HarnessError | None:
        """The problem as the exception that it is."""
        if self.problem is None:
            return None
        return SubjectError(self.problem) if self.whose == "subject" else HarnessError(self.problem)


def conclude(
    spec: WorkerSpec, end: End, ended_for: tuple[Why, str] | None, beat: Beat, wall_s: float
) -> RunResult:
    """Close the run's journal and say what it was. Reads the run's folder, so before that is removed."""
    problem = _problem(spec, end, ended_for, beat)
    event = _event(end, ended_for, beat, problem)
    x: dict[str, Any] = {"wall_s": round(wall_s, 3), "cpu_s": round(end.cpu_s, 3), "rss": end.resident}
    x.update((name, text) for name in ("stack", "stderr") if (text := tail(Path(spec.folder) / name)))
    journal = Path(spec.journal)
    found = repair.close(journal, event, at_us=beat.virtual_us, x=x)
    if found.closed and problem is not None and _told(spec) is None:
        problem = None  # it got to its end, whatever its process did afterwards
    elif found.records == 0 and not found.closed:
        journal.unlink(missing_ok=True)
        if problem is None:
            how = _how(end, ended_for)
            problem = ("harness", f"{spec.run}: the worker ended ({how}) and wrote no journal")
    whose, sentence = problem or (None, None)
    return RunResult(spec, journal if journal.exists() else None, sentence, wall_s, end.cpu_s, whose)


_Problem = tuple[Literal["subject", "harness"], str]


def _problem(spec: WorkerSpec, end: End, ended_for: tuple[Why, str] | None, beat: Beat) -> _Problem | None:
    """Whose trouble kept this from being a run, and one sentence on it."""
    if ended_for is not None and ended_for[0] == "harness":
        return "harness", f"{spec.run}: {ended_for[1]}"
    if ended_for is not None and ended_for[1] == "interrupted":
        return None
    told = _told(spec)
    if told is not None:
        return told
    if ended_for is None and end.status == GAVE_UP and beat.phase is Phase.IMPORTING:
        return "harness", f"{spec.run}: the worker could not begin: {_last_words(spec)}"
    if beat.phase is Phase.IMPORTING:
        how = _how(end, ended_for)
        return "subject", f"{spec.run}: the subject could not be imported ({how}): {_last_words(spec)}"
    return None


def _told(spec: WorkerSpec) -> _Problem | None:
    try:
        told = json.loads(spec.problem.read_text(encoding="utf-8"))
        return ("subject" if told["kind"] == "subject" else "harness"), str(told["sentence"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _event(end: End, ended_for: tuple[Why, str] | None, beat: Beat, problem: _Problem | None) -> RunClose:
    counts = {"turns": beat.turns}
    if problem is not None:
        return RunClose("harness", problem[1], counts=counts)
    if ended_for is not None and ended_for[0] != "importing":
        return RunClose(ended_for[0], ended_for[1], counts=counts)
    if end.status < 0:
        return RunClose("killed", _how(end, None), end.status, counts)
    return RunClose("exited", _how(end, None), end.status, counts)


def _how(end: End, ended_for: tuple[Why, str] | None) -> str:
    if ended_for is not None:
        return ended_for[1]
    return f"signal {-end.status}" if end.status < 0 else f"status {end.status}"


def _last_words(spec: WorkerSpec) -> str:
    lines = tail(Path(spec.folder) / "stderr").splitlines()
    return lines[-1].strip() if lines else "it said nothing"
