"""Why checks fail: what a reason is, which failures need one, and where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.comparing import reasons
from harness.comparing.reasons import Reason
from harness.comparing.rows import Row
from harness.errors import UsageError
from harness.scenario import selection

SPECS = [run for run in selection.all_runs() if run.scenario in ("exhausted", "wrong-secret")]
WHY = Reason("final", ("wrong-secret",), because="it is tried for ever")


def test_a_failure_has_a_reason_of_its_own_or_the_issues_of_the_scenario_that_asks_the_check() -> None:
    rows = {
        "exhausted/refused+heals-30m": Row("fail", "silent-death", 100, ("flag", "awake")),
        "wrong-secret": Row("fail", "exited", 0, ("final",)),
    }
    assert reasons.unexplained(rows, [], SPECS) == [("exhausted", "awake"), ("wrong-secret", "final")]
    assert reasons.unexplained(rows, [WHY], SPECS) == [("exhausted", "awake")]


def test_a_reason_that_nobody_filled_in_is_none() -> None:
    rows = {"wrong-secret": Row("fail", "exited", 0, ("final",))}
    assert reasons.unexplained(rows, [Reason("final", ("wrong-secret",), because=" ")], SPECS) != []


def test_what_a_run_does_with_another_seed_needs_a_reason_too() -> None:
    row = Row("pass", "recovered", 3, (), also=(Row("fail", "recovered", 4, ("polite",)),))
    assert reasons.failures({"mine/a+heals-5m": row}) == {("mine", "polite")}


@pytest.mark.parametrize("one", [WHY, Reason("flag", ("a", "b"), (14539, 25505))])
def test_a_reason_is_read_as_it_was_written(one: Reason) -> None:
    assert Reason.of_json(one.as_json()) == one


@pytest.mark.parametrize(
    "line",
    [
        {"check": "flag"},
        {"check": "flag", "scenarios": ["a"], "issues": ["14539"]},
        {"check": "flag", "scenarios": ["a"], "becuase": "typo"},
        {"check": 3, "scenarios": ["a"]},
        "flag",
    ],
)
def test_a_line_that_is_no_reason_is_one_sentence(line: Any) -> None:
    with pytest.raises(UsageError, match=r"mine\.json: its reasons cannot be read"):
        reasons.read_all([line], Path("mine.json"))
