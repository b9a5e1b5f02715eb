"""The marker `qq_scenarios`: one test for each run of some scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.scenario.run_spec import RunSpec

MARK = "qq_scenarios"
ARGUMENT = "qq_scenario"
LINE = f"{MARK}(*names, level='adapter'): one test a run of these scenarios, as `{ARGUMENT}`"
"""For --markers."""


def parametrize(metafunc: pytest.Metafunc) -> None:
    """One test a run, where a test is marked. Raises pytest's UsageError for a marker that is wrong."""
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
