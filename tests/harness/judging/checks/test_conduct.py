"""truthful, awake, polite, stops and secret: how a bot behaves all the time."""

from __future__ import annotations

import pytest

from harness.journal.run_kinds import Left
from tests.harness.journals import BEAT, J, check, told

TRUTHFUL = 3 * BEAT + 10
FINE = "its status file was never wrong for longer than allowed"


class TestTruthful:
    def test_passes_where_the_status_file_is_true(self) -> None:
        j = J().connects(0).ready(t=0.5).says("connected").called("word").loses(t=60).says("retrying")
        found = check("truthful", j.done(600))
        assert (found.state, found.because, found.lines) == ("pass", FINE, (j["word"],))

    @pytest.mark.parametrize(("after", "state"), [(TRUTHFUL, "pass"), (TRUTHFUL + 0.01, "fail")])
    def test_connected_may_be_wrong_for_three_heartbeats_and_ten_seconds(
        self, after: float, state: str
    ) -> None:
        j = J().up().loses(t=60).says("retrying", t=60 + after)
        assert told("truthful", j.done(600))[0] == state

    def test_connected_that_was_wrong_for_too_long_is_named_with_its_records(self) -> None:
        j = J().up().loses(t=60).called("lost").says("retrying", t=193.76).called("word")
        found = check("truthful", j.done(600))
        assert found.because == "its status file said connected while it was not serving for 133.76 s"
        assert found.lines == (j["lost"], j["word"])

    @pytest.mark.parametrize(("after", "state"), [(10, "pass"), (10.01, "fail")])
    def test_another_word_may_be_wrong_for_ten_seconds(self, after: float, state: str) -> None:
        j = J().says("starting", t=0).ready(t=5).says("connected", t=5 + after)
        assert told("truthful", j.done(600))[0] == state

    def test_another_word_that_was_wrong_for_too_long_is_named_with_its_records(self) -> None:
        j = J().says("starting", t=0).ready(t=5).called("ready").says("connected", t=15.01).called("word")
        found = check("truthful", j.done(600))
        assert found.because == "its status file said not connected while it was serving for 10.01 s"
        assert found.lines == (j["ready"], j["word"])

    def test_the_longest_wrong_word_counts(self) -> None:
        j = J().up().loses(t=60).says("x", t=100).says("connected", t=200).says("x", t=400)
        because = "its status file said connected while it was not serving for 3.3 min"
        assert told("truthful", j.done(600)) == ("fail", because)

    @pytest.mark.parametrize(
        ("after", "state"), [(1, "unknown"), (TRUTHFUL, "unknown"), (TRUTHFUL + 1, "fail")]
    )
    def test_a_wrong_word_at_the_end_that_is_still_young_is_unknown(self, after: float, state: str) -> None:
        assert told("truthful", J().up().loses(t=60).done(60 + after))[0] == state

    def test_a_wrong_word_at_the_end_is_named_from_when_it_became_wrong(self) -> None:
        j = J().up().loses(t=60).called("lost")
        found = check("truthful", j.done(61))
        assert (found.because, found.lines) == ("its status file was wrong for the last 1 s", (j["lost"],))

    def test_a_word_other_than_connected_at_the_end_is_unknown_too(self) -> None:
        j = J().says("starting", t=0).ready(t=5)
        assert told("truthful", j.done(9)) == ("unknown", "its status file was wrong for the last 4 s")

    def test_is_not_applicable_without_a_status_file(self) -> None:
        j = J().ready(t=1).state(2, connected=True).loses(t=60)
        assert told("truthful", j.done(600)) == ("n/a", "there was no status file")

    def test_a_file_that_is_gone_says_nothing(self) -> None:
        assert told("truthful", J().up().loses(t=60).says(None, t=70).done(600)) == ("pass", FINE)
        assert told("truthful", J().says("x", t=0).says(None, t=1).ready(t=2).done(600)) == ("pass", FINE)

    def test_its_limit_can_be_set(self) -> None:
        j = J(limits_us={"truthful": 1_000_000}).up().loses(t=60).says("x", t=62)
        assert told("truthful", j.done(600))[0] == "fail"


