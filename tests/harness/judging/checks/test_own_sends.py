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


def test_what_a_rule_did_to_the_api_excuses_unless_the_scenario_asks() -> None:
    def refused(**scenario: Any) -> J:
        j = at_once(**scenario).up().add(SubjSend("begin", None, None, "c2c", "U", "good morning"), 100)
        return says(j, 101, accepted=None, status=500, verb="status")

    assert told("delivered", refused().done(600)) == ("n/a", "a rule had its hand in the API")
    assert told("delivered", refused(asks=["delivered"]).done(600))[0] == "fail"


def test_a_long_text_is_known_by_how_it_begins() -> None:
    text = "good  morning,\neverybody " * 40
    j = at_once().up().add(SubjSend("begin", None, None, "c2c", "U", text), 100).called("asked")
    j.posts(None, t=101, target="U", text="good morning, everybody " * 16)
    ended = SubjSend("end", "ok", None, "c2c", "U", text)
    records = j.add(ended, 102, cause=j["asked"]).done(600)
    assert told("delivered", records)[0] == told("reported", records)[0] == "pass"


def test_what_was_said_before_does_not_count() -> None:
    j = at_once().up()
    j = says(j, 50).add(SubjSend("begin", None, None, "c2c", "U", "good morning"), 100)
    assert told("delivered", j.done(600))[0] == "fail"


def test_is_unknown_where_the_run_ends_first() -> None:
    because = "the run ended less than 60 s after it was made to speak"
    assert told("delivered", speaks().done(159)) == ("unknown", because)


def test_is_not_applicable_where_it_was_not_made_to_speak() -> None:
    assert told("delivered", at_once().up().done(600))[0] == "n/a"


class TestReported:
    def ends(self, j: J, t: float, how: Any = "ok") -> J:
        ended = SubjSend("end", how, None, "c2c", "U", "good morning")
        return j.add(ended, t, cause=j["asked"]).called("ended")

    @pytest.mark.parametrize("how", ["failed", "raised", "cancelled"])
    def test_a_send_that_failed_may_say_so(self, how: str) -> None:
        j = self.ends(speaks(), 115, how)
        found = check("reported", j.done(600))
        assert (found.state, found.lines) == ("pass", (j["asked"], j["ended"]))

    def test_what_the_platform_took_was_sent(self) -> None:
        assert told("reported", self.ends(says(speaks(), 101), 102).done(600))[0] == "pass"

    def test_fails_where_it_says_so_of_what_nobody_took(self) -> None:
        because = "it says that it was sent, and the platform took nothing"
        assert told("reported", self.ends(speaks(), 102).done(600)) == ("fail", because)
        refused: dict[str, Any] = {"accepted": False, "status": 400}
        j = self.ends(says(speaks(), 101, **refused).called("no"), 102)
        found = check("reported", j.done(600))
        assert (found.because, found.lines) == (because, (j["asked"], j["no"], j["ended"]))

    def test_what_is_taken_only_after_its_end_does_not_count(self) -> None:
        assert told("reported", says(self.ends(speaks(), 102), 103).done(600))[0] == "fail"

    @pytest.mark.parametrize(("end", "state"), [(220, "pass"), (220.01, "fail")])
    def test_it_must_end_in_time(self, end: float, state: str) -> None:
        assert told("reported", self.ends(speaks(), end, "failed").done(600))[0] == state

    @pytest.mark.parametrize(("end", "state"), [(220, "unknown"), (220.01, "fail")])
    def test_one_that_never_ends_fails_where_there_was_time(self, end: float, state: str) -> None:
        assert told("reported", speaks().done(end))[0] == state

    @pytest.mark.parametrize(
        ("given", "told_by_platform", "state"),
        [("m1", "m1", "pass"), ("m2", "m1", "fail"), (None, "m1", "pass"), ("m2", None, "pass")],
    )
    def test_the_id_that_it_gives_is_the_platforms(
        self, given: str | None, told_by_platform: str | None, state: str
    ) -> None:
        j = says(speaks(), 101, named=told_by_platform)
        ended = SubjSend("end", "ok", None, "c2c", "U", "good morning", given)
        found = check("reported", j.add(ended, 102, cause=j["asked"]).done(600))
        assert found.state == state
        assert state == "pass" or found.because == "it gives what it sent another id than the platform"

    def test_is_not_applicable_where_it_was_not_made_to_speak(self) -> None:
        assert told("reported", at_once().up().done(600))[0] == "n/a"
