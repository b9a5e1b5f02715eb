"""The facts: marks, calls and give-ups."""

from __future__ import annotations

import pytest

from harness.judging.facts import GiveUp, Mark, TimedCall
from harness.judging.intervals import Interval

BEGIN, END = Mark(5, 2), Mark(9, 7)


def test_marks_are_ordered_by_time_and_then_by_record() -> None:
    assert sorted([Mark(2, 9), Mark(2, 3), Mark(1, 50)]) == [Mark(1, 50), Mark(2, 3), Mark(2, 9)]


@pytest.mark.parametrize(("end", "lasted", "lines"), [(END, 4, (2, 7)), (None, 15, (2,))])
def test_a_call_that_is_open_has_lasted_up_to_now(
    end: Mark | None, lasted: int, lines: tuple[int, ...]
) -> None:
    call = TimedCall(BEGIN, end)
    assert (call.lasted(20), call.lines) == (lasted, lines)


def test_a_give_up_is_a_stretch_from_its_sign_to_what_undid_it() -> None:
    assert GiveUp(BEGIN, END, stands=False).stretch == Interval(5, 9)
