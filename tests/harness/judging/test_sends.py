"""Sends: three records with one number are one send."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.events import HttpAnswer, HttpRequest, HttpSend, RuleAct
from harness.judging.sends import Send, sends_of
from tests.harness.journals import J, us


def sends(j: J) -> tuple[Send, ...]:
    return sends_of(j.records)


def test_a_request_what_it_sends_and_its_answer_are_one() -> None:
    j = J().posts("m", t=5, conn=3, msg_seq=7, length=9).called("answer")
    (one,) = sends(j)
    assert (one.at.t, one.at.n, one.names, one.conn) == (us(5), j["answer"] - 2, "m", 3)
    assert one.sent == HttpSend("c2c", "u", "message", None, "m", 7, None, "c", 9)
    assert one.answer is not None
    assert (one.answer.at.n, one.answer.status, one.answer.accepted) == (j["answer"], 200, True)
    assert (one.is_content, one.taken, one.proof.n) == (True, True, j["answer"])


def test_sends_under_way_at_once_are_told_by_their_numbers() -> None:
    j = J()
    for req, message in ((1, "a"), (2, "b")):
        j.add(HttpRequest("api", "POST", "/x", message), 1, req=req)
        j.add(HttpSend("c2c", "u", "message", msg_id=message), req=req)
    j.add(HttpAnswer("api", 200, accepted=True), req=2).add(HttpAnswer("api", 500, code=500), req=1)
    assert [(one.names, one.taken) for one in sends(j)] == [("a", False), ("b", True)]


def test_a_send_that_names_no_message_is_one_too() -> None:
    (one,) = sends(J().posts(None, t=5))
    assert (one.names, one.is_content, one.taken) == (None, True, True)


def test_other_requests_are_none() -> None:
    j = J().add(HttpRequest("token", "POST", "/x"), 1, req=1).add(HttpAnswer("token", 200), req=1)
    j.add(HttpRequest("api", "GET", "/users/@me"), 2, req=2).add(HttpAnswer("api", 200), req=2)
    assert sends(j) == ()


def test_a_request_to_another_host_that_names_a_message_is_none() -> None:
    assert sends(J().add(HttpRequest("token", "POST", "/x", "m"), 1, req=1)) == ()


def test_records_without_a_number_are_sends_of_their_own() -> None:
    j = J().add(HttpRequest("api", "POST", "/x", "a"), 1).add(HttpRequest("api", "POST", "/x", "b"), 2)
    j.add(HttpAnswer("api", 200), 3)
    assert [(one.names, one.answer) for one in sends(j)] == [("a", None), ("b", None)]


def test_other_records_of_the_same_number_say_nothing() -> None:
    j = J().posts("m", t=5, answered=False).add(RuleAct("status", frames=1), 6, req=1)
    assert [one.answer for one in sends(j)] == [None]


def test_only_the_first_answer_counts() -> None:
    j = J().posts("m", t=5).add(HttpAnswer("api", 500, accepted=False), req=1)
    assert sends(j)[0].taken


@pytest.mark.parametrize(
    ("way", "taken", "says_success"),
    [
        ({}, True, True),
        ({"status": 200}, True, True),
        ({"status": 299}, True, True),
        ({"status": 300}, True, False),
        ({"status": 199}, True, False),
        ({"status": None}, True, False),
        ({"verb": "body"}, True, False),
        ({"code": 22009}, False, False),
        ({"accepted": False}, False, True),
        ({"accepted": None}, False, True),
    ],
)
def test_what_the_platform_took_and_what_the_answer_says_are_two_things(
    way: dict[str, Any], taken: bool, says_success: bool
) -> None:
    (one,) = sends(J().posts("m", t=5, **way))
    assert one.answer is not None
    assert (one.taken, one.answer.says_success) == (taken, says_success)


def test_a_send_without_an_answer_was_not_taken() -> None:
    j = J().posts("m", t=5, answered=False)
    assert (sends(j)[0].taken, sends(j)[0].proof) == (False, sends(j)[0].at)


@pytest.mark.parametrize("what", ["notice", "media", "upload"])
def test_what_is_no_message_is_no_content(what: str) -> None:
    assert not sends(J().posts("m", t=5, what=what))[0].is_content


class TestAnOldJournal:
    """It does not say what was sent, nor whether the platform took it."""

    @pytest.mark.parametrize(
        ("status", "taken"),
        [(200, True), (299, True), (199, False), (300, False), (401, False), (None, False)],
    )
    def test_a_request_that_names_a_message_is_a_reply_unless_its_answer_says_no(
        self, status: int | None, taken: bool
    ) -> None:
        j = J().add(HttpRequest("api", "POST", "/x", "m"), 1, req=1).add(HttpAnswer("api", status), req=1)
        assert [(one.is_content, one.taken) for one in sends(j)] == [(True, taken)]

    def test_a_request_without_an_answer_is_one(self) -> None:
        assert [(one.is_content, one.taken) for one in sends(J().replies("m", t=1))] == [(True, True)]
