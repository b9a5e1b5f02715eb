"""heard and intact: what a user wrote reaches the handler, and what the handler answers reaches its user."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.events import HttpAnswer, LinkCondition
from tests.harness.journals import J, at_once, check, told


def heard(sent: dict[str, Any], given: dict[str, Any]) -> J:
    """A message that brings this at 100 s is given to the handler a second later."""
    j = at_once().up().sends("m", t=100, **sent).called("sent")
    return j.handles("m", t=101, **given).called("given")


class TestHeard:
    @pytest.mark.parametrize(
        ("sent", "given"),
        [
            ({"text": "hi"}, {"text": "hi"}),
            ({"text": "hi"}, {"text": "[anna] hi [one picture]"}),
            ({"text": "hi", "place": "G", "user": "U"}, {"text": "hi", "place": "G", "user": "U"}),
            ({"place": "G"}, {"text": "hi"}),
            ({"user": "U"}, {"user": "U"}),
            ({"user": "U"}, {"text": "hi"}),
            ({"images": 2}, {"media": 2}),
            ({"text": "this", "quoted": "of before"}, {"text": "[quoted] of before this"}),
            ({"images": 1}, {"media": 2}),
            ({"files": ["a.txt", "b.mp4"]}, {"media": 2}),
            ({"files": ["a.txt", "b.mp4"]}, {"text": "with a.txt and b.mp4"}),
            ({"files": ["a.txt", "b.mp4"]}, {"text": "with a.txt", "media": 1}),
            ({"images": 1, "files": ["a.txt"]}, {"text": "with a.txt", "media": 1}),
            ({"place": "U"}, {"scene": "c2c"}),
        ],
    )
    def test_passes_where_the_handler_is_given_what_came(
        self, sent: dict[str, Any], given: dict[str, Any]
    ) -> None:
        j = heard(sent, given)
        found = check("heard", j.done(600))
        because = "each of 1 messages was given to the handler as it was written"
        assert (found.state, found.because, found.lines) == ("pass", because, (j["given"],))

    @pytest.mark.parametrize(
        ("sent", "given", "wrong"),
        [
            ({"text": "hi"}, {"text": "ho"}, "the handler was given another text"),
            ({"text": "hi there"}, {"text": "hi"}, "the handler was given another text"),
            ({"text": "hi"}, {}, "the handler was given another text"),
            ({"place": "G"}, {"place": "U"}, "the handler was told that it came from another place"),
            ({"user": "U"}, {"user": "V"}, "the handler was told that somebody else wrote it"),
            (
                {"place": "U"},
                {"scene": "group"},
                "the handler was told of another kind of chat",
            ),
            ({"images": 2}, {"media": 1}, "the handler was not given each picture and file"),
            (
                {"text": "this", "quoted": "of before"},
                {"text": "this"},
                "the handler was not given the words that it quotes",
            ),
            ({"images": 1}, {}, "the handler was not given each picture and file"),
            ({"images": 1}, {"text": "a picture.png"}, "the handler was not given each picture and file"),
            ({"files": ["a.txt"]}, {"text": "a file"}, "the handler was not given each picture and file"),
            (
                {"images": 1, "files": ["a.txt"]},
                {"media": 1},
                "the handler was not given each picture and file",
            ),
        ],
    )
    def test_fails_where_something_is_missing_or_another(
        self, sent: dict[str, Any], given: dict[str, Any], wrong: str
    ) -> None:
        j = heard(sent, given)
        found = check("heard", j.done(600))
        assert (found.state, found.because) == ("fail", f"of message m {wrong}")
        assert found.lines == (j["sent"], j["given"])

    def test_each_message_and_each_handling_counts(self) -> None:
        j = heard({"text": "hi"}, {"text": "hi"}).sends("n", t=200, text="yo").handles("n", t=201, text="yo")
        because = "each of 2 messages was given to the handler as it was written"
        assert told("heard", j.done(600)) == ("pass", because)
        j = heard({"text": "hi"}, {"text": "hi"}).handles("m", t=102, text="ho").called("again")
        assert check("heard", j.done(600)).lines == (j["sent"], j["again"])

    def test_a_message_that_waited_counts_from_its_writing(self) -> None:
        j = at_once().up().keeps("m", t=100).sends("m", 2, t=110, replay=True, text="hi").called("sent")
        found = check("heard", j.handles("m", text="ho").called("given").done(600))
        assert (found.state, found.lines) == ("fail", (j["sent"], j["given"]))

    @pytest.mark.parametrize(("text", "state"), [("hi", "pass"), ("ho", "pass"), ("he", "fail")])
    def test_a_message_that_was_written_twice_is_one_of_them(self, text: str, state: str) -> None:
        j = at_once().up().sends("m", t=100, text="hi").called("sent").sends("m", t=101, text="ho")
        found = check("heard", j.handles("m", text=text).called("given").done(600))
        assert found.state == state
        assert found.lines == ((j["given"],) if state == "pass" else (j["sent"], j["given"]))

    def test_what_is_written_only_later_is_not_what_was_given(self) -> None:
        j = at_once().up().sends("m", t=100, text="hi").handles("m", text="ho").sends("m", t=101, text="ho")
        assert told("heard", j.done(600))[0] == "fail"

    @pytest.mark.parametrize(
        "j",
        [
            at_once().up(),
            at_once().up().sends("m", t=100, text="hi"),
            at_once().up().sends("m", t=100).handles("m", text="hi"),
            at_once().up().handles("m", t=100, text="hi"),
        ],
    )
    def test_is_not_applicable_where_nothing_can_be_compared(self, j: J) -> None:
        because = "no message was handled of which the journal has the text"
        assert told("heard", j.done(600)) == ("n/a", because)

    def test_a_cut_run_proves_no_pass_and_leaves_a_fail(self) -> None:
        good, bad = heard({"text": "hi"}, {"text": "hi"}), heard({"text": "hi"}, {"text": "ho"})
        assert told("heard", good.closed("killed", t=600))[0] == "unknown"
        assert told("heard", bad.closed("killed", t=600))[0] == "fail"

    @pytest.mark.parametrize(("t", "state"), [(100, "pass"), (101, "pass"), (99.9, "fail"), (101.1, "fail")])
    @pytest.mark.parametrize("sent", [{"images": 1}, {"files": ["a.txt"]}])
    def test_pictures_and_files_are_not_owed_where_a_rule_stood_before_the_api(
        self, t: float, state: str, sent: dict[str, Any]
    ) -> None:
        j = at_once().up()
        between = HttpAnswer("api", 404, "status", None, None)
        if t < 100:
            j.add(between, t)
        j.sends("m", t=100, **sent)
        if 100 <= t <= 101:
            j.add(between, t)
        j.handles("m", t=101)
        if t > 101:
            j.add(between, t)
        assert told("heard", j.done(600))[0] == state

    def test_a_condition_on_the_api_s_link_excuses_pictures_too(self) -> None:
        j = at_once().up().add(LinkCondition("api", "slow", True, False), 50, "link", conn=1)
        assert told("heard", j.sends("m", t=100, images=1).handles("m", t=101).done(600))[0] == "pass"

    def test_trouble_with_the_api_excuses_no_text(self) -> None:
        j = at_once().up().sends("m", t=100, text="hi").add(HttpAnswer("api", 500, "status", None, None))
        assert told("heard", j.handles("m", t=101, text="ho").done(600))[0] == "fail"


LONG = "received: hi 1. more"


def answered(length: int = 12, text: str | None = "received: hi", **scenario: Any) -> J:
    """A message comes at 100 s, and from 101 s on the handler has this answer."""
    j = at_once(**scenario).up().sends("m", t=100, text="hi").handles("m", text="hi")
    return j.answers("m", lasts=1, text=text, length=length).called("made")


class TestIntact:
    @pytest.mark.parametrize("text", ["received: hi", "<@U> received: hi", "Dear anna, received: hi Yours"])
    def test_passes_where_the_answer_is_in_what_was_taken(self, text: str) -> None:
        j = answered().posts("m", t=102, text=text, length=12).called("taken")
        found = check("intact", j.done(600))
        assert (found.state, found.because) == ("pass", "each reply has what the handler answered")
        assert found.lines == (j["made"], j["taken"] - 2)

    @pytest.mark.parametrize("text", ["received: h", "something else", None])
    def test_fails_where_the_answer_is_not_in_it(self, text: str | None) -> None:
        j = answered().posts("m", t=102, text=text, length=12).called("taken")
        found = check("intact", j.done(600))
        because = "the reply to message m is not what the handler answered"
        assert (found.state, found.because, found.lines) == ("fail", because, (j["made"], j["taken"] - 2))

    @pytest.mark.parametrize(
        ("lengths", "state"),
        [
            ((5000,), "pass"),
            ((6000,), "pass"),
            ((4998,), "pass"),
            ((4997,), "fail"),
            ((2000, 2000, 994), "pass"),
            ((2000, 2000, 993), "fail"),
            ((2000,), "fail"),
        ],
    )
    def test_as_many_characters_but_for_the_white_space_where_it_is_cut(
        self, lengths: tuple[int, ...], state: str
    ) -> None:
        j = answered(5000, LONG)
        for n, length in enumerate(lengths):
            text = LONG if n == 0 else f"and on {n}"
            j.posts("m", t=102 + n, text=text, length=length, content=f"c{n}", msg_seq=n + 1)
        found = check("intact", j.done(600))
        assert found.state == state
        if state == "fail":
            assert found.because == "of the reply to message m a part is missing"
            assert found.lines[0] == j["made"] and len(found.lines) == 1 + len(lengths)

    def test_the_answer_may_begin_in_any_piece(self) -> None:
        j = (
            answered()
            .posts("m", t=102, text="a moment", content="a")
            .posts("m", t=103, text="received: hi", length=12)
        )
        assert told("intact", j.done(600))[0] == "pass"

    @pytest.mark.parametrize(("end", "state"), [(160.99, "n/a"), (161, "fail")])
    def test_a_part_is_missing_once_the_time_of_answered_is_over(self, end: float, state: str) -> None:
        j = answered(5000, LONG).posts("m", t=102, text=LONG, length=2000)
        assert told("intact", j.done(end))[0] == state

    @pytest.mark.parametrize(("end", "state"), [(160.99, "n/a"), (161, "fail")])
    def test_a_piece_that_the_platform_refuses_is_missing(self, end: float, state: str) -> None:
        refused: dict[str, Any] = {"accepted": False, "status": 400, "code": 40034102}
        j = answered(5000, LONG).called("said").posts("m", t=102, text=LONG, length=2000).called("taken")
        found = check("intact", j.posts("m", t=103, content="d", **refused).called("no").done(end))
        assert found.state == state
        if state == "fail":
            assert found.because == "of the reply to message m 1 of 2 pieces were refused"
            assert found.lines == (j["said"], j["taken"] - 2, j["no"])

    @pytest.mark.parametrize("t", [101, 130, 161])
    def test_a_part_may_be_missing_where_a_rule_stood_before_the_api(self, t: float) -> None:
        j = answered(5000, LONG)
        if t < 102:
            j.add(HttpAnswer("token", 500, "status", None, None), t)
        j.posts("m", t=102, text=LONG, length=2000)
        if t > 102:
            j.add(HttpAnswer("token", 500, "status", None, None), t)
        assert told("intact", j.done(600))[0] == "n/a"

    def test_trouble_with_the_api_excuses_no_other_words(self) -> None:
        j = answered().add(HttpAnswer("api", 500, "status", None, None)).posts("m", t=102, text="other")
        assert told("intact", j.done(600))[0] == "fail"

    def test_a_piece_that_was_tried_twice_counts_once(self) -> None:
        j = answered(4000, LONG).posts("m", t=102, text=LONG, length=2000).posts("m", t=103, length=2000)
        assert told("intact", j.done(600))[0] == "fail"

    @pytest.mark.parametrize(
        "j",
        [
            at_once().up(),
            answered(),
            answered(text=None).posts("m", t=102, text="other"),
            answered().refused("m", t=102, text="other"),
            answered().types("m", t=102),
            answered().posts("other", t=102, text="other"),
            at_once().up().sends("m", t=100).handles("m").posts("m", t=101, text="other"),
            at_once().up().sends("m", t=100).handles("m").answers("m", how=None).posts("m", t=101, text="x"),
            at_once().up().sends("m", t=100).handles("m").answers("m", how="raised").posts("m", text="x"),
        ],
    )
    def test_is_not_applicable_where_nothing_was_taken_whole_or_nothing_is_known(self, j: J) -> None:
        assert told("intact", j.done(600)) == ("n/a", "no answer of the handler was taken whole")

    def test_each_reply_counts(self) -> None:
        j = answered().posts("m", t=102, text="received: hi", length=12)
        j.sends("n", t=200).handles("n").answers("n").posts("n", t=202, text="received: ho")
        because = "the reply to message n is not what the handler answered"
        assert told("intact", j.done(600)) == ("fail", because)

    def test_of_several_calls_for_a_message_the_last_counts(self) -> None:
        j = (
            answered()
            .answers("m", t=110, text="received: ho")
            .posts("m", t=112, text="received: ho", length=12)
        )
        assert told("intact", j.done(600))[0] == "pass"

    def test_a_cut_run_proves_no_pass_and_leaves_a_fail(self) -> None:
        good, bad = (answered().posts("m", t=102, text=text, length=12) for text in ("received: hi", "other"))
        assert told("intact", good.closed("killed", t=600))[0] == "unknown"
        assert told("intact", bad.closed("killed", t=600))[0] == "fail"
