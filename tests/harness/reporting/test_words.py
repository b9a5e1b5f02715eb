"""Verdicts and virtual times as people read them."""

from __future__ import annotations

import pytest

from harness.reporting import words


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00:00"), (59.6, "0:01:00"), (5875, "1:37:55"), (90_000, "25:00:00")]
)
def test_virtual_time_is_rounded_to_seconds(seconds: float, text: str) -> None:
    assert words.clock_text(seconds) == text


def test_a_moment_is_written_to_the_millisecond() -> None:
    assert words.moment_text(5_868_240_900) == "1:37:48.240"


def test_totals_tell_the_worst_first_and_leave_out_what_there_is_not() -> None:
    assert words.totals_text(["PASS", "NOT RUN", "FAIL", "PASS"]) == "1 FAIL, 1 NOT RUN, 2 PASS"
    assert words.totals_text([]) == ""