class TestAwake:
    def test_passes_where_the_event_loop_kept_running(self) -> None:
        records = J().up().done(600)
        found = check("awake", records)
        assert (found.state, found.because) == ("pass", "its event loop kept running")
        assert found.lines == (len(records),)

    def test_fails_where_the_loop_turned_without_letting_time_pass(self) -> None:
        j = J().up().spins(t=60).called("spin")
        found = check("awake", j.done(600))
        because = "thread main turned 10000 times without letting time pass"
        assert (found.state, found.because, found.lines) == ("fail", because, (j["spin"],))

    def test_fails_where_the_loop_stood_still(self) -> None:
        j = J().up().blocks(t=60).called("block")
        found = check("awake", j.done(600))
        because = "thread main had work to do and did nothing for 45.5 s"
        assert (found.state, found.because, found.lines) == ("fail", because, (j["block"],))

    def test_a_loop_that_is_blocked_in_the_tear_down_fails_too(self) -> None:
        assert told("awake", J().up().ends(60).blocks(t=61).closed())[0] == "fail"

    @pytest.mark.parametrize(
        ("why", "because"),
        [
            ("spin", "the harness ended the worker, because its event loop let no time pass"),
            ("cpu", "the harness ended the worker, which used CPU and let no time pass"),
            ("blocked", "the harness ended the worker, which stood still"),
        ],
    )
    def test_fails_where_the_worker_was_ended_for_it(self, why: str, because: str) -> None:
        records = J().up().closed(why, t=60)
        found = check("awake", records)
        assert (found.state, found.because) == ("fail", because)
        assert found.lines == (len(records),)

    @pytest.mark.parametrize("why", ["wall", "killed", "memory"])
    def test_is_unknown_where_the_run_was_cut_otherwise(self, why: str) -> None:
        because = "so far its event loop kept running, but the run was cut off"
        assert told("awake", J().up().closed(why, t=60)) == ("unknown", because)

    def test_is_unknown_where_the_journal_is_torn(self) -> None:
        assert check("awake", J().up().records).state == "unknown"


POLITE = "it kept to all limits on how often it may try"


