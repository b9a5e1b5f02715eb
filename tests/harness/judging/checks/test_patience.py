"""patient: a bot does not give up on an outage that is young, and backs off while it lasts."""

from __future__ import annotations

from typing import Any

import pytest

from harness.journal.run_kinds import SubjConnect
from tests.harness.journals import HOUR, J, check, told

BUDGET = 900.0
WRONG_SECRET = [{"id": "secret", "when": "http.token", "do": {"error": 100016}}]


def lost(t: float = 60, **scenario: Any) -> J:
    return J(**scenario).up().loses(t=t)


class TestGivingUp:
    @pytest.mark.parametrize(("after", "state"), [(BUDGET, "pass"), (BUDGET - 0.01, "fail"), (0, "fail")])
    def test_it_must_not_give_up_on_a_young_outage(self, after: float, state: str) -> None:
        assert told("patient", lost().gives_up(t=60 + after).done(3 * HOUR))[0] == state

    def test_a_fail_names_the_loss_and_the_give_up(self) -> None:
        j = J().up().loses(t=60).called("lost").tries(t=62).gives_up(t=70).called("gaveup")
        found = check("patient", j.done(HOUR))
        because = "it gave up 10 s after the outage began, and 15 min is the least"
        assert (found.state, found.because, found.lines) == ("fail", because, (j["lost"], j["gaveup"]))

    def test_a_pass_names_the_loss_and_the_give_up(self) -> None:
        j = J().up().loses(t=60).called("lost").gives_up(t=60 + 1200).called("gaveup")
        found = check("patient", j.done(HOUR))
        because = "it gave up 20 min after the outage began, and had not tried too often"
        assert (found.state, found.because, found.lines) == ("pass", because, (j["lost"], j["gaveup"]))

    def test_to_give_up_while_in_service_is_impatient(self) -> None:
        assert told("patient", J().up().flags(t=2000).done(HOUR)) == (
            "fail",
            "it gave up 0 s after the outage began, and 15 min is the least",
        )

    def test_its_budget_can_be_set(self) -> None:
        j = lost(limits_us={"patient": 60_000_000}).gives_up(t=120)
        assert told("patient", j.done(HOUR))[0] == "pass"

    def test_a_young_outage_after_an_old_one_counts(self) -> None:
        j = lost().ready(2, t=2000).loses(2, t=3000).gives_up(t=3010)
        assert told("patient", j.done(2 * HOUR))[0] == "fail"

    def test_a_connection_that_does_not_last_ends_no_outage(self) -> None:
        for held, state in ((123.74, "pass"), (123.75, "fail")):
            j = lost().ready(2, t=1000).loses(2, t=1000 + held).gives_up(t=1200)
            assert told("patient", j.done(2 * HOUR))[0] == state

    def test_the_first_service_counts_however_short(self) -> None:
        assert told("patient", J().up(t=800).loses(t=801).gives_up(t=950).done(HOUR))[0] == "fail"

    def test_attempts_begin_the_outage_where_the_platform_saw_no_loss(self) -> None:
        """Frames that the bot chokes on leave the connection in service for the platform."""
        j = J().up().tries(t=100).tries(t=1000).loses(t=1100).gives_up(t=1101)
        assert told("patient", j.done(HOUR))[0] == "pass"
        j = J().up().tries(t=10).ready(2, t=50).loses(2, t=1100).gives_up(t=1101)
        assert told("patient", j.done(HOUR))[0] == "fail"

    def test_from_the_start_the_outage_begins_with_the_first_connect(self) -> None:
        j = J(start="down").connects(100, how=None)
        assert told("patient", j.gives_up(t=100 + BUDGET).done(HOUR))[0] == "pass"
        j = J(start="down").connects(100, how=None)
        assert told("patient", j.gives_up(t=99.9 + BUDGET).done(HOUR))[0] == "fail"

    def test_a_connect_that_fails_has_told_its_caller(self) -> None:
        j = J(start="down").connects(0, how=None).flags(t=5).add(SubjConnect("end", "failed"), 5, "probe")
        assert told("patient", j.done(600))[0] == "unknown"

    def test_an_end_that_nothing_could_change_cuts_no_outage_short(self) -> None:
        j = J(start="down").connects(0, how=None).flags(t=5).add(SubjConnect("end", "failed"), 5, "probe")
        assert told("patient", j.done(605, "gaveup"))[0] == "n/a"


