"""`repro` and `run`: choose runs, do them, print a line each and the worst one's story."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from harness.commands.baseline import check_reasons
from harness.commands.comparing import compared, rows_of, told_of
from harness.commands.replay import replay_of
from harness.commands.replay import told_of as replayed_as
from harness.commands.report import lines
from harness.commands.report.terminal import Steps, Terminal
from harness.commands.reports import annotations_of, write_reports
from harness.commands.request import RELAY, RunRequest
from harness.commands.results import DEFAULT_OUT, Judged, Results, document
from harness.commands.series import Series
from harness.commands.written import as_text
from harness.comparing import baseline
from harness.comparing.changes import changes
from harness.errors import NOT_JUDGED, PASSED, UsageError
from harness.hermes import environments, fixes
from harness.hermes.fixes import copied
from harness.hermes.installation import Installation, is_installed
from harness.judging.outcome import exit_status
from harness.program.supervisor import ProgramSupervisor
from harness.reporting.stored import read_stored
from harness.scenario import selection
from harness.scenario.run_spec import RunSpec
from harness.scenario.selection import sources_of
from harness.scenario.vocabulary import LEVELS_DRIVEN, PROCESS

Batch = tuple[str, Sequence[RunSpec]]
"""A level, and the runs to do at it."""


def repro(request: RunRequest) -> int:
    """Every run of one issue, at every level unless one is named; ends with REPRODUCED, NOT REPRODUCED or NOT
    JUDGED."""
    issue = request.issue
    levels = [_level(request)] if request.level else selection.levels_of(issue, LEVELS_DRIVEN)
    shown = {level: selection.by_issue(issue, level) for level in levels}
    everything = [run for runs in shown.values() for run in runs]
    wanted = {run.name for run in selection.narrowed(everything, request.tags, request.expression)}
    batches = [(level, [run for run in runs if run.name in wanted]) for level, runs in shown.items()]
    batches = [(level, runs) for level, runs in batches if runs]
    before = _run_against(request, batches)
    done = _run(request, batches)
    _tell_changes(request, before, done)
    _write_reports(request)
    status = _status(done, strict=request.strict)
    folder = request.out or DEFAULT_OUT
    _terminal(request).print_lines(
        ["", *lines.conclusion(status, issue, done), *lines.what_next(status, folder)]
    )
    return status


def run(request: RunRequest) -> int:
    """The runs that names and files mean; without a name, the whole catalogue at the level."""
    if request.replay:
        return _replayed(request, request.replay)
    level = _level(request)
    if request.names:
        runs = selection.by_names(request.names, level)
    else:
        runs = [run for run in selection.all_runs() if level in run.levels]
    runs = selection.narrowed(runs, request.tags, request.expression)
    if request.shard:
        runs = selection.shard(runs, *request.shard)
        if not runs:
            part, of = request.shard
            raise UsageError(f"--shard {part}/{of}: none of the runs is in this part")
    known = baseline.find(request.baseline, level, request.fix) if request.baseline else None
    if known and request.baseline:
        check_reasons(request.baseline, known.baseline, runs)
    before = _run_against(request, [(level, runs)])
    done = _run(request, [(level, runs)])
    _tell_changes(request, before, done)
    _write_reports(request)
    if known is None:
        return _status(done, strict=request.strict)
    return compared(known, done, _terminal(request), strict=request.strict)


def _replayed(request: RunRequest, path: Path) -> int:
    """A bundle's run again, and whether it did the same."""
    if request.names or request.tags or request.expression or request.shard or request.baseline:
        raise UsageError(f"--replay {path}: it names its run itself; no other can be chosen with it")
    replay = replay_of(path, request)
    done = _run(replay.request, [(replay.level, [replay.spec])])
    _write_reports(replay.request)
    _terminal(request).print_lines(["", *replayed_as(replay, done)])
    return _status(done, strict=request.strict)


def _terminal(request: RunRequest) -> Terminal:
    """Where lines for people go; with --json, stdout is for the document alone."""
    return Terminal(sys.stderr if request.json else sys.stdout)


def _run_against(request: RunRequest, batches: Sequence[Batch]) -> list[Judged] | None:
    """The same runs on what --against names, without a fix; its results lie in `against/` beside the others.

    None where nothing is to be compared.
    """
    if request.against is None:
        return None
    other = replace(
        request, fix=None, against=None, json=False, durations=0, out=(request.out or DEFAULT_OUT) / "against"
    )
    say = Terminal(sys.stderr).note
    installation = environments.resolve_against(request.against, request.hermes, request.python, say=say)
    return _run(other, batches, installation)


def _tell_changes(request: RunRequest, before: Sequence[Judged] | None, done: Sequence[Judged]) -> None:
    if before is not None:
        title = f"compared with {request.against}"
        _terminal(request).print_lines(["", title, *told_of(changes(rows_of(before), rows_of(done)))])


