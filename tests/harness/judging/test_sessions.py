"""What each Identify and Resume could know; what the checks make of it is in checks/test_sessions.py."""

from __future__ import annotations

from fake_qq_server.events import Session
from harness.journal.run_kinds import SubjConnect
from harness.judging.authentications import Authentication
from harness.judging.sessions import follow
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


def test_nothing_is_owed_while_the_connection_of_its_session_is_not_over() -> None:
    _, one = found(J().begins(t=1).begins(2, 2, t=63, resumable=1))
    assert (one.owed, one.lost) == (None, None)
    _, one = found(J().begins(t=1).loses(t=60).begins(2, 2, t=63, resumable=1))
    assert one.owed == 1


def test_the_tear_down_is_not_followed() -> None:
    j = J().begins(t=1).ends(100).authenticates(2, t=101)
    assert len(follow(read(j.closed()))) == 1


def test_a_row_of_resumes_in_vain_is_remembered_up_to_a_limit() -> None:
    j = J().begins(t=1).loses(t=60)
    for n in range(2, 40):
        j.authenticates(n, t=60 + n, session=1, seq=1, resumable=1).loses(n)
    assert [len(one.failed) for one in found(j)][1:] == [*range(10), *[10] * 28]


def test_an_authentication_has_the_outcome_on_its_own_connection() -> None:
    j = J().opens_session(1, 1, t=1).resumes(1, 2, t=2).resumes(9, 3, t=3, outcome="unknown-session")
    j.resumes(1, 4, t=4, outcome=None).opens_session(2, 5, t=5)
    outcomes = [(one.said.op, one.conn, one.outcome) for one in found(j)]
    assert outcomes == [
        ("identify", 1, "new"),
        ("resume", 2, "resumed"),
        ("resume", 3, "unknown-session"),
        ("resume", 4, None),
        ("identify", 5, "new"),
    ]


def test_only_its_first_outcome_counts_and_the_end_of_a_session_is_none() -> None:
    j = J().resumes(1, 2, t=2).add(Session("refused", 1, "already-authenticated"), conn=2)
    j.resumes(1, 3, t=3, outcome=None).add(Session("dropped", 1), conn=3)
    assert [one.outcome for one in found(j)] == ["resumed", None]


def test_a_refusal_without_a_reason_is_one_all_the_same() -> None:
    j = J().resumes(1, 2, t=2, outcome=None).add(Session("refused", 1), conn=2).add(Session("new", 1), conn=7)
    assert [one.outcome for one in found(j)] == ["refused"]


def reasons(j: J) -> list[tuple[bool, bool]]:
    """Of the last authentication."""
    return [(one.firm, one.own) for one in found(j)[-1].reasons]


def test_a_close_is_a_firm_reason_to_identify_unless_a_page_says_resume() -> None:
    for code, known in ((4006, [(True, False)]), (4000, [(True, False)]), (4008, [(False, False)])):
        assert reasons(J().begins(t=1).close_frame(t=60, code=code).begins(2, 2, t=63)) == known
    for none in (4009, 1000, None):
        assert reasons(J().begins(t=1).close_frame(t=60, code=none).begins(2, 2, t=63)) == []


def test_an_op_9_is_a_firm_reason_unless_it_says_resume() -> None:
    for resumable in (True, False):
        j = J().begins(t=1).invalidates(t=60, resumable=resumable).begins(2, 2, t=63)
        assert reasons(j) == [(not resumable, False)]


def test_a_resume_in_vain_is_a_reason_and_its_own_refusal_is_the_bot_s() -> None:
    assert reasons(J().begins(t=1).resumes(1, 2, t=60, outcome=None).begins(2, 3, t=63)) == [(True, False)]
    j = J().begins(t=1).resumes(1, 2, t=60, outcome="bad-seq").invalidates(2).close_frame(2, code=4007)
    assert reasons(j.begins(2, 3, t=63)) == [(True, True)] * 3


def test_a_refusal_over_the_token_is_no_firm_reason() -> None:
    j = J().begins(t=1).authenticates(2, t=60, session=1, resumable=1, token="expired")
    j.add(Session("refused", 1, "bad-token"), conn=2)
    assert reasons(j.begins(2, 3, t=63)) == [(False, False)]
    j = J().begins(t=1).resumes(7, 2, t=60, outcome="unknown-session")
    assert reasons(j.begins(2, 3, t=63)) == []


def test_a_connect_that_begins_is_a_reason_and_one_that_ends_is_none() -> None:
    assert reasons(J().begins(t=1).connects(60, how=None).begins(2, 2, t=63)) == [(True, False)]
    j = J().connects(0, how=None).begins(t=1).add(SubjConnect("end", "ok"), 2, "probe").begins(2, 2, t=63)
    assert reasons(j) == []


def test_a_listener_that_ends_is_a_reason_and_one_that_begins_is_none() -> None:
    assert reasons(J().begins(t=1).gives_up(t=60).begins(2, 2, t=63)) == [(True, False)]
    assert reasons(J().begins(t=1).listens(t=60).begins(2, 2, t=63)) == []


def test_reasons_are_of_one_session_and_outlive_its_resume() -> None:
    j = J().begins(t=1).close_frame(t=60, code=4006).begins(2, 2, t=63).loses(2, t=99)
    assert reasons(j.begins(3, 3, t=103)) == []
    j = J().begins(t=1).close_frame(t=60, code=4008).continues(1, 2, t=63, seq=1).loses(2, t=300)
    assert reasons(j.begins(3, 3, t=303)) == [(False, False)]
