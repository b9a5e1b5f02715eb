"""Calls that are made again and again are numbered from 1."""

from __future__ import annotations

from harness.journal.run_kinds import SubjAttempt
from harness.worker.subjects.occurrence import CallCounter


def test_the_two_records_of_a_call_have_its_number_whatever_began_meanwhile() -> None:
    attempts = CallCounter(SubjAttempt)
    first, second = attempts(), attempts()
    assert first("begin", None, None) == SubjAttempt("begin", number=1)
    assert second("end", "failed", None) == SubjAttempt("end", "failed", None, 2)
    assert first("end", "raised", "OSError: no") == SubjAttempt("end", "raised", "OSError: no", 1)
