"""connects and bounded: around one connection."""

from __future__ import annotations

import pytest

from tests.harness.journals import J, check, told


class TestConnects:
    @pytest.mark.parametrize(
        ("at", "state", "because"),
        [
            (0.25, "pass", "it was in service after 0.25 s"),
            (60, "pass", "it was in service after 60 s"),
            (60.000001, "fail", "it was in service only after 60 s"),
            (300, "fail", "it was in service only after 5 min"),
        ],
    )
    def test_it_must_be_in_service_within_a_minute(self, at: float, state: str, because: str) -> None:
        j = J().ready(t=at).called("ready")
        found = check("connects", j.done(600))
        assert (found.state, found.because, found.lines) == (state, because, (j["ready"],))

    def test_a_service_that_lasted_no_time_had_begun(self) -> None:
        j = J().ready(t=1).called("ready").close_frame()
        found = check("connects", j.done(600))
        assert (found.state, found.lines) == ("pass", (j["ready"],))

    def test_the_minute_counts_from_connect(self) -> None:
        assert told("connects", J().connects(30, how=None).ready(t=90).done(600))[0] == "pass"
        assert told("connects", J().connects(30, how=None).ready(t=90.1).done(600))[0] == "fail"

    def test_fails_where_connect_says_that_it_failed_and_the_bot_serves(self) -> None:
        j = J().connects(0, how="failed").ready(t=1).called("ready")
        found = check("connects", j.done(600))
        because = "connect() says that it failed, and the bot is in service"
        assert (found.state, found.because, found.lines) == ("fail", because, (2, 3, j["ready"]))

    def test_a_connect_that_failed_may_be_followed_by_one_that_did_not(self) -> None:
        j = J().connects(0, how="failed").connects(10).ready(t=11)
        assert told("connects", j.done(600))[0] == "pass"

    def test_fails_where_it_was_never_in_service(self) -> None:
        found = check("connects", J().connects(0, how="failed").done(60))
        assert (found.state, found.because, found.lines) == ("fail", "it was never in service", (2, 3))
        assert told("connects", J().opens(t=1).done(60)) == ("fail", "it was never in service")

    def test_is_unknown_where_the_run_ends_before(self) -> None:
        because = "the run ended before 60 s had passed"
        assert told("connects", J().connects(0, how="failed").done(59.999999)) == ("unknown", because)

    def test_is_not_applicable_where_the_first_connect_is_meant_to_fail(self) -> None:
        because = "the scenario means the first connect to fail"
        assert told("connects", J(start="down").up().done(600)) == ("n/a", because)

    def test_its_limit_can_be_set(self) -> None:
        assert told("connects", J(limits_us={"connects": 1}).ready(t=2).done(60))[0] == "fail"


class TestBounded:
    @pytest.mark.parametrize(
        ("lasts", "state", "because"),
        [
            (0.25, "pass", "the longest attempt took 1 s"),
            (120, "pass", "the longest attempt took 120 s"),
            (120.01, "fail", "attempt 2 took 120.01 s"),
        ],
    )
    def test_every_attempt_ends_in_time(self, lasts: float, state: str, because: str) -> None:
        j = J().up().loses(t=60).tries(t=62, lasts=1).called("one").tries(t=70, lasts=lasts).called("two")
        found = check("bounded", j.done(3600))
        assert (found.state, found.because) == (state, because)
        last = j["one"] if lasts < 1 else j["two"]
        assert found.lines == (last - 1, last)

    def test_fails_where_an_attempt_stays_open(self) -> None:
        j = J().up().loses(t=60).tries(t=62, how=None).called("try")
        found = check("bounded", j.done(182.01))
        assert (found.state, found.because) == ("fail", "attempt 1 was still open after 120.01 s")
        assert found.lines == (j["try"],)

    def test_is_unknown_where_the_run_ends_within_an_attempt(self) -> None:
        j = J().up().loses(t=60).tries(t=62).tries(t=100, how=None).called("try")
        found = check("bounded", j.done(220))
        assert (found.state, found.because) == ("unknown", "attempt 2 was open when the run ended")
        assert found.lines == (j["try"],)

    def test_is_not_applicable_without_attempts(self) -> None:
        assert told("bounded", J().up().done(600)) == ("n/a", "there was no reconnect attempt")

    def test_an_attempt_that_ends_in_the_tear_down_is_still_open(self) -> None:
        j = J().up().loses(t=60).tries(t=62, how=None).ends(200).tries(t=201)
        assert told("bounded", j.closed())[0] == "fail"

    def test_its_limit_can_be_set(self) -> None:
        j = J(limits_us={"bounded": 1_000_000}).up().tries(t=62, lasts=1.5)
        assert told("bounded", j.done(3600))[0] == "fail"
