"""What the parent says where something is missing, and what it takes for a run that was too fast."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.process.result import RunResult
from harness.process.worker_spec import WorkerSpec
from harness.program import faketime, supervisor
from harness.program.sentinel import TOO_FAST


def result(folder: Path, **said: object) -> RunResult:
    journal = folder / "journal.jsonl"
    journal.write_text(json.dumps({"d": {}}) + "\n" + json.dumps({"d": said}) + "\n", encoding="utf-8")
    spec = WorkerSpec("run", "process", 0, str(journal))
    return RunResult(spec, journal, None, 1.0, 0.0)


def test_without_libfaketime_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faketime, "find", lambda: None)
    with pytest.raises(HarnessError, match="apt-get install libfaketime"):
        supervisor.ProgramSupervisor()


def test_real_time_needs_no_libfaketime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faketime, "find", lambda: None)
    supervisor.ProgramSupervisor(1)


def test_without_trustme_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "can_make_certificates", lambda: False)
    with pytest.raises(HarnessError, match="needs trustme"):
        supervisor.ProgramSupervisor(1)


def test_a_run_in_which_the_sentinel_spoke_was_too_fast(tmp_path: Path) -> None:
    said = f"{TOO_FAST}timers were late by 999 s of the run"
    assert supervisor._too_fast(result(tmp_path, why="harness", detail=said)) == said


@pytest.mark.parametrize("said", [{"why": "end", "detail": None}, {"why": "harness", "detail": "KeyError"}])
def test_no_other_run_was_too_fast(tmp_path: Path, said: dict[str, object]) -> None:
    assert supervisor._too_fast(result(tmp_path, **said)) is None


def rates(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, too_fast_above: float, speed: float
) -> list[float]:
    """The rates at which a run is tried on a machine that allows no more than `too_fast_above`."""
    tried = []
    monkeypatch.setattr(faketime, "find", lambda: tmp_path)

    def run(self: object, spec: WorkerSpec, speed: float) -> RunResult:
        tried.append(speed)
        detail = f"{TOO_FAST}timers were late" if speed > too_fast_above else None
        return result(tmp_path, why="harness" if detail else "end", detail=detail)

    monkeypatch.setattr(supervisor.ProgramSupervisor, "_run", run)
    supervisor.ProgramSupervisor(speed).run_all([WorkerSpec("run", "process", 0, "journal")])
    return tried


@pytest.mark.parametrize(
    ("allowed", "speed", "tried"),
    [(1000, 1000, [1000]), (500, 1000, [1000, 500]), (0, 1000, [1000, 500, 250]), (0, 3, [3, 1.5, 1])],
)
def test_a_run_that_was_too_fast_is_repeated_at_half_the_rate_twice_at_most(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, allowed: float, speed: float, tried: list[float]
) -> None:
    assert rates(monkeypatch, tmp_path, allowed, speed) == tried
