"""delivered: what the bot is made to say of its own accord."""

from __future__ import annotations

from typing import Any

import pytest

from harness.journal.run_kinds import SubjSend
from tests.harness.journals import J, at_once, check, told


def speaks(t: float = 100) -> J:
    """At `t` it is made to say good morning to U."""
    return at_once().up().add(SubjSend("begin", None, None, "c2c", "U", "good morning"), t).called("asked")


def says(j: J, t: float, **more: Any) -> J:
    return j.posts(None, t=t, target="U", text="good morning to you", **more)


@pytest.mark.parametrize(
    ("at", "state", "because"),
    [
        (160, "pass", "what it was made to say was taken in time"),
        (160.01, "fail", "what it was made to say was not taken within 60 s"),
    ],
)
def test_it_must_be_taken_in_time(at: float, state: str, because: str) -> None:
    j = says(speaks(), at).called("answer")
    found = check("delivered", j.done(600))
    assert (found.state, found.because, found.lines) == (state, because, (j["asked"], j["answer"]))


def test_fails_where_nothing_is_sent() -> None:
    j = speaks()
    found = check("delivered", j.done(600))
    assert (found.state, found.because) == ("fail", "what it was made to say was never sent")
    assert found.lines == (j["asked"],)


def test_fails_where_somebody_else_is_told() -> None:
    j = speaks().posts(None, t=101, target="V", text="good morning")
    assert told("delivered", j.done(600)) == ("fail", "what it was made to say was sent to another place")


def test_fails_where_it_goes_to_a_group_of_that_id() -> None:
    j = speaks().posts(None, t=101, target="U", scene="group", text="good morning")
    assert told("delivered", j.done(600)) == ("fail", "what it was made to say was sent to another place")


def test_another_text_is_another_message() -> None:
    j = speaks().posts(None, t=101, target="U", text="hello")
    assert told("delivered", j.done(600)) == ("fail", "what it was made to say was never sent")


def test_a_refusal_is_no_delivery_and_a_later_try_is() -> None:
    refused: dict[str, Any] = {"accepted": False, "status": 500}
    assert told("delivered", says(speaks(), 101, **refused).done(600))[0] == "fail"
    assert told("delivered", says(says(speaks(), 101, **refused), 103).done(600))[0] == "pass"


def test_what_was_said_before_does_not_count() -> None:
    j = at_once().up()
    j = says(j, 50).add(SubjSend("begin", None, None, "c2c", "U", "good morning"), 100)
    assert told("delivered", j.done(600))[0] == "fail"


def test_is_unknown_where_the_run_ends_first() -> None:
    because = "the run ended less than 60 s after it was made to speak"
    assert told("delivered", speaks().done(159)) == ("unknown", because)


def test_is_not_applicable_where_it_was_not_made_to_speak() -> None:
    assert told("delivered", at_once().up().done(600))[0] == "n/a"
