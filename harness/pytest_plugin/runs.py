"""`qq_run`: one run of a scenario, judged; beside known results where there are some."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.comparing.baseline import Found
    from harness.comparing.changes import Change
    from harness.judging.outcome import Outcome
    from harness.scenario.run_spec import RunSpec


@dataclass(frozen=True)
class QQRun:
    """One run that was judged. `story` is the report of it, a line each; `outcome` is everything.

    `change` is what it did beside known results, None without `--qqchaos-baseline`; its `word` is `worse`,
    `new`, `different`, `better` or `as known`.
    """

    outcome: Outcome
    story: tuple[str, ...]
    change: Change | None = None

    @property
    def verdict(self) -> str:
        """`pass`, `fail` or `unknown`."""
        return self.outcome.verdict

    @property
    def ending(self) -> str:
        """How it ended, in a word: `qqchaos explain WORD` says what it means."""
        return self.outcome.ending.name

    @property
    def attempts(self) -> int:
        """Reconnect attempts."""
        return self.outcome.attempts

    @property
    def checks(self) -> dict[str, str]:
        """Each check's state: `pass`, `fail`, `unknown` or `n/a`."""
        return {check.name: check.state for check in self.outcome.checks}


def assert_passes(run: QQRun, *checks: str) -> None:
    """Fail the test, with the run's whole story, unless its verdict is `pass`; or, where checks are named,
    unless each of them passes. Raises KeyError for a check that there is not.

    With known results of the run, and no check named: fail only where it is worse than they are.
    """
    wrong = _failing(run, checks) if checks else _worse(run)
    if wrong:
        pytest.fail("\n".join([f"{run.outcome.scenario}: {wrong}", *run.story]), pytrace=False)


def _failing(run: QQRun, checks: tuple[str, ...]) -> str:
    """The checks that do not pass, and what they are instead."""
    return ", ".join(f"{name} {run.checks[name]}" for name in checks if run.checks[name] != "pass")


def _worse(run: QQRun) -> str:
    """What is wrong with a run as a whole, or nothing."""
    change = run.change
    if change is None or change.before is None or change.now is None:
        return run.verdict if run.verdict != "pass" else ""
    return f"worse, {change.before.text}  →  {change.now.text}" if change.word == "worse" else ""


@dataclass(frozen=True)
class RunScenario:
    """The type of `qq_run`. `out`: where journals go; `hermes`: where a call names none; `baseline`: the
    known results to compare with, a release or a file."""

    out: Path
    hermes: str | None
    baseline: str | None
    changes: list[Change] = field(default_factory=list)
    """What each run did beside known results."""
    _found: dict[tuple[str, str | None], Found] = field(default_factory=dict)

    def __call__(
        self,
        name: str,
        *,
        hermes: str | Path | None = None,
        level: str = "adapter",
        fix: str | Path | None = None,
        python: str | None = None,
        seed: int = 0,
    ) -> QQRun:
        """One run of a scenario. Raises UsageError for what there is not, SubjectError for a hermes-agent
        that cannot be run."""
        from harness.commands.report.lines import story
        from harness.commands.series import Series
        from harness.errors import SubjectError
        from harness.hermes import environments, fixes

        spec = _the_run(name, level)
        known = self._known(spec, level, str(fix) if fix else None)
        installation = environments.resolve(str(hermes) if hermes else self.hermes, python)
        chosen = fixes.choose(str(fix), installation) if fix else None
        (judged,) = Series(installation, self.out, level, seed=seed, fix=chosen).run(
            [spec], lambda judged: None
        )
        if judged.outcome is None:
            raise SubjectError(f"{name}: {judged.problem}")
        told = story(judged, "")
        if known is None:
            return QQRun(judged.outcome, tuple(told))
        change = _change(known, judged.outcome)
        self.changes.append(change)
        return QQRun(judged.outcome, (*told, *_as_known(known, change)), change)

    def _known(self, spec: RunSpec, level: str, fix: str | None) -> Found | None:
        """The results to compare with; those of a level and fix are read once. Raises UsageError where there
        are none."""
        if self.baseline is None:
            return None
        from harness.commands.baseline import check_reasons
        from harness.comparing import baseline

        if (level, fix) not in self._found:
            found = baseline.find(self.baseline, level, fix)
            check_reasons(self.baseline, found.baseline, [spec])
            self._found[level, fix] = found
        return self._found[level, fix]


def _the_run(name: str, level: str) -> RunSpec:
    from harness.errors import UsageError
    from harness.scenario import selection

    runs = selection.by_names([name], level)
    if len(runs) != 1:
        names = ", ".join(one.name for one in runs)
        raise UsageError(f"{name} stands for {len(runs)} runs; name one of {names}")
    return runs[0]


def _change(known: Found, outcome: Outcome) -> Change:
    from harness.comparing.changes import Change
    from harness.comparing.rows import Row

    document = outcome.as_json()
    before = known.baseline.rows(document["subject"]["python"]).get((outcome.level, outcome.scenario))
    return Change(outcome.scenario, outcome.level, before, Row.of_outcome(document))


def _as_known(known: Found, change: Change) -> list[str]:
    """The last lines of a run's story: what was known of it."""
    before = change.before.text if change.before else "nothing"
    return [
        f"  known    {before}, of {known.baseline.subject}",
        *([f"           {known.note}"] if known.note else []),
    ]
