"""The report of runs as lines of plain text. Pure: outcomes in, lines out; colours come later."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.commands.report.terminal import PAGE
from harness.commands.results import Judged
from harness.errors import FAILED, NOT_JUDGED, PASSED
from harness.judging.intervals import SECOND, Interval, subtract
from harness.judging.outcome import Outcome
from harness.judging.timeline import Timeline, read
from harness.reporting.bounds import bounds_of
from harness.reporting.lanes import picture_of
from harness.reporting.story import story_lines
from harness.reporting.text_picture import LEGEND, text_picture
from harness.reporting.words import (
    NOT_RUN,
    STATES,
    VERDICTS,
    clock_text,
    moment_text,
    totals_text,
)
from harness.scenario.vocabulary import PROCESS

PROGRAMS = ("runner", PROCESS)
"""The levels at which the gateway around the adapter is there."""

REPRODUCED = {FAILED: "REPRODUCED", PASSED: "NOT REPRODUCED", NOT_JUDGED: "NOT JUDGED"}


def run_line(run: Judged, width: int = 0) -> str:
    """One line a run: name, ending with its half-sentence, attempts, virtual time, verdict."""
    if run.outcome is None:
        return f"{run.name:{width}}  {NOT_RUN}  {run.problem}"
    out = run.outcome
    attempts = f"{out.attempts} attempt{'s' * (out.attempts != 1)}"
    time = clock_text(out.virtual_s)
    said = f"{out.ending}{' [hypothetical]' * out.hypothetical}"
    stored = " · stored" * run.stored
    return f"{run.name:{width}}  {VERDICTS[out.verdict]:7}  {said} · {attempts} · {time} virtual{stored}"


def story(run: Judged, repeat: str, columns: int = PAGE) -> list[str]:
    """The whole story of one run: timeline in words and as a picture of so many columns, checks with their
    evidence, ending and what it means, verdict, how to repeat it."""
    if run.outcome is None:
        return [run_line(run)]
    out = run.outcome
    lines = [f"-- {run.name} --", ""]
    lines += [f"  {moment_text(line.t_us):>12}  {line.text}" for line in story_lines(run.records)]
    picture = text_picture(picture_of(read(run.records), run.name), columns - 2)
    lines += ["", *(f"  {line}" for line in picture), f"  {LEGEND}"] if picture else []
    lines += ["", "  checks" + " " * 8 + "(* counts for the verdict)"]
    lines += [
        _check_line(check.name, check.state, check.because, check.lines, asked=check.name in out.asked)
        for check in out.checks
        if check.state != "n/a" or check.name in out.asked
    ]
    idle = [check.name for check in out.checks if check.state == "n/a" and check.name not in out.asked]
    lines += _wrapped("  n/a", 13, ", ".join(idle), columns) if idle else []
    also = ", ".join(check.name for check in out.also_seen)
    notes = [f"  failed too, without counting: {also}"] if also else []
    notes += [f"  {line}" for line in bounds_of(run.records)]
    lines += ["", *notes] if notes else []
    if out.unmet:
        lines += [
            "",
            f"  rules that acted less or more often than the scenario requires: {', '.join(out.unmet)}",
        ]
    lines += [
        "",
        f"  ending   {out.ending}",
        *(_wrapped("means", 9, out.ending.means, columns) if out.ending.means else ()),
        f"  verdict  {VERDICTS[out.verdict]}",
        f"  journal  {run.journal}",
    ]
    if repeat:
        lines += [f"  repeat   {repeat}"]
    return lines


def _check_line(name: str, state: str, because: str, lines: Sequence[int], *, asked: bool) -> str:
    shown = ", ".join(map(str, lines[:4])) + (", …" if len(lines) > 4 else "")
    proof = f" (journal line{'s' * (len(lines) > 1)} {shown})" if lines else ""
    return f"  {'*' if asked else ' '} {name:10} {STATES[state]:8} {because}{proof}"


def _wrapped(label: str, indent: int, text: str, columns: int) -> list[str]:
    """`label`, and the text from `indent` letters after it on, in lines of at most so many columns."""
    first, rest = f"  {label:{indent}}", " " * (indent + 2)
    return textwrap.wrap(text, max(columns, 40), initial_indent=first, subsequent_indent=rest)


def totals(runs: Iterable[Judged]) -> str:
    """How many of each verdict."""
    return totals_text(VERDICTS[run.outcome.verdict] if run.outcome else NOT_RUN for run in runs)


def slowest(runs: Iterable[Judged], count: int) -> list[str]:
    """The runs that took longest, in real seconds."""
    judged = [(run.outcome.wall_s, run) for run in runs if run.outcome and run.outcome.wall_s is not None]
    first = sorted(judged, key=lambda pair: -pair[0])[:count]
    return [
        "slowest (real seconds)",
        *(f"  {wall_s:7.2f}  {run.name} ({run.level})" for wall_s, run in first),
    ]


def conclusion(status: int, issue: str, runs: Sequence[Judged]) -> list[str]:
    """The last lines of `repro`: reproduced or not, and what the levels that ran cannot judge."""
    verdicts = [run.outcome.verdict if run.outcome else "not run" for run in runs]
    failed, passed = verdicts.count("fail"), verdicts.count("pass")
    if status == PASSED:
        counted = f"all {len(runs)} runs pass" if len(runs) != 1 else "the one run passes"
    elif status == FAILED and failed == 0:
        counted = "a check failed that no scenario asks (--strict)"
    elif status == FAILED:
        counted = f"{failed} of {len(runs)} runs fail"
    else:
        counted = f"none of {len(runs)} runs fails, but {len(runs) - passed} could not be judged"
    return [
        f"{REPRODUCED[status]}: issue {issue.removeprefix('#')}: {counted}{_by_level(runs)}",
        *_flag_and_handler([run.outcome for run in runs if run.outcome]),
        *_not_given_up(runs),
        *_brought_back([run.outcome for run in runs if run.outcome and run.level in PROGRAMS]),
    ]


def what_next(status: int, out: Path) -> list[str]:
    """What to do about an issue that was reproduced, or a fix that did not mend it."""
    if status != FAILED:
        return []
    return [
        "Next: --with-fix PATCH tries a fix, --hermes PATH judges a checkout, and "
        f"`qqchaos report {shlex.quote(str(out))} --html FILE` shows everything."
    ]


def _by_level(runs: Sequence[Judged]) -> str:
    """How many of the failed runs are which level's, where several levels ran and some failed."""
    levels = dict.fromkeys(run.level for run in runs)
    failed = [run.level for run in runs if run.outcome and run.outcome.verdict == "fail"]
    if len(levels) < 2 or not failed:
        return ""
    return " (" + ", ".join(f"{level} {failed.count(level)}" for level in levels) + ")"


