"""`judge` and `explain`: a stored journal judged again; what a word of a report means."""

from __future__ import annotations

import difflib
import json
import sys
from pathlib import Path

from fake_qq_server.rules import verbs as _registered  # noqa: F401  (importing it fills the registry)
from fake_qq_server.rules.verbs.registry import VERBS
from harness.commands.catalogue import verb_in_words
from harness.commands.report import lines
from harness.commands.report.terminal import Terminal
from harness.commands.request import ExplainRequest, JudgeRequest
from harness.commands.results import Judged
from harness.commands.written import as_text
from harness.errors import UsageError
from harness.journal.record import JournalError, parse
from harness.journal.run_kinds import RunOpen
from harness.judging.checks import CHECKS
from harness.judging.endings import ENDINGS
from harness.judging.outcome import as_document, exit_status, judge
from harness.reporting import bundle
from harness.user_files import CannotRead, read_text


def judge_journals(request: JudgeRequest) -> int:
    """Judge stored journals again; prints what a run prints, and exits as a run does."""
    judged = [one for name in request.journals for one in _judged_in(Path(name))]
    outcomes = [one.outcome for one in judged if one.outcome]
    if request.json:
        print(as_text(as_document(outcomes)))
    else:
        terminal = Terminal(sys.stdout)
        for one in judged:
            terminal.print_lines([*lines.story(one, "", terminal.columns), ""])
    return exit_status(outcomes, request.strict)


def _judged_in(path: Path) -> list[Judged]:
    """The journal, or those in a bundle."""
    packed = bundle.opened(path)
    try:
        found = packed.journals() if packed else {"": read_text(path)}
    except CannotRead as why:
        raise UsageError(f"{path} cannot be read as a journal: {why}") from None
    if not found:
        raise UsageError(f"{path} has no journal in it")
    return [_judged(path / name, text) for name, text in found.items()]


def _judged(path: Path, text: str) -> Judged:
    try:
        records = tuple(parse(text))
    except JournalError as problem:
        raise UsageError(f"{path} cannot be read as a journal: {_line_of(problem)}") from None
    if not records:
        raise UsageError(f"{path} is empty: a journal begins with run.open")
    if not isinstance(records[0].event, RunOpen):
        raise UsageError(f"{path} does not begin with run.open: its beginning is missing")
    outcome = judge(records, str(path))
    return Judged(outcome.scenario, outcome.level, outcome, records, path, None)


def _line_of(problem: JournalError) -> str:
    """Which line is wrong, without what a JSON parser has to say about it."""
    said = str(problem)
    torn = isinstance(problem.__cause__, json.JSONDecodeError)
    return f"{said.partition(':')[0]} (cut short, or not of a journal)" if torn else said


def explain(request: ExplainRequest) -> int:
    """An ending, a check or a verb, in a few lines."""
    word = request.word
    found = []
    if word in ENDINGS:
        row = ENDINGS[word]
        found += [f"{word} (ending): {row.half}", f"  holds    {row.holds}"]
        found += [f"  means    {row.means}"] if row.means else []
    if word in CHECKS:
        check = CHECKS[word]
        found += [f"{word} (check)", f"  applies  {check.applies}", f"  passes   if {check.passes}"]
        found += ["  implied  where it fails, it fails every scenario, asked or not"] if check.implied else []
    if word in VERBS:
        found += verb_in_words(VERBS[word])
    if not found:
        close = difflib.get_close_matches(word, [*ENDINGS, *CHECKS, *VERBS], n=3)
        hint = (
            f"did you mean {' or '.join(close)}?"
            if close
            else f"endings: {', '.join(ENDINGS)}; checks: {', '.join(CHECKS)}"
        )
        raise UsageError(f"{word} is not an ending, check or verb; {hint}")
    print("\n".join(found))
    return 0
