"""flag and notified: what a bot owes the world when it gives up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.journal.run_kinds import How, SubjConnect, SubjHandler
from tests.harness.journals import J, check, told


def died() -> J:
    """It gave up at 600 s; its record is called "death"."""
    return J().up().loses(t=60).gives_up(t=600).called("death")


class TestFlag:
    def test_passes_where_the_flag_itself_was_the_giving_up(self) -> None:
        j = J().up().flags(t=600).called("flag")
        found = check("flag", j.done(1200))
        assert (found.state, found.because) == ("pass", "the fatal flag was set within 1 s")
        assert found.lines == (j["flag"],)

    @pytest.mark.parametrize(
        ("at", "state", "because"),
        [
            (600, "pass", "the fatal flag was set within 1 s"),
            (601, "pass", "the fatal flag was set within 1 s"),
            (601.000001, "fail", "the fatal flag came 1 s after it gave up"),
            (605, "fail", "the fatal flag came 5 s after it gave up"),
        ],
    )
    def test_it_must_come_within_a_second(self, at: float, state: str, because: str) -> None:
        j = died().flags(t=at).called("flag")
        found = check("flag", j.done(1200))
        assert (found.state, found.because) == (state, because)
        assert found.lines == (j["death"], j["flag"])

    def test_fails_where_it_never_comes(self) -> None:
        j = died()
        found = check("flag", j.done(601))
        assert (found.state, found.because) == ("fail", "it gave up and never set the fatal flag")
        assert found.lines == (j["death"],)

    def test_is_unknown_where_the_run_ends_too_soon(self) -> None:
        j = died()
        found = check("flag", j.done(600.999999))
        assert found.state == "unknown"
        assert found.because == "the run left it less than 1 s to set the fatal flag"
        assert found.lines == (j["death"],)

    def test_is_not_applicable_to_a_bot_that_did_not_give_up(self) -> None:
        assert told("flag", J().up().done(600)) == ("n/a", "it did not give up")

    def test_every_giving_up_counts(self) -> None:
        j = died().ready(2, t=700).flags(t=800)
        assert told("flag", j.done(900)) == ("fail", "it gave up and never set the fatal flag")
        j = J().up().flags(t=5).called("a").unflags(t=6).ready(2, t=700).flags(t=800).called("b")
        assert check("flag", j.done(900)).lines == (j["a"], j["b"])

    def test_its_limit_can_be_set(self) -> None:
        j = J(limits_us={"flag": 5_000_000}).up().gives_up(t=600).flags(t=605)
        assert told("flag", j.done(900)) == ("pass", "the fatal flag was set within 5 s")


ONCE = "the fatal handler was called once and ended well"


def called_and_died(at: float) -> J:
    """The fatal handler is called at that moment, and the listener ends at 600 s."""
    return J().up().loses(t=60).tells(t=at).gives_up(t=600)


class TestNotified:
    @pytest.mark.parametrize("at", [600, 605, 660])
    def test_passes_on_one_call_up_to_a_minute_after_it(self, at: float) -> None:
        assert told("notified", died().tells(t=at).done(1200)) == ("pass", ONCE)

    @pytest.mark.parametrize("at", [599, 600])
    def test_passes_on_one_call_up_to_a_second_before_it(self, at: float) -> None:
        assert told("notified", called_and_died(at).done(1200)) == ("pass", ONCE)

    def test_a_pass_names_the_give_up_and_the_call(self) -> None:
        j = died().tells(t=600, lasts=5)
        found = check("notified", j.done(1200))
        assert found.lines == (j["death"], j["death"] + 1, j["death"] + 2)

    def test_fails_where_nobody_was_called(self) -> None:
        j = died()
        found = check("notified", j.done(660))
        assert (found.state, found.because) == ("fail", "it gave up and the fatal handler was never called")
        assert found.lines == (j["death"],)

    @pytest.mark.parametrize(
        "j", [called_and_died(598.999999), died().tells(t=660.000001)], ids=["too early", "too late"]
    )
    def test_fails_where_the_call_came_too_early_or_too_late(self, j: J) -> None:
        because = "it gave up and the fatal handler was not called in time"
        assert told("notified", j.done(1200)) == ("fail", because)

    def test_fails_on_two_calls(self) -> None:
        j = died().tells(t=601).tells(t=602)
        found = check("notified", j.done(610))
        assert (found.state, found.because) == ("fail", "the fatal handler was called 2 times")
        assert found.lines == (j["death"], *(j["death"] + i for i in (1, 2, 3, 4)))

    def test_a_call_long_after_it_is_not_a_second_one(self) -> None:
        assert told("notified", died().tells(t=601).tells(t=700).done(1200)) == ("pass", ONCE)

    @pytest.mark.parametrize("how", ["raised", "cancelled", "failed"])
    def test_fails_where_the_call_did_not_end_well(self, how: str) -> None:
        j = died().tells(t=601, how=how)
        found = check("notified", j.done(605))
        assert (found.state, found.because) == ("fail", f"the fatal handler was called and {how}")
        assert found.lines == (j["death"], j["death"] + 1, j["death"] + 2)

    def test_fails_where_the_journal_does_not_say_how_the_call_ended(self) -> None:
        j = died().tells(t=601, how=None).add(SubjHandler("end", None, number=1), 602)
        assert told("notified", j.done(605)) == ("fail", "the fatal handler was called and did not end well")

    def test_fails_where_the_call_never_ended(self) -> None:
        j = died().tells(t=601, how=None)
        found = check("notified", j.done(660))
        assert (found.state, found.because) == ("fail", "the fatal handler was called and never ended")
        assert found.lines == (j["death"], j["death"] + 1)

    def test_a_handler_that_the_scenario_makes_raise_has_done_its_part(self) -> None:
        j = J(handler="raise").up().gives_up(t=600).tells(how="raised")
        assert told("notified", j.done(1200)) == ("pass", ONCE)

    @pytest.mark.parametrize(
        ("j", "because"),
        [
            (died(), "the run left it less than 60 s to call the fatal handler"),
            (died().tells(t=601, how=None), "the run ended while the fatal handler was at work"),
            (died().tells(t=601), "the run ended before a second call within 60 s was excluded"),
        ],
    )
    def test_is_unknown_where_the_run_ends_too_soon(self, j: J, because: str) -> None:
        found = check("notified", j.done(659.999999))
        assert (found.state, found.because) == ("unknown", because)
        assert found.lines[0] == j["death"]

    def test_a_ready_closes_the_window_without_cutting_it(self) -> None:
        assert told("notified", died().tells(t=601).ready(2, t=610).done(1200)) == ("pass", ONCE)

    def test_every_giving_up_counts(self) -> None:
        j = died().tells(t=601).ready(2, t=700).gives_up(t=800)
        because = "it gave up and the fatal handler was never called"
        assert told("notified", j.done(1200)) == ("fail", because)

    def test_is_not_applicable_to_a_bot_that_did_not_give_up(self) -> None:
        assert told("notified", J().up().tells(t=60).done(600)) == ("n/a", "it did not give up")

    @pytest.mark.parametrize(
        ("how", "stop", "state"),
        [
            ("cancelled", 61, "n/a"),
            (None, 61, "n/a"),
            ("ok", 61, "pass"),
            ("cancelled", 70, "fail"),
            ("cancelled", 59, "fail"),
        ],
    )
    def test_a_program_that_is_told_to_stop_cuts_its_handler_off(
        self, how: How | None, stop: float, state: str
    ) -> None:
        """The handler is at work from 60 s to 65 s, or to no end."""
        j = J(level="runner").up()
        happens: dict[float, Callable[[], J]] = {
            60: lambda: j.gives_up(t=60).flags().add(SubjHandler("begin", number=1), 60, "probe"),
            65: lambda: j.add(SubjHandler("end", how, number=1), 65, "probe") if how else j,
            stop: lambda: j.acts("stop", stop, "signal"),
        }
        for moment in sorted(happens):
            happens[moment]()
        assert told("notified", j.done(600))[0] == state

    def test_is_not_applicable_where_connect_returned_the_failure(self) -> None:
        j = J().connects(1, how=None).flags(t=2).called("flag").add(SubjConnect("end", "failed"), 3)
        found = check("notified", j.done(900))
        assert (found.state, found.because) == ("n/a", "connect() itself returned the failure")
        assert found.lines == (j["flag"],)

    def test_a_call_made_though_connect_returned_the_failure_is_judged(self) -> None:
        j = J().connects(1, how=None).flags(t=2).tells().tells().add(SubjConnect("end", "failed"), 3)
        assert told("notified", j.done(900)) == ("fail", "the fatal handler was called 2 times")

    def test_its_limit_can_be_set(self) -> None:
        j = J(limits_us={"notified": 5_000_000}).up().gives_up(t=600).tells(t=606)
        assert told("notified", j.done(605))[0] == "fail"
