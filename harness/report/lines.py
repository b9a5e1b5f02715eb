"""The report of runs as lines of plain text. Pure: outcomes in, lines out; colours come later."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.running import Judged
from harness.story import tell

VERDICTS = {"pass": "PASS", "fail": "FAIL", "unknown": "UNKNOWN"}
STATES = {"pass": "pass", "fail": "FAIL", "unknown": "unknown", "n/a": "n/a"}
REPRODUCED = {1: "REPRODUCED", 0: "NOT REPRODUCED", 125: "NOT JUDGED"}
SEAM = "injected inside the client (not reachable on a wire)"


def run_line(run: Judged, width: int = 0) -> str:
    """One line a run: name, ending with its half-sentence, attempts, virtual time, verdict."""
    if run.outcome is None:
        return f"{run.name:{width}}  NOT RUN  {run.problem}"
    out = run.outcome
    attempts = f"{out.attempts} attempt{'s' * (out.attempts != 1)}"
    time = clock_text(out.virtual_s)
    said = f"{out.ending}{' [hypothetical]' * out.hypothetical}"
    return f"{run.name:{width}}  {VERDICTS[out.verdict]:7}  {said} · {attempts} · {time} virtual"


def clock_text(seconds: float) -> str:
    """Virtual time as hours, minutes and seconds: 1:37:58."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def story(run: Judged, repeat: str) -> list[str]:
    """The whole story of one run: timeline, checks with their evidence, ending, verdict, how to repeat it."""
    if run.outcome is None:
        return [run_line(run)]
    out = run.outcome
    lines = [f"-- {run.name} --", ""]
    lines += [f"  {moment_text(line.t_us):>12}  {line.text}" for line in tell(run.records)]
    lines += ["", "  checks" + " " * 8 + "(asked ones are marked *)"]
    lines += [
        _check_line(check.name, check.state, check.because, check.lines, check.name in out.asked)
        for check in out.checks
    ]
    if any(
        record.kind == "rule.act" and (record.about.rule or "").startswith("when seam.")
        for record in run.records
    ):
        lines += ["", f"  {SEAM}"]
    if out.hypothetical:
        lines += ["  hypothetical: a rule raises what nothing is known to raise there"]
    if out.unmet:
        lines += ["", f"  the premise was not met: {', '.join(out.unmet)}"]
    lines += [
        "",
        f"  ending   {out.ending}",
        f"  verdict  {VERDICTS[out.verdict]}",
        f"  journal  {run.journal}",
    ]
    if repeat:
        lines += [f"  repeat   {repeat}"]
    return lines


def _check_line(name: str, state: str, because: str, lines: Sequence[int], asked: bool) -> str:
    shown = ", ".join(map(str, lines[:4])) + (", …" if len(lines) > 4 else "")
    proof = f" (journal line{'s' * (len(lines) > 1)} {shown})" if lines else ""
    return f"  {'*' if asked else ' '} {name:10} {STATES[state]:8} {because}{proof}"


def moment_text(t_us: int) -> str:
    """A moment of virtual time: 1:37:58.240."""
    ms = t_us // 1000
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def totals(runs: Iterable[Judged]) -> str:
    """How many of each verdict."""
    counts: dict[str, int] = {}
    for run in runs:
        word = VERDICTS[run.outcome.verdict] if run.outcome else "NOT RUN"
        counts[word] = counts.get(word, 0) + 1
    return ", ".join(
        f"{counts[word]} {word}" for word in ("FAIL", "UNKNOWN", "NOT RUN", "PASS") if word in counts
    )


def closing(status: int, issue: str) -> list[str]:
    """The last lines of `repro`: what was shown, and what the levels that ran cannot judge."""
    return [
        f"{REPRODUCED[status]}: issue {issue}",
        "Not judged at the adapter level: whether the bot comes back, or the service is restarted.",
    ]


def worst(runs: Iterable[Judged]) -> Judged | None:
    """The first failing run, else the first that could not be judged."""
    everything = list(runs)
    return next((run for run in everything if run.outcome and run.outcome.verdict == "fail"), None) or next(
        (run for run in everything if run.outcome is None or run.outcome.verdict == "unknown"), None
    )