class TestPolite:
    def test_passes_within_the_rates(self) -> None:
        assert told("polite", J().up().identifies(t=1).tries(t=60).done(600)) == ("pass", POLITE)

    @pytest.mark.parametrize(("gap", "state"), [(5, "pass"), (4.99, "fail")])
    def test_one_identify_is_allowed_in_five_seconds(self, gap: float, state: str) -> None:
        assert told("polite", J().identifies(t=10).identifies(t=10 + gap).done(600))[0] == state

    def test_two_identifies_too_close_are_named(self) -> None:
        j = J().identifies(t=10).called("a").identifies(t=14.99).called("b")
        found = check("polite", j.done(600))
        assert found.because == "2 Identify within 4.99 s, where 5 s allow 1"
        assert found.lines == (j["a"], j["b"])

    @pytest.mark.parametrize(("count", "state"), [(1000, "pass"), (1001, "fail")])
    def test_a_thousand_identifies_are_allowed_in_a_day(self, count: int, state: str) -> None:
        j = J()
        for i in range(count):
            j.identifies(t=i * 86)
        assert told("polite", j.done(90_000))[0] == state

    def test_the_thousand_and_first_identify_may_come_a_day_later(self) -> None:
        j = J().identifies(t=0)
        for i in range(1, 1000):
            j.identifies(t=i * 86)
        assert told("polite", j.identifies(t=86_400).done(90_000))[0] == "pass"
        j = J().identifies(t=0.01)
        for i in range(1, 1000):
            j.identifies(t=i * 86)
        because = "1001 Identify within 24 h, where 24 h allow 1000"
        assert told("polite", j.identifies(t=86_400).done(90_000)) == ("fail", because)

    def attempts(self, count: int) -> J:
        j = J()
        for i in range(count):
            j.tries(t=100 + 14 * i)
        return j

    @pytest.mark.parametrize(("count", "state"), [(40, "pass"), (41, "fail")])
    def test_forty_attempts_are_allowed_in_ten_minutes(self, count: int, state: str) -> None:
        assert told("polite", self.attempts(count).done(3600))[0] == state

    def test_the_first_and_the_last_of_too_many_attempts_are_named(self) -> None:
        found = check("polite", self.attempts(41).done(3600))
        assert found.because == "41 reconnect attempts within 9.3 min, where 10 min allow 40"
        assert found.lines == (2, 82)

    @pytest.mark.parametrize(("last", "state"), [(700, "pass"), (699.99, "fail")])
    def test_the_ten_minutes_may_begin_anywhere(self, last: float, state: str) -> None:
        j = J().tries(t=1).tries(t=100)
        for i in range(1, 40):
            j.tries(t=100 + 14 * i)
        assert told("polite", j.tries(t=last).done(3600))[0] == state

    def token_requests(self, count: int) -> J:
        j = J()
        for i in range(count):
            j.asks("token", t=100 + 20 * i).asks("gateway").asks("api")
        return j

    @pytest.mark.parametrize(("count", "state"), [(20, "pass"), (21, "fail")])
    def test_twenty_token_requests_are_allowed_in_ten_minutes(self, count: int, state: str) -> None:
        assert told("polite", self.token_requests(count).done(3600))[0] == state

    def test_too_many_token_requests_are_counted(self) -> None:
        because = "21 token requests within 6.7 min, where 10 min allow 20"
        assert told("polite", self.token_requests(21).done(3600)) == ("fail", because)

    def test_the_tear_down_does_not_count(self) -> None:
        assert told("polite", J().identifies(t=59).ends(60).identifies(t=60).closed())[0] == "pass"

    def test_is_unknown_where_the_run_was_cut(self) -> None:
        assert told("polite", J().up().closed("wall", t=60)) == (
            "unknown",
            f"so far {POLITE}, but the run was cut off",
        )


