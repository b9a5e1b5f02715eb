"""Authentications: an Identify or Resume, and what came of it. What is lost in a gap, `once` tells."""

from __future__ import annotations

from fake_qq_server.events import Session
from harness.judging.gaps import authentications_of
from tests.harness.journals import J


def test_an_authentication_has_the_outcome_on_its_own_connection() -> None:
    j = J().opens_session(1, 1, t=1).resumes(1, 2, t=2).resumes(9, 3, t=3, outcome="unknown-session")
    j.resumes(1, 4, t=4, outcome=None).opens_session(2, 5, t=5)
    found = [(one.said.op, one.conn, one.outcome) for one in authentications_of(j.records)]
    assert found == [
        ("identify", 1, "new"),
        ("resume", 2, "resumed"),
        ("resume", 3, "unknown-session"),
        ("resume", 4, None),
        ("identify", 5, "new"),
    ]


def test_only_its_first_outcome_counts_and_the_end_of_a_session_is_none() -> None:
    j = J().resumes(1, 2, t=2).add(Session("refused", 1, "already-authenticated"), conn=2)
    j.resumes(1, 3, t=3, outcome=None).add(Session("dropped", 1), conn=3)
    assert [one.outcome for one in authentications_of(j.records)] == ["resumed", None]


def test_a_refusal_without_a_reason_is_one_all_the_same() -> None:
    j = J().resumes(1, 2, t=2, outcome=None).add(Session("refused", 1), conn=2).add(Session("new", 1), conn=7)
    assert [one.outcome for one in authentications_of(j.records)] == ["refused"]
