"""`baseline update`: measures known results of somebody's own, with several seeds and delays; writes them.

What is written was seen to be a matter of the rules: the control run is undisturbed, and without each rule
that acted the bot does something else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.commands.report.terminal import Terminal
from harness.commands.request import BaselineRequest
from harness.commands.results import DEFAULT_OUT, Judged
from harness.commands.series import Series
from harness.commands.written import write_file
from harness.comparing import baseline, reasons
from harness.comparing.baseline import Baseline
from harness.comparing.reasons import Reason
from harness.comparing.rows import Row
from harness.errors import FAILED, NOT_JUDGED, PASSED, UsageError
from harness.hermes import environments, fixes
from harness.judging.own_records import acting_rules, own_records
from harness.scenario import selection
from harness.scenario.run_spec import RunSpec
from harness.scenario.variations import with_delay, without_rule
from harness.user_files import is_file

DELAYS_US = (0, 40_000, 200_000)
"""Delays of the links, one way, in virtual microseconds."""

CONTROLS: Mapping[str | None, str] = {None: "healthy", "healthy": "beside-healthy"}
"""The control run, by what stands beside the bot."""

Runs = Mapping[str, Judged]


def baseline_update(request: BaselineRequest) -> int:
    """Measure, and write the file; 1 where something is not fit to be known, or has no reason yet."""
    specs = selection.narrowed(_chosen(request), request.tags, request.expression)
    given = [_reason(text) for text in request.because]
    terminal = Terminal(sys.stdout)
    measuring = _Measuring.prepared(request, terminal)
    before = _before(request, measuring)
    measured = measuring.measure(specs)
    known = _with_reasons(_merged(before, measured), given, specs)
    write_file(request.file, known.as_text().removesuffix("\n"))
    missing = [one for one in known.reasons if not one.given]
    terminal.print_lines(["", *measured.told, f"written: {request.file}, {len(known.runs)} runs"])
    terminal.print_lines(_asking(missing, request.file))
    if measured.not_run:
        return NOT_JUDGED
    return FAILED if missing or measured.idle else PASSED


def check_reasons(named: str, known: Baseline, specs: Sequence[RunSpec]) -> None:
    """Raises UsageError where a check fails in a user's own file and nobody said why."""
    every = (*reasons.shipped(), *known.reasons)
    missing = reasons.unexplained(known.runs, every, [*selection.all_runs(), *specs])
    if missing:
        listed = "; ".join(f"{check} in {scenario}" for scenario, check in missing)
        raise UsageError(
            f"--baseline {named}: no issue or reason for {listed}: fill in `because` there "
            "(`qqchaos baseline update` writes the lines)"
        )


def _chosen(request: BaselineRequest) -> list[RunSpec]:
    if request.names:
        return selection.by_names(request.names, request.level)
    return [run for run in selection.all_runs() if request.level in run.levels]


def _before(request: BaselineRequest, measuring: _Measuring) -> Baseline | None:
    """What the file holds. Raises UsageError where it is of another level or fix, or no baseline; also where
    some of its rows would be of another subject than the others."""
    file = request.file
    if not is_file(file):
        return None
    before = baseline.read(file)
    if (before.level, before.fix) != (measuring.level, measuring.fix):
        of = f"level {before.level}, {before.fix or 'as shipped'}"
        raise UsageError(f"{file} has results of {of}: name another file")
    if before.subject == measuring.subject:
        return before
    if request.names or request.tags or request.expression:
        raise UsageError(
            f"{file} has results of {before.subject}: measure the whole catalogue, or name another file"
        )
    return replace(before, runs={})


def _reason(text: str) -> Reason:
    """From `SCENARIO:CHECK=14539` or `SCENARIO:CHECK=a sentence`. Raises UsageError."""
    failure, equals, why = text.partition("=")
    scenario, colon, check = failure.partition(":")
    if not (equals and colon and scenario and check and why.strip()):
        raise UsageError(f"--because {text!r}: write SCENARIO:CHECK=ISSUE, or a sentence in place of ISSUE")
    numbers = why.replace("#", " ").replace(",", " ").split()
    if all(number.isascii() and number.isdigit() for number in numbers):
        return Reason(check, (scenario,), tuple(map(int, numbers)))
    return Reason(check, (scenario,), because=why.strip())


def _merged(before: Baseline | None, measured: _Measured) -> Baseline:
    """The file's rows with those that were measured now, sorted by name, without what was left out."""
    rows = {**(before.runs if before else {}), **measured.found.runs}
    kept = {name: row for name, row in sorted(rows.items()) if name not in measured.idle}
    return replace(measured.found, runs=kept, reasons=before.reasons if before else ())


def _with_reasons(known: Baseline, given: Iterable[Reason], specs: Sequence[RunSpec]) -> Baseline:
    """With a reason for each failed check, a line each; an empty one where nobody knows it.

    What the catalogue knows is not written again, unless somebody says otherwise; what nothing needs is left
    out.
    """
    failed = reasons.failures(known.runs)
    told = {failure: one for one in (*known.reasons, *given) if one.given for failure in one.failures}
    every = (*reasons.shipped(), *told.values())
    missing = reasons.unexplained(known.runs, every, [*selection.all_runs(), *specs])
    lines = {**{failure: Reason(failure[1], ()) for failure in missing}, **told}
    kept = [replace(one, scenarios=(scenario,)) for (scenario, _), one in sorted(lines.items())]
    return replace(known, reasons=tuple(one for one in kept if one.failures[0] in failed))


