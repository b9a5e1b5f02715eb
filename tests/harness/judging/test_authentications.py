"""Authentications: which one is still open. What they could know and owed is in test_sessions.py."""

from __future__ import annotations

from harness.judging.authentications import Authentication, unanswered
from harness.judging.sessions import follow
from harness.judging.timeline import read
from tests.harness.journals import J


def found(j: J) -> tuple[Authentication, ...]:
    return follow(read(j.done(600)))


def test_the_last_one_is_unanswered_only_if_it_is_a_resume_to_which_nothing_came() -> None:
    lost = J().begins(t=1).loses(t=60).authenticates(2, t=63, session=1, seq=1)
    assert unanswered(found(lost)) is not None
    assert unanswered(found(J().authenticates(t=1))) is None
    assert unanswered(found(J().begins(t=1).loses(t=60).continues(1, t=63, seq=1))) is None
    assert unanswered(()) is None