def _write_reports(request: RunRequest) -> None:
    """What is asked for, from what now lies in the folder: `report` would write the same."""
    if request.html or request.junit or request.markdown or request.annotations:
        stored = read_stored([request.out or DEFAULT_OUT])
        told = [f"written: {path}" for path in write_reports(stored, request)]
        told += annotations_of(stored, sources_of(request.names)) if request.annotations else []
        _terminal(request).print_lines(told)


def _run(
    request: RunRequest, batches: Sequence[Batch], installation: Installation | None = None
) -> list[Judged]:
    """Run batch after batch, a level each; one outcome.json for all.

    `installation` is another than the request asks for: then no story is told.
    """
    told = installation is None
    terminal = _terminal(request)
    differs = request.debug or request.network != RELAY or any(level == PROCESS for level, _ in batches)
    if request.store and differs:
        raise UsageError(
            "--store goes neither with --debug nor a real Toxiproxy nor level process: such runs differ"
        )
    if request.network != RELAY:
        from harness.toxiproxy import lane  # with packages that nobody else needs

        lane.check()
    if installation is None:
        installation = environments.resolve(request.hermes, request.python, say=Terminal(sys.stderr).note)
    if any(level == PROCESS for level, _ in batches):
        _check_program(request, installation)
    fix = fixes.choose(request.fix, installation) if request.fix else None
    out = request.out or DEFAULT_OUT
    width = max(len(run.name) for _, runs in batches for run in runs)
    with Results(out, [(level, run.name) for level, runs in batches for run in runs]) as results:
        left_out = [fix.left_out] if fix and fix.left_out else []
        terminal.print_lines(
            [installation.description + (f", {fix.description}" if fix else ""), *left_out, ""]
        )
        for number, (level, runs) in enumerate(batches):
            series = Series(
                installation,
                out,
                level=level,
                seed=request.seed,
                fix=fix,
                jobs=1 if request.debug else request.jobs,
                debug=request.debug,
                stop_at_first=request.stop_at_first,
                network=request.network,
                store=request.store,
                speed=request.speed,
            )
            if len(batches) > 1:
                terminal.print_lines([*([""] if number else []), f"level {level}"])
            with terminal.progress(len(runs), bar=not request.debug) as progress:
                done = series.run(runs, partial(_done, results, progress, width))
            results.extend(done)
            if told:
                _print_stories(request, terminal, done, level)
            if request.stop_at_first and _status(done, strict=False) != PASSED:
                break
    if not told:
        terminal.print_lines(["", lines.totals(results.runs), ""])
    if request.durations:
        terminal.print_lines(["", *lines.slowest(results.runs, request.durations)])
    if request.json:
        print(as_text(document(results.runs)))
    return results.runs


def _check_program(request: RunRequest, installation: Installation) -> None:
    """Whether the process level can be run here. Raises SubjectError and HarnessError."""
    if not is_installed(installation):
        copied.command_of(installation)
    ProgramSupervisor(request.speed)


def _done(results: Results, progress: Steps, width: int, judged: Judged) -> None:
    results.extend([judged])
    progress.done(lines.run_line(judged, width))


def _print_stories(request: RunRequest, terminal: Terminal, done: Sequence[Judged], level: str) -> None:
    """The worst run's story, with -v everybody's, and how many runs have which verdict."""
    worst = lines.worst(done)
    shown = done if request.verbose else [worst] if worst else []
    for judged in (one for one in shown if one.outcome):  # of one without, its line says all
        repeat = repeat_line(request, judged.name, level)
        terminal.print_lines(["", *lines.story(judged, repeat, terminal.columns)])
    terminal.print_lines(["", lines.totals(done)])


def repeat_line(request: RunRequest, name: str, level: str = "adapter") -> str:
    """The command that does one run again; a run that only a file has is named FILE::RUN."""
    files = selection.files(request.names)
    words = ["qqchaos", "run", f"{files[name]}::{name}" if name in files else name]
    for option, value in (
        ("--hermes", request.hermes),
        ("--python", request.python),
        ("--with-fix", request.fix),
    ):
        words += [option, value] if value else []
    words += ["--level", level] if level != "adapter" else []
    words += ["--network", request.network] if request.network != RELAY else []
    words += ["--seed", str(request.seed)] if request.seed else []
    return shlex.join(words)


def _status(done: Sequence[Judged], *, strict: bool) -> int:
    """1 if a check failed, whatever else; 125 if something could not be judged or did not run at all."""
    status = exit_status([judged.outcome for judged in done if judged.outcome], strict)
    return NOT_JUDGED if status == PASSED and any(judged.outcome is None for judged in done) else status


def _level(request: RunRequest) -> str:
    level = request.level or "adapter"
    if level == PROCESS and request.network != RELAY:
        raise UsageError("--level process and --network toxiproxy do not go together")
    if level == PROCESS and request.debug:
        raise UsageError(
            "--level process and --debug do not go together: the program is not this one's child"
        )
    if level != PROCESS and request.speed is not None:
        raise UsageError("--speed is for --level process; elsewhere time is virtual")
    return level
