"""Outcomes of several subjects as one table, where a verdict flips, and whether Pythons agree."""

from __future__ import annotations

from harness.comparing.outcomes import Ran
from harness.comparing.rows import Row
from harness.comparing.table import merged, table

DIES = Row("fail", "silent-death", 100, ("flag",))
TELLS = Row("pass", "fatal-notified", 100)


def ran(version: str, row: Row, *, name: str = "x", fix: str | None = None, python: str = "3.12") -> Ran:
    """One run at the adapter level."""
    return Ran(name, "adapter", version, python, fix, 0, row, {})


def test_columns_are_in_the_order_of_releases_and_what_was_not_run_is_a_dash() -> None:
    found = merged([ran("fork", TELLS), ran("0.16.0", DIES), ran("0.9.0", DIES, name="y"),
                    ran("0.16.0", TELLS, fix="reference")])  # fmt: skip
    assert table(found) == [
        ["run", "0.9.0", "0.16.0", "0.16.0 + reference", "fork"],
        ["x", "-", "FAIL silent-death, 100", "PASS fatal-notified, 100", "PASS fatal-notified, 100"],
        ["y", "FAIL silent-death, 100", "-", "-", "-"],
    ]


def test_a_flip_names_the_release_from_which_on_the_run_does_something_else() -> None:
    found = merged([ran("0.13.0", DIES), ran("0.9.0", DIES), ran("0.16.0", TELLS), ran("0.17.0", TELLS)])
    assert found.flips == ["x: from 0.16.0 on PASS fatal-notified, 100, before FAIL silent-death, 100"]


def test_a_fix_is_no_release_and_so_no_flip() -> None:
    assert merged([ran("0.13.0", DIES), ran("0.13.0", TELLS, fix="reference")]).flips == []


def test_pythons_that_do_not_agree_are_a_sentence_and_both_in_the_cell() -> None:
    found = merged([ran("0.13.0", DIES, python="3.9"), ran("0.13.0", TELLS, python="3.13")])
    assert found.pythons == ("3.9", "3.13")
    assert table(found)[1] == ["x", "FAIL silent-death, 100 / PASS fatal-notified, 100"]
    (line,) = found.disagreements
    assert line.startswith("x on 0.13.0: Python 3.9 seed 0: FAIL silent-death")


def test_pythons_that_agree_are_one_result() -> None:
    found = merged([ran("0.13.0", DIES, python="3.11"), ran("0.13.0", DIES, python="3.13")])
    assert found.disagreements == []
    assert table(found)[1] == ["x", "FAIL silent-death, 100"]
