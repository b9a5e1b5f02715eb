"""`diff`, `merge`, and what `run --baseline` ends with: runs against other runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from harness.commands.report.terminal import Terminal
from harness.commands.request import DiffRequest, MergeRequest
from harness.commands.results import Judged, check_folder
from harness.commands.written import as_text, write_file
from harness.comparing.baseline import Found
from harness.comparing.changes import Change, Key, changes, totals
from harness.comparing.outcomes import NAME, read_outcomes
from harness.comparing.outcomes import rows_of as rows_in
from harness.comparing.rows import Row
from harness.comparing.table import Merged, merged, table
from harness.errors import FAILED, NOT_JUDGED, PASSED
from harness.judging.outcome import SCHEMA


def compared(known: Found, done: Sequence[Judged], terminal: Terminal, *, strict: bool) -> int:
    """Print what is not as known, and how many of what; the exit status.

    1: a run is worse (`strict`: any is not as known). 125: none is, and one did not run. 0: else.
    """
    now = rows_of(done)
    # One series has one Python; without any outcome there is nothing to look up.
    python = next((run.outcome.as_json()["subject"]["python"] for run in done if run.outcome), None)
    found = changes(known.baseline.rows(python) if python else {}, now, gone=False)
    notes = [known.note] if known.note else []
    terminal.print_lines(["", f"compared with {_title(known)}", *notes, *_told(found), totals(found)])
    if any(change.word == "worse" or (strict and change.word != "as known") for change in found):
        return FAILED
    return PASSED if len(now) == len(done) else NOT_JUDGED


def rows_of(done: Sequence[Judged]) -> dict[Key, Row]:
    """What each run did that could be judged."""
    return {(run.level, run.name): Row.of_outcome(run.outcome.as_json()) for run in done if run.outcome}


def told_of(found: Sequence[Change]) -> list[str]:
    """A line for each run that is not as it was, and how many of what."""
    return [*_told(found), totals(found)]


def diff(request: DiffRequest) -> int:
    """What became of each run of two outcome.json; 1 if a run is worse."""
    before, now = read_outcomes(request.before), read_outcomes(request.now)
    found = changes(rows_in(before), rows_in(now))
    if request.json:
        print(as_text([_as_json(change) for change in found]))
    else:
        Terminal(sys.stdout).print_lines([*_told(found), totals(found)])
    return FAILED if any(change.word == "worse" for change in found) else PASSED


def merge(request: MergeRequest) -> int:
    """One table of several outcome.json; 1 if Pythons or seeds disagree about a run."""
    runs = [ran for path in request.results for ran in read_outcomes(path)]
    found = merged(runs)
    document = as_text({"schema": SCHEMA, "outcomes": [dict(ran.document) for ran in runs]})
    if request.out:
        check_folder(request.out)
        write_file(request.out / NAME, document)
    if request.json:
        print(document)
    elif request.markdown:
        print("\n".join(_as_markdown(found)))
    else:
        Terminal(sys.stdout).print_lines(_as_text(found))
    return FAILED if found.disagreements else PASSED


def _title(known: Found) -> str:
    baseline = known.baseline
    fix = f" with {baseline.fix}" if baseline.fix else ""
    return f"the known results of {baseline.subject}{fix}, level {baseline.level}"


def _told(found: Sequence[Change]) -> list[str]:
    return [change.text for change in found if change.word != "as known"]


def _as_json(change: Change) -> dict[str, object]:
    return {
        "scenario": change.name,
        "level": change.level,
        "change": change.word,
        "before": change.before.as_json() if change.before else None,
        "now": change.now.as_json() if change.now else None,
    }


def _as_text(found: Merged) -> list[str]:
    rows = table(found)
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = [
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return [*lines, "", *_words(found)]


def _as_markdown(found: Merged) -> list[str]:
    head, *rows = table(found)
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head))]
    lines += [f"| `{name}` | {' | '.join(cells)} |" for name, *cells in rows]
    return [*lines, "", *(f"- {line}" for line in _words(found))]


def _words(found: Merged) -> list[str]:
    """What the table does not say by itself."""
    pythons = ", ".join(found.pythons)
    agree = "do not agree" if found.disagreements else "agree about every run"
    told = f"Pythons {pythons} {agree}" if len(found.pythons) > 1 else f"Python {pythons}"
    return [told, *found.disagreements, *found.flips]