def _flag_and_handler(outcomes: Sequence[Outcome]) -> list[str]:
    """Of the runs that gave up: in how many the flag was set in time, and the handler called once."""
    states = {
        name: [check.state for outcome in outcomes for check in outcome.checks if check.name == name]
        for name in ("flag", "notified")
    }
    flagged, called = (sum(state == "pass" for state in each) for each in states.values())
    gave_up = sum(state != "n/a" for state in states["flag"])
    if not gave_up:
        return []
    counted = f"Of {gave_up} run{'s' * (gave_up != 1)} that gave up, {flagged} set the fatal flag in time"
    return [f"{counted} and {called} had the fatal handler called once, to its end."]


def _not_given_up(runs: Sequence[Judged]) -> list[str]:
    """Where a run passed in which the bot did not give up: how long it was watched, for it may later.

    Once some run saw it give up, only those count that left it out of service at the end.
    """
    judged = [(run, run.outcome) for run in runs if run.outcome and run.outcome.ending.judged]
    patient = [
        read(run.records)
        for run, outcome in judged
        if outcome.verdict == "pass" and not _gave_up(outcome) and outcome.ending.name != "exited"
    ]
    if not any(_gave_up(outcome) for _, outcome in judged):
        longest = max(map(_outage_s, patient), default=0.0)
        told = f"the longest outage lasted {clock_text(longest)}, and nothing is known beyond."
        return [f"No run saw the bot give up; {told}"] if longest else []
    waiting = [run for run in patient if run.since is None]
    longest = max(map(_outage_s, waiting), default=0.0)
    told = f"after an outage of {clock_text(longest)} at most, and nothing is known beyond."
    counted = f"In {len(waiting)} of {len(runs)} runs it had not given up at the end"
    return [f"{counted}, {told}"] if longest else []


def _gave_up(outcome: Outcome) -> bool:
    telling = "back" if outcome.level == PROCESS else "flag"
    return any(check.name == telling and check.state != "n/a" for check in outcome.checks)


def _outage_s(run: Timeline) -> float:
    """How long it was out of service at a time, at most, once it had been in service."""
    if not run.serving:
        return 0.0
    since = Interval(run.serving[0].start, run.end)
    return max((gap.length for gap in subtract([since], run.serving)), default=0) / SECOND


def _brought_back(outcomes: Sequence[Outcome]) -> list[str]:
    """What the real gateway made of it; without the runner level, that it is not known."""
    if not outcomes:
        return [
            "Not judged without the runner level: whether the gateway brings the bot back, or a service "
            "manager restarts it."
        ]
    backs = [check for outcome in outcomes for check in outcome.checks if check.name == "back"]
    states = [check.state for check in backs if check.state != "n/a"]
    ended = [outcome.ending.half for outcome in outcomes if outcome.ending.name == "exited"]
    passed = states.count("pass")
    lines = [f"Once it gave up, the real gateway brought the bot back in {passed} of {len(states)} runs."]
    lines += [f"The program {how}, in {ended.count(how)} runs." for how in dict.fromkeys(ended)]
    if any(outcome.level == PROCESS for outcome in outcomes):
        return lines
    return [*lines, "Not judged without the process level: the unmodified program under a service manager."]


def worst(runs: Iterable[Judged]) -> Judged | None:
    """The first failing run, else the first that could not be judged."""
    everything = list(runs)
    return next((run for run in everything if run.outcome and run.outcome.verdict == "fail"), None) or next(
        (run for run in everything if run.outcome is None or run.outcome.verdict == "unknown"), None
    )
