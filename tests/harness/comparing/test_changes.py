"""What became of a run, in one word, and in which order it is told."""

from __future__ import annotations

import pytest

from harness.comparing.changes import Change, changes, totals
from harness.comparing.rows import Row

FAILS = Row("fail", "silent-death", 100, ("flag", "notified"))
PASSES = Row("pass", "recovered", 3)


@pytest.mark.parametrize(
    ("before", "now", "word"),
    [
        (PASSES, PASSES, "as known"),
        (FAILS, PASSES, "better"),
        (PASSES, FAILS, "worse"),
        (PASSES, Row("unknown", "retrying", 3), "worse"),
        (FAILS, Row("unknown", "retrying", 100), "better"),
        (FAILS, Row("fail", "silent-death", 100, ("flag",)), "better"),
        (FAILS, Row("fail", "silent-death", 100, ("flag", "notified", "awake")), "worse"),
        (FAILS, Row("fail", "silent-death", 100, ("flag", "awake")), "worse"),
        (PASSES, Row("pass", "recovered", 3, ("polite",)), "worse"),
        (FAILS, Row("fail", "silent-death", 101, ("flag", "notified")), "different"),
        (PASSES, Row("pass", "tolerated", 3), "different"),
        (FAILS, Row("fail", "silent-death", 100, ("notified", "flag")), "as known"),
        (None, PASSES, "new"),
        (PASSES, None, "gone"),
    ],
)
def test_a_verdict_counts_more_than_checks_and_checks_more_than_an_ending(
    before: Row | None, now: Row | None, word: str
) -> None:
    assert Change("healthy", "adapter", before, now).word == word


def test_what_is_worse_is_told_first_and_what_only_one_side_has_is_told_too() -> None:
    before = {("adapter", "a"): PASSES, ("adapter", "b"): PASSES, ("runner", "a"): PASSES}
    now = {("adapter", "a"): PASSES, ("adapter", "b"): FAILS, ("adapter", "c"): PASSES}
    found = changes(before, now)
    assert [(one.word, one.level, one.name) for one in found] == [
        ("worse", "adapter", "b"), ("new", "adapter", "c"), ("gone", "runner", "a"),
        ("as known", "adapter", "a"),
    ]  # fmt: skip
    assert totals(found) == "1 worse, 1 new, 1 gone, 1 as known"
    assert "gone" not in totals(changes(before, now, gone=False))
    assert totals([]) == "nothing to compare"


def test_a_line_says_what_was_and_what_is() -> None:
    assert Change("x", "adapter", PASSES, FAILS).text == (
        "worse      x  PASS recovered, 3 attempts  →  FAIL silent-death, 100 attempts (flag, notified)"
    )
    assert Change("x", "runner", None, PASSES).text == "new        x (runner)  PASS recovered, 3 attempts"


def test_what_is_known_of_one_python_holds_there_and_nowhere_else() -> None:
    elsewhere = Row("pass", "tolerated", 3)
    known = Row("pass", "recovered", 3, also=(elsewhere, Row("fail", "deaf", 3, python="3.11")))
    assert Row.of_json(known.as_json()) == known
    assert known.on("3.12") == Row("pass", "recovered", 3, also=(elsewhere,))
    assert known.on("3.11") == Row("fail", "deaf", 3)
    assert known.text.endswith(" or FAIL deaf, 3 attempts on Python 3.11")
