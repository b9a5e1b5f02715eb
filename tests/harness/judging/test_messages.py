"""Messages: written, kept, handled and answered."""

from __future__ import annotations

from harness.judging.facts import Message
from harness.judging.timeline import read
from tests.harness.journals import J, us


def messages(j: J) -> tuple[Message, ...]:
    return read(j.records).messages


def test_a_message_belongs_to_the_session_of_its_connection() -> None:
    j = J().opens_session(4, 1, t=1).sends("m", 1, t=2).opens_session(5, 2, t=3).sends("n", 2, t=4)
    j.resumes(4, 3, t=5).sends("o", 3, t=6).sends("p", 9, t=7)
    assert [one.written[0].session for one in messages(j)] == [4, 5, 4, None]


def test_a_session_that_was_refused_is_not_its_connection_s() -> None:
    j = J().opens_session(4, 1, t=1).resumes(7, 1, t=2, outcome="already-authenticated").sends("m", 1, t=3)
    assert messages(j)[0].written[0].session == 4


def test_a_message_that_waited_is_told_with_its_session() -> None:
    j = J().keeps("m", 3, t=5, s=7).called("kept").sends("m", 2, t=9, replay=True)
    (one,) = messages(j)
    assert [(kept.at.n, kept.at.t, kept.session, kept.s, kept.conn) for kept in one.kept] == [
        (j["kept"], us(5), 3, 7, None)
    ]
    assert [writing.at.t for writing in one.sent] == [us(5), us(9)]
    assert (one.kind, one.probe) == ("C2C_MESSAGE_CREATE", False)


def test_tries_and_replies_are_sends_of_content_that_name_it() -> None:
    j = J().sends("m", t=1).posts("m", t=2, what="notice").refused("m", t=3).posts("m", t=4).called("answer")
    j.posts("other", t=5).posts(None, t=6)
    (one,) = messages(j)
    assert [mark.t for mark in one.tried] == [us(3), us(4)]
    assert [(mark.t, mark.n) for mark in one.replied] == [(us(4), j["answer"])]


def test_a_message_that_only_the_subject_tells_of_has_no_kind() -> None:
    assert messages(J().handles("m", t=1))[0].kind is None