def _asking(missing: Sequence[Reason], file: Path) -> list[str]:
    listed = [f"  {one.check} fails in {', '.join(one.scenarios)}" for one in missing]
    how = f"say why: fill in `because` in {file}, or use --because 'SCENARIO:CHECK=ISSUE or a sentence'"
    return [*listed, how] if missing else []


@dataclass(frozen=True)
class _Measured:
    """`told`: lines for people; `idle`: runs with a rule that made no difference; `not_run`: not judged."""

    found: Baseline
    told: tuple[str, ...]
    idle: tuple[str, ...]
    not_run: tuple[str, ...]


@dataclass(frozen=True)
class _Measuring:
    """The same runs again and again, each time with something else; `series` takes seed and folder."""

    subject: str
    level: str
    fix: str | None
    seeds: int
    series: Callable[[int, str], Series]
    terminal: Terminal

    @classmethod
    def prepared(cls, request: BaselineRequest, terminal: Terminal) -> _Measuring:
        """Raises UsageError or SubjectError where there is no such subject or fix."""
        installation = environments.resolve(request.hermes, request.python, say=Terminal(sys.stderr).note)
        fix = fixes.choose(request.fix, installation) if request.fix else None
        out = request.out or DEFAULT_OUT / "baseline"

        def series(seed: int, folder: str) -> Series:
            return Series(installation, out / folder, request.level, seed=seed, fix=fix, jobs=request.jobs)

        subject = f"hermes-agent {installation.version}"
        return cls(subject, request.level, fix.name if fix else None, request.seeds, series, terminal)

    def measure(self, specs: Sequence[RunSpec]) -> _Measured:
        """Everything; raises UsageError where the control run is not undisturbed."""
        self._control(specs)
        first = self._run(specs, "seed-0")
        not_run = tuple(name for name, judged in first.items() if judged.outcome is None)
        sound = [spec for spec in specs if spec.name not in not_run]
        idle = self._idle(sound, first)
        others = [self._run(sound, f"seed-{seed}", seed) for seed in range(1, self.seeds)]
        for delay in DELAYS_US:
            changed = [with_delay(spec, delay) for spec in sound if spec.delay_us != delay]
            others.append(self._run(changed, f"delay-{delay // 1000}ms"))
        rows = {name: _row(first[name], others) for name in first if name not in {*not_run, *idle}}
        told = [f"NOT RUN: {name}: {first[name].problem}" for name in not_run]
        told += [f"left out: {name}: {why}" for name, why in idle.items()]
        told += [f"differs by seed or delay: {name}: {row.text}" for name, row in rows.items() if row.also]
        found = Baseline(self.subject, self.level, self.fix, rows)
        return _Measured(found, tuple(told), tuple(idle), not_run)

    def _run(self, specs: Sequence[RunSpec], folder: str, seed: int = 0) -> Runs:
        if not specs:
            return {}
        done = self.series(seed, folder).run(specs, lambda judged: None)
        self.terminal.note(f"{folder}: {len(done)} runs")
        return {judged.name: judged for judged in done}

    def _control(self, specs: Sequence[RunSpec]) -> None:
        names = dict.fromkeys(CONTROLS[spec.beside] for spec in specs)
        for name, judged in self._run(selection.by_names(list(names), self.level), "control").items():
            if judged.outcome is None or judged.outcome.ending.name != "undisturbed":
                ended = judged.outcome.ending if judged.outcome else judged.problem
                raise UsageError(f"nothing can be known of this subject: its control run {name} is {ended}")

    def _idle(self, specs: Sequence[RunSpec], first: Runs) -> dict[str, str]:
        """The runs of which an acting rule made no difference to the bot, and which rule."""
        acting = {spec.name: acting_rules(spec, first[spec.name].records) for spec in specs}
        found: dict[str, str] = {}
        for number in range(max((len(spec.rules) for spec in specs), default=0)):
            concerned = [spec for spec in specs if number in acting[spec.name]]
            without = self._run(
                [without_rule(spec, number) for spec in concerned], f"without-rule-{number + 1}"
            )
            for spec in concerned:
                if own_records(without[spec.name].records) == own_records(first[spec.name].records):
                    found[spec.name] = (
                        f"without its rule {number + 1} ({spec.rules[number].text()}) nothing changes"
                    )
        return found


def _row(first: Judged, others: Sequence[Runs]) -> Row:
    """What the run did, and what else it did in one of the others."""
    row = _as_row(first)
    seen = [_as_row(runs[first.name]) for runs in others if first.name in runs and runs[first.name].outcome]
    also = {one for one in seen if one != row}
    return replace(row, also=tuple(sorted(also, key=lambda one: one.text)))


def _as_row(judged: Judged) -> Row:
    assert judged.outcome is not None
    return Row.of_outcome(judged.outcome.as_json())
