"""A pytest plugin: scenarios in other people's suites. Installed with the package, it needs no conftest.

    def test_my_fix_tells_somebody(qq_run):
        run = qq_run("exhausted/gateway-500", hermes="~/src/hermes-agent", fix="change.patch")
        assert_passes(run)                                # what the scenario asks
        assert_passes(run, "flag", "notified")            # or these checks
        assert run.ending == "fatal-notified"

    @pytest.mark.qq_scenarios("exhausted", "op7-resume", level="runner")
    def test_every_run_of_these_passes(qq_run, qq_scenario):
        assert_passes(qq_run(qq_scenario, level="runner"))

`--qqchaos-hermes` and `--qqchaos-out` say which hermes-agent where a test does not, and where journals go.
Nothing of the harness is imported before a test asks for it, and nothing of hermes in pytest's own process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.judging.outcome import Outcome
    from harness.scenario.run_spec import RunSpec

MARK = "qq_scenarios"
ARGUMENT = "qq_scenario"


@dataclass(frozen=True)
class QQRun:
    """One run that was judged. `story` is the report of it, a line each; `outcome` is everything."""

    outcome: Outcome
    story: tuple[str, ...]

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
    unless each of them passes. Raises KeyError for a check that there is not."""
    wrong = [name for name in checks if run.checks[name] != "pass"]
    if wrong or (not checks and run.verdict != "pass"):
        what = ", ".join(f"{name} {run.checks[name]}" for name in wrong) or run.verdict
        pytest.fail("\n".join([f"{run.outcome.scenario}: {what}", *run.story]), pytrace=False)


@pytest.fixture(scope="session")
def qq_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., QQRun]:
    """Does one run of a scenario and judges it: `qq_run(name, hermes=, level=, fix=, python=, seed=)`.

    `name` is one run's exact name, or FILE::NAME; `hermes` a release or a folder; `fix` one by name or a
    patch. Raises UsageError for what there is not, SubjectError for a hermes-agent that cannot be run.
    """
    given: str | None = request.config.getoption("--qqchaos-hermes")
    out = request.config.getoption("--qqchaos-out") or tmp_path_factory.mktemp("qqchaos")

    def run(
        name: str,
        *,
        hermes: str | Path | None = None,
        level: str = "adapter",
        fix: str | Path | None = None,
        python: str | None = None,
        seed: int = 0,
    ) -> QQRun:
        subject = str(hermes) if hermes else given
        return _run(name, subject, level, str(fix) if fix else None, python, seed, Path(out))

    return run


def _run(
    name: str, hermes: str | None, level: str, fix: str | None, python: str | None, seed: int, out: Path
) -> QQRun:
    from harness.commands.report.lines import story
    from harness.commands.series import Series
    from harness.errors import SubjectError, UsageError
    from harness.hermes import environments, fixes
    from harness.scenario import selection

    runs = selection.by_names([name], level)
    if len(runs) != 1:
        names = ", ".join(one.name for one in runs)
        raise UsageError(f"{name} stands for {len(runs)} runs; name one of {names}")
    installation = environments.resolve(hermes, python)
    chosen = fixes.choose(fix, installation) if fix else None
    (judged,) = Series(installation, out, level, seed=seed, fix=chosen).run(runs, lambda judged: None)
    if judged.outcome is None:
        raise SubjectError(f"{name}: {judged.problem}")
    return QQRun(judged.outcome, tuple(story(judged, "")))


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's own options."""
    group = parser.getgroup("qqchaos", "scenarios of a QQ bot's outages")
    group.addoption("--qqchaos-hermes", metavar="VERSION|PATH", help="the hermes-agent that qq_run runs")
    group.addoption("--qqchaos-out", metavar="DIR", type=Path, help="where qq_run keeps journals")


def pytest_configure(config: pytest.Config) -> None:
    """The marker, for --strict-markers and --markers."""
    config.addinivalue_line(
        "markers", f"{MARK}(*names, level='adapter'): one test a run of these scenarios, as `{ARGUMENT}`"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Gives a marked test one of the named scenarios' runs at a time."""
    mark = metafunc.definition.get_closest_marker(MARK)
    if mark is None:
        return
    from harness.errors import UsageError

    if ARGUMENT not in metafunc.fixturenames:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: has no argument {ARGUMENT} for its {MARK}")
    try:
        runs = _named(mark)
    except (UsageError, TypeError) as problem:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: {problem}") from problem
    metafunc.parametrize(ARGUMENT, [run.name for run in runs])


def _named(mark: pytest.Mark) -> list[RunSpec]:
    """The runs that a marker names; all at the level where it names none."""
    from harness.scenario import selection

    level = mark.kwargs.get("level", "adapter")
    if unknown := set(mark.kwargs) - {"level"}:
        raise TypeError(f"{MARK} has no {', '.join(sorted(unknown))}")
    if mark.args:
        return selection.by_names(mark.args, level)
    return [run for run in selection.all_runs() if level in run.levels]
