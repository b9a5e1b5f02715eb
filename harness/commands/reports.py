"""`report` and `bundle`, and the files that `run` and `repro` write beside their lines."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from platform import python_version

from harness.commands.report.terminal import Terminal
from harness.commands.request import BundleRequest, ReportFiles, ReportRequest
from harness.commands.results import DEFAULT_OUT, file_name
from harness.commands.written import write
from harness.errors import PASSED, UsageError
from harness.reporting.annotations import github_annotations
from harness.reporting.bundle import SUFFIX, naming, packed
from harness.reporting.html import as_html, totals
from harness.reporting.junit import as_junit
from harness.reporting.lanes import picture_of
from harness.reporting.markdown import as_markdown
from harness.reporting.runs import Reported
from harness.reporting.stored import Stored, read_stored
from harness.reporting.svg import as_svg
from harness.scenario.selection import all_runs, sources_of

PICTURES_AT_MOST = 12


def report(request: ReportRequest) -> int:
    """Write the files that are asked for; 0 whatever the verdicts are, for nothing was judged now."""
    if not any((request.html, request.junit, request.markdown, request.svg, request.annotations)):
        raise UsageError("report: name a file to write, with --html, --junit, --markdown or --svg")
    stored = read_stored(request.results)
    written = write_reports(stored, request)
    if request.svg:
        write(request.svg, _pictures(stored.runs))
        written.append(request.svg)
    told = [totals(stored.runs, stored.not_run), *(f"written: {path}" for path in written)]
    if request.annotations:
        told += annotations_of(stored, sources_of(()))
    Terminal(sys.stdout).print_lines(told)
    return PASSED


def annotations_of(stored: Stored, sources: Mapping[str, str]) -> list[str]:
    """A line for each run that did not pass; files are named as seen from here, and not those elsewhere."""
    here = f"{Path.cwd()}/"
    shown = {
        name: str(Path(source).absolute()).removeprefix(here)
        for name, source in sources.items()
        if str(Path(source).absolute()).startswith(here)
    }
    return github_annotations(stored.runs, stored.not_run, shown)


def write_reports(stored: Stored, wanted: ReportFiles) -> list[Path]:
    """Write those files that are named, and give their paths back. Raises HarnessError."""
    shipped = frozenset(run.name for run in all_runs())
    made = [
        (path, render(stored.runs, stored.not_run, shipped))
        for path, render in (
            (wanted.html, as_html),
            (wanted.junit, as_junit),
            (wanted.markdown, as_markdown),
        )
        if path is not None
    ]
    for path, text in made:
        write(path, text)
    return [path for path, _ in made]


def bundle(request: BundleRequest) -> int:
    """Pack one run into a file."""
    folder = request.results or DEFAULT_OUT
    run = _the_run(request, read_stored([folder]), f"{folder} has")
    versions = {"qqchaos": version("qqchaos"), "python": python_version()}
    out = request.out or Path(f"qqchaos-{file_name(run.name, run.level)}{SUFFIX}")
    if out.suffix != SUFFIX:
        raise UsageError(f"--out {out}: a bundle's name ends in {SUFFIX}")
    home = str(Path.home())
    data = packed(run.ran.document, run.records, versions, home)
    write(out, data)
    told = [f"look at it before you send it: {name} names {home}" for name in naming(data, home)]
    Terminal(sys.stdout).print_lines([f"written: {out}", *(told if len(home) > 1 else [])])
    return PASSED


def _the_run(request: BundleRequest, stored: Stored, where: str) -> Reported:
    """The one run that is meant, with its journal."""
    named = [run for run in stored.runs if run.name == request.run]
    found = [run for run in named if request.level in (None, run.level)]
    if not named:
        problem = next((one.problem for one in stored.not_run if one.name == request.run), None)
        if problem is not None:
            raise UsageError(f"{where} no journal of {request.run}, which was not run: {problem}")
        there = ", ".join(list(dict.fromkeys(run.name for run in stored.runs))[:8]) or "none"
        raise UsageError(f"{where} no run {request.run}; it has {there}")
    if len(found) != 1:
        levels = ", ".join(dict.fromkeys(run.level for run in named))
        raise UsageError(f"{where} {request.run} at the levels {levels}; choose one with --level")
    if not found[0].records:
        raise UsageError(f"{request.run} cannot be packed: {found[0].notes[0]}")
    return found[0]


def _pictures(runs: Sequence[Reported]) -> str:
    shown = [run for run in runs if run.timeline]
    if not 1 <= len(shown) <= PICTURES_AT_MOST:
        raise UsageError(
            f"--svg draws 1 to {PICTURES_AT_MOST} runs with their journals; there are {len(shown)}"
        )
    pictures = [
        picture_of(run.timeline, f"{run.name}, {run.subject}: {run.verdict.upper()}, {run.ending}")
        for run in shown
        if run.timeline
    ]
    return as_svg(pictures, alone=True) + "\n"