class TestWhatIsNoGiveUp:
    def test_it_tries_again(self) -> None:
        assert told("patient", lost().flags(t=70).tries(t=80).done(HOUR))[0] == "pass"
        assert told("patient", lost().tries(t=65).flags(t=70).done(HOUR))[0] == "fail"

    def test_it_came_back(self) -> None:
        assert told("patient", lost().flags(t=70).ready(2, t=80).done(HOUR))[0] == "n/a"

    def test_the_platform_had_said_that_no_retry_can_help(self) -> None:
        j = J().up().close_frame(t=60, code=4915).loses(t=60).flags(t=61)
        because = "it gave up because the platform said that no retry can help"
        assert told("patient", j.done(HOUR)) == ("n/a", because)
        assert told("patient", J().up().close_frame(t=60, code=4009).flags(t=61).done(HOUR))[0] == "fail"

    def test_wrong_credentials_are_such_a_word(self) -> None:
        j = lost(rules=WRONG_SECRET).acts("secret", 62, "error").gives_up(t=63)
        assert told("patient", j.done(HOUR))[0] == "n/a"

    @pytest.mark.parametrize(("t", "state"), [(59, "n/a"), (58.99, "fail")])
    def test_its_word_may_come_a_second_before_service_is_lost(self, t: float, state: str) -> None:
        j = J(rules=WRONG_SECRET).up().acts("secret", t, "error").loses(t=60).flags(t=61)
        assert told("patient", j.done(HOUR))[0] == state

    def test_what_it_said_of_another_outage_or_afterwards_excuses_nothing(self) -> None:
        j = J().up().close_frame(t=60, code=4915).ready(2, t=70).loses(2, t=500).flags(t=510)
        assert told("patient", j.done(HOUR))[0] == "fail"
        assert told("patient", lost().flags(t=70).close_frame(2, t=71, code=4915).done(HOUR))[0] == "fail"


class TestBackingOff:
    def tries_often(self, j: J, count: int, every: float, start: float = 100) -> J:
        for i in range(count):
            j.tries(t=start + i * every, lasts=0.1)
        return j

    @pytest.mark.parametrize(("every", "state"), [(15, "pass"), (14.99, "fail")])
    def test_forty_attempts_in_ten_minutes_are_the_most(self, every: float, state: str) -> None:
        assert told("patient", self.tries_often(lost(), 90, every).done(HOUR))[0] == state

    def test_a_fail_names_the_first_and_the_last(self) -> None:
        j = self.tries_often(lost(), 1, 1).called("first")
        j = self.tries_often(j, 40, 1, 101).called("last").gives_up(t=5000)
        found = check("patient", j.done(2 * HOUR))
        because = "it did not back off: 41 reconnect attempts within 40 s"
        assert (found.state, found.because) == ("fail", because)
        assert found.lines == (j["first"] - 1, j["last"] - 1)

    def test_all_attempts_at_once_and_then_to_give_up_fails(self) -> None:
        j = self.tries_often(lost(), 100, 0.1).gives_up(t=111).flags().tells()
        assert told("patient", j.done(HOUR))[0] == "fail"

    def test_attempts_elsewhere_are_for_polite(self) -> None:
        j = self.tries_often(lost(), 50, 1).ready(2, t=200).loses(2, t=2000)
        assert told("patient", j.ready(3, t=2960).done(HOUR))[0] == "pass"


class TestItsTime:
    @pytest.mark.parametrize(("back", "state"), [(60 + BUDGET, "pass"), (59.9 + BUDGET, "n/a")])
    def test_an_outage_must_last(self, back: float, state: str) -> None:
        assert told("patient", lost().ready(2, t=back).done(HOUR))[0] == state

    def test_without_an_outage_it_is_not_applicable(self) -> None:
        because = "no outage lasted 15 min, and it did not give up"
        assert told("patient", J().up().done(HOUR)) == ("n/a", because)

    def test_a_run_that_ends_with_its_first_connect_has_none(self) -> None:
        assert told("patient", J().connects(600, how=None).done(600))[0] == "n/a"

    def test_a_pass_without_a_give_up_says_so(self) -> None:
        because = "it had not given up 59 min after the outage began, and had not tried too often"
        assert told("patient", lost().done(HOUR)) == ("pass", because)

    def test_is_unknown_where_the_run_ends_within_a_young_outage(self) -> None:
        because = "the run ended 10 min after the outage began"
        assert told("patient", lost().done(660)) == ("unknown", because)
        assert told("patient", lost().done(60 + BUDGET))[0] == "pass"

    def test_a_bot_that_is_back_at_the_end_is_back_however_briefly(self) -> None:
        assert told("patient", lost().ready(2, t=900).done(980))[0] == "n/a"

    def test_the_longest_outage_is_told_and_where_it_began(self) -> None:
        j = lost().ready(2, t=1000).loses(2, t=2000).called("lost").tries(t=2000).ready(3, t=3000)
        found = check("patient", j.done(HOUR))
        because = "it had not given up 16.7 min after the outage began, and had not tried too often"
        assert (found.state, found.because, found.lines) == ("pass", because, (j["lost"],))

    def test_without_a_connect_the_run_s_start_counts(self) -> None:
        assert told("patient", J(start="down").gives_up(t=BUDGET).done(HOUR))[0] == "pass"

    def test_a_give_up_in_the_last_instant_counts_with_what_it_had_tried(self) -> None:
        assert told("patient", lost().gives_up(t=HOUR).done(HOUR))[0] == "pass"
        assert told("patient", J().up().tries(t=100).flags(t=HOUR).done(HOUR))[0] == "pass"
        assert told("patient", J().up().flags(t=HOUR).done(HOUR))[0] == "fail"

    def test_a_cut_run_within_a_young_outage_is_unknown(self) -> None:
        assert told("patient", lost().closed("killed", t=100))[0] == "unknown"

    def test_a_cut_run_proves_no_patience(self) -> None:
        assert told("patient", lost().closed("killed", t=HOUR))[0] == "unknown"
        assert told("patient", lost().gives_up(t=61).closed("killed", t=HOUR))[0] == "fail"