class TestStops:
    @pytest.mark.parametrize(("lasts", "state"), [(25, "pass"), (25.01, "fail")])
    def test_disconnect_has_twenty_five_seconds(self, lasts: float, state: str) -> None:
        assert told("stops", J().up().ends(60).disconnects(lasts=lasts).leaves().closed())[0] == state

    def test_a_pass_names_the_call_and_the_look_at_what_is_left(self) -> None:
        j = J().up().ends(60).disconnects(lasts=0.25).called("end").leaves().called("left")
        found = check("stops", j.closed())
        assert found.because == "disconnect() took 0.25 s and left nothing behind"
        assert found.lines == (j["end"] - 1, j["end"], j["left"])

    def test_a_disconnect_that_took_too_long_is_named(self) -> None:
        j = J().up().ends(60).disconnects(lasts=25.01).called("end").leaves()
        found = check("stops", j.closed())
        assert found.because == "disconnect() took 25.01 s"
        assert found.lines == (j["end"] - 1, j["end"])

    def test_fails_where_it_does_not_end(self) -> None:
        j = J().up().ends(60).disconnects(t=61, how=None).called("begin")
        found = check("stops", j.closed(t=86.01))
        assert (found.state, found.because) == ("fail", "disconnect() had not ended after 25.01 s")
        assert found.lines == (j["begin"],)

    def test_is_unknown_where_the_journal_ends_before(self) -> None:
        j = J().up().ends(60).disconnects(t=61, how=None).called("begin")
        found = check("stops", j.closed("wall", t=86))
        because = "the journal ends within disconnect()"
        assert (found.state, found.because, found.lines) == ("unknown", because, (j["begin"],))
        assert told("stops", J().ends(60).disconnects(t=61, how=None).records)[0] == "unknown"

    @pytest.mark.parametrize("why", ["spin", "blocked", "cpu"])
    def test_fails_where_it_starved_its_loop(self, why: str) -> None:
        j = J().up().ends(60).disconnects(t=61, how=None).called("begin")
        found = check("stops", j.closed(why))
        assert (found.state, found.because) == ("fail", "disconnect() starved its own event loop")
        assert found.lines == (j["begin"], j["begin"] + 1)

    @pytest.mark.parametrize("how", ["raised", "cancelled", "failed"])
    def test_fails_where_it_does_not_end_well(self, how: str) -> None:
        j = J().up().ends(60).disconnects(how=how).called("end").leaves()
        found = check("stops", j.closed())
        assert (found.state, found.because) == ("fail", f"disconnect() did not end well: {how}")
        assert found.lines == (j["end"] - 1, j["end"])

    @pytest.mark.parametrize(("status", "state"), [("connected", "fail"), ("fatal", "pass"), (None, "pass")])
    def test_the_status_file_must_not_say_connected_after_it(self, status: str | None, state: str) -> None:
        j = J().up().ends(60).disconnects().called("end").says(status).called("word").leaves()
        found = check("stops", j.closed())
        assert found.state == state
        if state == "fail":
            assert found.because == "disconnect() has ended, and its status file says connected"
            assert found.lines == (j["word"], j["end"] - 1, j["end"])

    @pytest.mark.parametrize("what", ["tasks", "threads", "sockets", "locks", "warnings", "clients"])
    def test_fails_where_something_is_left(self, what: str) -> None:
        j = J().up().ends(60).disconnects().add(Left(**{what: ["one", "two"]})).called("left")
        found = check("stops", j.closed())
        assert (found.state, found.because) == ("fail", "disconnect() left behind: one, two")
        assert found.lines == (j["left"],)

    def test_is_unknown_where_the_journal_does_not_say_what_is_left(self) -> None:
        j = J().up().ends(60).disconnects().called("end")
        found = check("stops", j.closed())
        assert (found.state, found.because) == (
            "unknown",
            "the journal does not say what disconnect() left behind",
        )
        assert found.lines == (j["end"] - 1, j["end"])

    def test_is_not_applicable_where_disconnect_was_not_called(self) -> None:
        because = "disconnect() was not called at the end"
        assert told("stops", J().up().disconnects(t=50).ends(60).closed()) == ("n/a", because)
        assert told("stops", J().up().disconnects(t=50).closed("wall")) == ("n/a", because)

    def test_its_limit_can_be_set(self) -> None:
        assert told("stops", J(limits_us={"stops": 1000}).done(60))[0] == "fail"


class TestSecret:
    def test_passes_where_no_secret_shows(self) -> None:
        because = "no secret appeared in a log or in the status file"
        assert told("secret", J().up().logs().done(600)) == ("pass", because)

    def test_fails_on_a_secret_in_a_log(self) -> None:
        j = J().up().logs().logs("token %s", secret=("token", "app")).called("log")
        found = check("secret", j.done(600))
        because = "token, app appeared in a log record of gateway"
        assert (found.state, found.because, found.lines) == ("fail", because, (j["log"],))

    def test_fails_on_a_secret_that_the_journal_s_writer_replaced(self) -> None:
        because = "a secret appeared in a log record of gateway"
        assert told("secret", J().logs("token <secret:token>").done(600)) == ("fail", because)

    def test_fails_on_a_secret_in_the_status_file(self) -> None:
        j = J().up().leaks(t=60).called("leak")
        found = check("secret", j.done(600))
        because = "the secret token appeared in its status file"
        assert (found.state, found.because, found.lines) == ("fail", because, (j["leak"],))

    def test_a_secret_in_the_tear_down_fails_too(self) -> None:
        assert told("secret", J().ends(60).logs("x", secret=("token",)).closed())[0] == "fail"

    def test_is_unknown_where_the_run_was_cut(self) -> None:
        assert told("secret", J().up().closed("memory", t=60))[0] == "unknown"
