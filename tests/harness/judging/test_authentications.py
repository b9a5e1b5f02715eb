"""What each Identify and Resume could know; what the checks make of it is in checks/test_sessions.py."""

from __future__ import annotations

from harness.judging.authentications import Authentication, follow, unanswered
from harness.judging.timeline import read
from tests.harness.journals import J


def found(j: J) -> tuple[Authentication, ...]:
    return follow(read(j.done(600)))


def test_an_identify_at_the_start_owes_and_knows_nothing() -> None:
    (one,) = found(J().begins(t=1))
    assert (one.owed, one.lost, one.failed, one.least, one.most) == (None, None, (), None, None)
    assert one.answered is not None and one.answered.t == one.at.t


def test_a_resume_knows_what_it_owes_since_when_and_with_which_frames() -> None:
    j = J().begins(t=1).pushes(2, t=20).called("read").pushes(3, t=59.5).called("open").loses(t=60)
    _, one = found(j.called("lost").continues(1, t=63, seq=3))
    assert one.owed == 1
    assert one.lost is not None and one.lost.n == j["lost"]
    assert one.least is not None and (one.least.s, one.least.at.n) == (2, j["read"])
    assert one.most is not None and (one.most.s, one.most.at.n) == (3, j["open"])


def test_the_tear_down_is_not_followed() -> None:
    j = J().begins(t=1).ends(100).authenticates(2, t=101)
    assert len(follow(read(j.closed()))) == 1


def test_a_row_of_resumes_in_vain_is_remembered_up_to_a_limit() -> None:
    j = J().begins(t=1).loses(t=60)
    for n in range(2, 40):
        j.authenticates(n, t=60 + n, session=1, seq=1, resumable=1).loses(n)
    assert [len(one.failed) for one in found(j)][1:] == [*range(10), *[10] * 28]


def test_the_last_one_is_unanswered_only_if_it_is_a_resume_to_which_nothing_came() -> None:
    lost = J().begins(t=1).loses(t=60).authenticates(2, t=63, session=1, seq=1)
    assert unanswered(found(lost)) is not None
    assert unanswered(found(J().authenticates(t=1))) is None
    assert unanswered(found(J().begins(t=1).loses(t=60).continues(1, t=63, seq=1))) is None
    assert unanswered(()) is None
