"""The end of a session with known results: reports carry the changes, the last lines tell them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.comparing.changes import Change
from harness.comparing.rows import Row
from harness.pytest_plugin import summary

BAD, GOOD = Row("fail", "exited", 100, ("flag",)), Row("pass", "recovered", 7)
CHANGES = [Change("same", "adapter", BAD, BAD), Change("mended", "runner", BAD, GOOD)]


class Terminal:
    """What a terminal reporter is asked here."""

    def __init__(self, *reports: pytest.TestReport) -> None:
        self.stats: dict[str, list[object]] = {"passed": [*reports], "deselected": [object()]}
        self.config = SimpleNamespace(getoption=lambda name: "0.19.0")
        self.lines: list[str] = []

    def write_sep(self, sep: str, title: str) -> None:
        self.lines.append(title)

    def write_line(self, line: str) -> None:
        self.lines.append(line)


def report(properties: list[tuple[str, str]]) -> pytest.TestReport:
    """Of a test, as xdist's controller has it from a worker."""
    made = pytest.TestReport("x", ("x", 1, "x"), {}, "passed", None, "call", user_properties=properties)
    carried = pytest.TestReport._from_json(made._to_json())
    assert isinstance(carried, pytest.TestReport)
    return carried


def told(*reports: pytest.TestReport) -> list[str]:
    terminal: Any = Terminal(*reports)
    summary.write(terminal)
    lines: list[str] = terminal.lines
    return lines


def test_each_change_is_carried_by_one_report() -> None:
    config: Any = SimpleNamespace(stash=pytest.Stash())
    assert summary.properties(config) == []
    config.stash[summary.CHANGES] = list(CHANGES)
    carried = [report(summary.properties(config)) for _ in range(2)]
    assert told(*carried) == [
        "beside the known results of 0.19.0",
        "better     mended (runner)  FAIL exited, 100 attempts (flag)  →  PASS recovered, 7 attempts",
        "1 better, 1 as known",
    ]


def test_where_nothing_was_compared_nothing_is_told() -> None:
    assert told(report([("other", "property")])) == []
