"""`run --replay`: a bundle's run done again, on the subject that it names or on another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fake_qq_server.rules.language_errors import LanguageError
from harness.commands.request import RunRequest
from harness.commands.results import Judged
from harness.errors import UsageError
from harness.judging.outcome import SUBJECT_KEYS
from harness.reporting.differences import parting_of
from harness.reporting.runs import Reported
from harness.reporting.stored import read_stored
from harness.reporting.words import VERDICTS, moment_text
from harness.scenario.parse_run import from_resolved
from harness.scenario.run_spec import RunSpec


@dataclass(frozen=True)
class Replay:
    """A stored run that is to be done again. `request`: the command's, with what the bundle says where the
    command line says nothing: level, seed, hermes-agent, Python and fix."""

    stored: Reported
    spec: RunSpec
    request: RunRequest

    @property
    def level(self) -> str:
        """The bundle's."""
        return self.stored.level


def replay_of(path: Path, request: RunRequest) -> Replay:
    """What the bundle asks for.

    Raises UsageError for a file that holds no run with its journal, and where the subject or the fix was
    somebody's own and the command line names none.
    """
    stored = read_stored([path]).runs
    if len(stored) != 1 or not stored[0].records:
        raise UsageError(f"--replay {path}: a bundle of `qqchaos bundle` has one run and its journal")
    (run,) = stored
    assert run.opened is not None  # it has records
    try:
        spec = from_resolved(run.opened.scenario)
    except LanguageError as problem:
        raise UsageError(f"--replay {path}: this version cannot run its scenario: {problem}") from problem
    filled = replace(
        request,
        level=run.level,
        seed=request.seed or run.ran.seed,
        hermes=request.hermes or _hermes(path, run),
        python=request.python or (None if request.hermes else run.ran.python),
        fix=request.fix or _fix(path, run),
    )
    return Replay(run, spec, filled)


def _hermes(path: Path, run: Reported) -> str:
    subject = run.ran.document["subject"]
    if subject.get("source") == "release":
        return run.ran.version
    assert run.opened is not None
    commit = run.opened.subject.get("commit")
    which = f", commit {commit}" if commit else ""
    raise UsageError(f"--replay {path}: it is of somebody's checkout{which}; name yours with --hermes")


def _fix(path: Path, run: Reported) -> str | None:
    fix = run.opened.fix if run.opened else None
    if fix is None:
        return None
    if fix.kind == "named":
        return fix.name
    raise UsageError(f"--replay {path}: it was run with a patch, {fix.name}; name it with --with-fix")


def told_of(replay: Replay, done: Sequence[Judged]) -> list[str]:
    """Whether the run did the same again and, where it did not, when it first did something else."""
    outcome = next((one.outcome for one in done), None)
    if outcome is None:
        return []
    stored = replay.stored
    if outcome.digest == stored.ran.document.get("digest"):
        return ["the same as in the bundle: every record, to the microsecond"]
    before = f"{VERDICTS[stored.verdict]} {stored.ending}"
    now = f"{VERDICTS[outcome.verdict]} {outcome.ending.name}"
    parted = parting_of(stored.records, done[0].records)
    when = f"; they part {moment_text(parted.t)} into the run" if parted else ""
    return [f"not the same as in the bundle: {before} there, {now} here{when}", *_why(stored, done[0])]


def _why(stored: Reported, now: Judged) -> list[str]:
    """In what the two runs differ that could be why."""
    assert now.outcome is not None
    before, here = stored.ran.document, now.outcome
    pairs = [(name, before["subject"].get(name), here.subject.get(name)) for name in SUBJECT_KEYS]
    pairs += [("seed", stored.ran.seed, here.seed), ("clock", before.get("clock"), here.clock)]
    pairs += [("fix", stored.ran.fix, here.fix and here.fix.name)]
    return [f"  {name}: {one} there, {other} here" for name, one, other in pairs if one != other]
