"""Messages: written, kept, handled and answered."""

from __future__ import annotations

from fake_qq_server.events import Session
from fake_qq_server.platform.told import Told
from harness.journal.run_kinds import SubjAnswer
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
    assert [writing.replay for writing in one.sent] == [False, True]


def test_a_session_s_record_without_a_connection_or_a_session_says_nothing() -> None:
    j = J().opens_session(4, 1, t=1).add(Session("dropped", None), 2, conn=1).add(Session("dropped", 9), 3)
    assert [one.written[0].session for one in messages(j.sends("m", 1, t=4).sends("n", None, t=5))] == [
        4,
        None,
    ]


def test_a_message_tells_what_it_brings_and_what_its_handler_was_given() -> None:
    j = J().sends("m", t=1, text="hi", place="G", user="U", images=1, files=["a", "b"])
    (one,) = messages(j.handles("m", t=2, text="hi!", place="G", user="U", media=3).handles("m", t=3))
    assert one.written[0].told == Told("hi", "G", "U", 1, ("a", "b"))
    first, second = one.given
    assert (first.at.t, first.text, first.place, first.user, first.media) == (us(2), "hi!", "G", "U", 3)
    assert (second.text, second.place, second.user, second.media) == (None, None, None, None)


def test_a_message_that_waited_tells_what_it_brings_once_it_is_written() -> None:
    (one,) = messages(J().keeps("m", t=1).sends("m", 2, t=2, replay=True, text="hi"))
    assert [writing.told for writing in one.sent] == [Told(), Told("hi")]


def test_a_call_of_the_handler_tells_how_the_answer_begins_and_how_long_it_is() -> None:
    (one,) = messages(J().sends("m", t=1).answers("m", t=2, lasts=3, text="received", length=9))
    (call,) = one.calls
    assert (call.text, call.length, call.begin.t) == ("received", 9, us(2))
    assert call.end is not None and call.end.t == us(5)


def test_a_probe_is_one_however_it_is_told_of() -> None:
    (one,) = messages(J().handles("p", t=1).sends("p", t=2, probe=True).sends("p", t=3, replay=True))
    assert one.probe
    assert not messages(J().sends("m", t=1))[0].probe


class TestTheCallsOfItsHandler:
    @staticmethod
    def of(*said: tuple[str, str | None, float]) -> list[tuple[int, int | None, str | None]]:
        j = J().sends("m", t=1)
        for phase, how, t in said:
            j.add(SubjAnswer(phase, how, id="m"), t)  # type: ignore[arg-type]
        (one,) = messages(j)
        return [(call.begin.t, call.end.t if call.end else None, call.how) for call in one.calls]

    def test_are_paired_in_order(self) -> None:
        said = [("begin", None, 2), ("end", "raised", 3), ("begin", None, 4), ("end", "ok", 6)]
        assert self.of(*said) == [(us(2), us(3), "raised"), (us(4), us(6), "ok")]

    def test_may_be_open(self) -> None:
        assert self.of(("begin", None, 2)) == [(us(2), None, None)]

    def test_an_end_closes_the_last_one_alone(self) -> None:
        said = [("begin", None, 2), ("begin", None, 3), ("end", "ok", 4)]
        assert self.of(*said) == [(us(2), None, None), (us(3), us(4), "ok")]

    def test_an_end_without_a_begin_is_none(self) -> None:
        assert self.of(("end", "ok", 2)) == []
        assert self.of(("begin", None, 2), ("end", "ok", 3), ("end", "raised", 4)) == [(us(2), us(3), "ok")]

    def test_of_an_unknown_message_are_dropped(self) -> None:
        assert messages(J().add(SubjAnswer("begin", id="x"), 1)) == ()


def test_tries_and_replies_are_sends_of_content_that_name_it() -> None:
    j = J().sends("m", t=1).posts("m", t=2, what="notice").refused("m", t=3).posts("m", t=4).called("answer")
    j.posts("other", t=5).posts(None, t=6)
    (one,) = messages(j)
    assert [mark.t for mark in one.tried] == [us(3), us(4)]
    assert [(mark.t, mark.n) for mark in one.replied] == [(us(4), j["answer"])]


def test_a_message_that_only_the_subject_tells_of_has_no_kind() -> None:
    (one,) = messages(J().handles("m", t=1))
    assert (one.kind, one.probe) == (None, False)
