"""typing: who waits for an answer sees that it is being written."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.events import HttpAnswer
from harness.journal.run_kinds import SubjAnswer
from tests.harness.journals import J, at_once, check, told

NOBODY_WAITS = ("n/a", "no answer to a single user took longer than 10 s")
SAW = "who waited saw that it was typing"
SAW_NOTHING = "for longer than 10 s nothing told the user that message m is being answered"


def waits(
    lasts: float | None, *notices: float, seconds: Any = 60, kind: str = "C2C_MESSAGE_CREATE", **more: Any
) -> J:
    """A message at 100 s whose handler needs so long (None: for ever), with typing notices so much later."""
    j = at_once(**more).up().sends("m", t=100, kind=kind).handles("m").answers("m", how=None).called("began")
    for n, after in enumerate(notices, 1):
        j.types("m", t=100 + after, seconds=seconds).called(f"notice {n}")
    return j if lasts is None else ends(j, 100 + lasts)


def ends(j: J, t: float, message: str = "m") -> J:
    return j.add(SubjAnswer("end", "ok", None, message, "received: hi", 12), t, "probe")


class TestTyping:
    @pytest.mark.parametrize(
        ("lasts", "notices"),
        [
            (69, [0]),
            (80, [0, 60]),
            (80, [10]),
            (180, [5, 70, 140]),
            (180, [0, 30, 60, 90, 120, 150]),
            (30, [0, 1, 2]),
        ],
    )
    def test_passes_where_no_gap_is_longer_than_the_limit(self, lasts: float, notices: list[float]) -> None:
        j = waits(lasts, *notices)
        found = check("typing", j.done(600))
        lines = (j["began"], *(j[f"notice {n + 1}"] - 2 for n in range(len(notices))))
        assert (found.state, found.because, found.lines) == ("pass", SAW, lines)

    def test_fails_where_nothing_was_shown(self) -> None:
        j = waits(10.01)
        found = check("typing", j.done(600))
        assert (found.state, found.because, found.lines) == ("fail", SAW_NOTHING, (j["began"], j["began"]))

    @pytest.mark.parametrize(
        ("lasts", "notices", "last"),
        [
            (30, [10.01], None),
            (71, [0], 1),
            (180, [0, 71], 1),
            (180, [0, 60], 2),
            (180, [0, 30, 101], 2),
        ],
    )
    def test_a_gap_that_is_longer_fails_and_is_shown_from_the_notice_before_it(
        self, lasts: float, notices: list[float], last: int | None
    ) -> None:
        j = waits(lasts, *notices)
        found = check("typing", j.done(600))
        shown = j["began"] if last is None else j[f"notice {last}"] - 2
        assert (found.state, found.because, found.lines) == ("fail", SAW_NOTHING, (j["began"], shown))

    @pytest.mark.parametrize(("seconds", "state"), [(20, "pass"), (19, "fail"), (None, "fail")])
    def test_a_notice_is_shown_for_as_long_as_it_says(self, seconds: int | None, state: str) -> None:
        assert told("typing", waits(30, 0, seconds=seconds).done(600))[0] == state

    def test_a_shorter_notice_takes_nothing_from_a_longer_one_before_it(self) -> None:
        j = waits(None, 0).types("m", t=101, seconds=1)
        assert told("typing", ends(j, 165).done(600))[0] == "pass"

    def test_a_notice_that_was_refused_or_is_for_another_message_shows_nothing(self) -> None:
        refused = waits(None).types("m", t=101, accepted=False, status=400, code=304027)
        assert told("typing", ends(refused, 130).done(600))[0] == "fail"
        other = waits(None).types("n", t=101)
        assert told("typing", ends(other, 130).done(600))[0] == "fail"

    def test_a_message_is_no_typing_notice(self) -> None:
        j = waits(None).posts("m", t=101, text="a moment", seconds=60)
        assert told("typing", ends(j, 130).done(600))[0] == "fail"

    @pytest.mark.parametrize("lasts", [1, 10])
    def test_is_not_applicable_to_an_answer_that_comes_soon(self, lasts: float) -> None:
        assert told("typing", waits(lasts).done(600)) == NOBODY_WAITS

    @pytest.mark.parametrize(
        "kind", ["GROUP_AT_MESSAGE_CREATE", "AT_MESSAGE_CREATE", "DIRECT_MESSAGE_CREATE", "NEW_THING"]
    )
    def test_only_single_users_are_shown_one(self, kind: str) -> None:
        assert told("typing", waits(60, kind=kind).done(600)) == NOBODY_WAITS

    def test_is_not_applicable_without_a_call_of_the_handler(self) -> None:
        assert told("typing", at_once().up().sends("m", t=100).handles("m").done(600)) == NOBODY_WAITS

    def test_an_answer_that_never_comes_is_waited_for_until_the_end(self) -> None:
        assert told("typing", waits(None).done(110)) == NOBODY_WAITS
        assert told("typing", waits(None).done(110.01)) == ("fail", SAW_NOTHING)
        assert told("typing", waits(None, 0).done(170)) == ("pass", SAW)
        assert told("typing", waits(None, 0).done(170.01)) == ("fail", SAW_NOTHING)

    def test_each_answer_counts(self) -> None:
        j = waits(60, 0).sends("n", t=200).handles("n").answers("n", how=None)
        because = "for longer than 10 s nothing told the user that message n is being answered"
        assert told("typing", ends(j, 260, "n").done(600)) == ("fail", because)

    @pytest.mark.parametrize(("t", "state"), [(99, "fail"), (100, "n/a"), (130, "n/a"), (131, "fail")])
    def test_nothing_is_owed_where_a_rule_stood_before_the_api(self, t: float, state: str) -> None:
        between = HttpAnswer("api", 503, "status", None, None)
        j = at_once().up()
        if t < 100:
            j.add(between, t)
        j.sends("m", t=100).handles("m").answers("m", how=None)
        if 100 <= t <= 130:
            j.add(between, t)
        ends(j, 130)
        if t > 130:
            j.add(between, t)
        assert told("typing", j.done(600))[0] == state

    def test_nothing_is_owed_where_the_bot_was_not_in_service(self) -> None:
        lost = ends(waits(None).loses(t=105), 130)
        assert told("typing", lost.done(600)) == NOBODY_WAITS
        back = ends(waits(None).loses(t=105).ready(2, t=110), 130)
        assert told("typing", back.done(600)) == NOBODY_WAITS
        later = ends(waits(None), 130).loses(t=131)
        assert told("typing", later.done(600))[0] == "fail"

    @pytest.mark.parametrize(("again", "state"), [(90, "n/a"), (90.1, "fail"), (300, "fail")])
    def test_a_minute_after_the_answer_nothing_is_shown_any_more(self, again: float, state: str) -> None:
        j = waits(5).posts("m", t=130, text="hi").called("reply").types("m", t=100 + again).called("notice")
        found = check("typing", j.done(600))
        assert found.state == state
        if state == "fail":
            after = "60.1 s" if again < 100 else "4.5 min"
            assert found.because == f"message m was answered, and {after} later typing is shown"
            assert found.lines == (j["reply"], j["notice"] - 2)

    def test_who_has_more_to_say_may_type_on(self) -> None:
        j = waits(5).posts("m", t=106, text="hi").types("m", t=200).posts("m", t=230, text="more")
        assert told("typing", j.done(600))[0] == "n/a"

    def test_who_still_works_on_it_may_type_on(self) -> None:
        j = waits(None, 0, 60, 120).posts("m", t=106, text="hi")
        assert told("typing", ends(j, 240).done(600))[0] == "pass"

    def test_its_limit_can_be_set(self) -> None:
        assert told("typing", waits(30, limits_us={"typing": 30_000_000}).done(600))[0] == "n/a"
        assert told("typing", waits(31, limits_us={"typing": 30_000_000}).done(600))[0] == "fail"

    def test_a_cut_run_proves_no_pass_and_leaves_a_fail(self) -> None:
        assert told("typing", waits(60, 0).closed("killed", t=600))[0] == "unknown"
        assert told("typing", waits(60).closed("killed", t=600))[0] == "fail"
