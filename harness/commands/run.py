"""`repro` and `run`: choose runs, do them, print a line each and the worst one's story."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from harness.commands.report import lines
from harness.commands.report.terminal import Steps, Terminal
from harness.commands.series import Judged, Series, check_out, write_outcomes
from harness.errors import NOT_JUDGED, PASSED, UsageError
from harness.hermes import environments, fixes
from harness.judging.outcome import exit_status
from harness.scenario import selection
from harness.scenario.run_spec import RunSpec

LEVELS_NOW = ("adapter", "runner")
DEFAULT_OUT = Path(".qqchaos")
Batch = tuple[str, Sequence[RunSpec]]
"""A level, and the runs to do at it."""


def repro(args: argparse.Namespace) -> int:
    """Every run of one issue, at every level unless one is named; ends with REPRODUCED, NOT REPRODUCED or NOT
    JUDGED."""
    levels = [_level(args)] if args.level else selection.levels_of(args.issue, LEVELS_NOW)
    shown = {level: selection.by_issue(args.issue, level) for level in levels}
    everything = [run for runs in shown.values() for run in runs]
    wanted = {run.name for run in selection.narrowed(everything, args.tag, args.expression)}
    batches = [(level, [run for run in runs if run.name in wanted]) for level, runs in shown.items()]
    status, done = _run(args, [(level, runs) for level, runs in batches if runs])
    closing = lines.closing(status, args.issue, done)
    Terminal(sys.stderr if args.json else sys.stdout).print_lines(["", *closing])
    return status


def run(args: argparse.Namespace) -> int:
    """The runs that names and files mean; all of the catalogue's where only -m or -k is given."""
    level = _level(args)
    if args.name:
        runs = selection.by_names(args.name, level)
    elif args.tag or args.expression:
        runs = [run for run in selection.all_runs() if level in run.levels]
    else:
        raise UsageError("nothing to run: name scenarios or files, or narrow the catalogue with -m or -k")
    status, _ = _run(args, [(level, selection.narrowed(runs, args.tag, args.expression))])
    return status


def _run(args: argparse.Namespace, batches: Sequence[Batch]) -> tuple[int, list[Judged]]:
    """Run batch after batch, a level each; one outcome.json for all."""
    terminal = Terminal(sys.stderr if args.json else sys.stdout)
    installation = environments.resolve(args.hermes, args.python, say=Terminal(sys.stderr).note)
    fix = fixes.choose(args.with_fix, installation) if args.with_fix else None
    out = args.out or DEFAULT_OUT
    check_out(out)
    terminal.print_lines([installation.words + (f", fix {fix.name}" if fix else ""), ""])
    width = max(len(run.name) for _, runs in batches for run in runs)
    everything: list[Judged] = []
    for level, runs in batches:
        series = Series(
            installation,
            out,
            level=level,
            seed=args.seed,
            fix=fix,
            jobs=1 if args.debug else args.jobs,
            debug=args.debug,
            stop_at_first=args.exitfirst,
        )
        if len(batches) > 1:
            terminal.print_lines([*([""] if everything else []), f"level {level}"])
        with terminal.progress(len(runs), bar=not args.debug) as progress:
            done = series.run(runs, partial(_print_line, progress, width))
        _tell(args, terminal, done, level)
        everything += done
        if args.exitfirst and _status(done, strict=False) != PASSED:
            break
    document = write_outcomes(out, everything)
    if args.json:
        print(json.dumps(document, ensure_ascii=False, indent=1))
    return _status(everything, strict=args.strict), everything


def _print_line(progress: Steps, width: int, judged: Judged) -> None:
    progress.done(lines.run_line(judged, width))


def _tell(args: argparse.Namespace, terminal: Terminal, done: Sequence[Judged], level: str) -> None:
    worst = lines.worst(done)
    told = done if args.verbose else [worst] if worst else []
    for judged in told:
        terminal.print_lines(["", *lines.story(judged, repeat_line(args, judged.name, level))])
    terminal.print_lines(["", lines.totals(done)])


def repeat_line(args: argparse.Namespace, name: str, level: str = "adapter") -> str:
    """The command that does one run again; a run that only a file has is named FILE::RUN."""
    named = getattr(args, "name", [])
    files = selection.files(named if isinstance(named, list) else [])
    words = ["qqchaos", "run", f"{files[name]}::{name}" if name in files else name]
    for option, value in (
        ("--hermes", args.hermes),
        ("--python", args.python),
        ("--with-fix", args.with_fix),
    ):
        words += [option, str(value)] if value else []
    words += ["--level", level] if level != "adapter" else []
    words += ["--seed", str(args.seed)] if args.seed else []
    return shlex.join(words)


def _status(done: Sequence[Judged], *, strict: bool) -> int:
    """1 if a check failed, whatever else; 125 if something could not be judged or did not run at all."""
    status = exit_status([judged.outcome for judged in done if judged.outcome], strict)
    return NOT_JUDGED if status == PASSED and any(judged.outcome is None for judged in done) else status


def _level(args: argparse.Namespace) -> str:
    level: str = args.level or "adapter"
    if level not in LEVELS_NOW:
        raise UsageError(f"level {level} is not there yet: this version runs {', '.join(LEVELS_NOW)}")
    return level
