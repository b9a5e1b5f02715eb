"""settles: a bot comes to an acceptable rest where nothing heals, and does not flap."""

from __future__ import annotations

import pytest

from tests.harness.journals import HOUR, J, check, told, us

SETTLED = "it served, had reported that it gave up, or kept trying as it may"


def struck(t: float = 60) -> J:
    """Serving, then the rule strikes and the connection is lost, and it says so."""
    return J().up().acts(t=t).loses(t=t).says("retrying").called("lost")


def tries_on(j: J, upto: float, since: float = 120, every: float = 300) -> J:
    t = since
    while t < upto:
        j.tries(t=t)
        t += every
    return j


class TestSettles:
    def test_passes_where_it_serves(self) -> None:
        j = struck().ready(2, t=90).says("connected")
        assert told("settles", j.done(3 * HOUR)) == ("pass", f"from 2 h on {SETTLED}")

    def test_passes_where_it_gave_up_and_told(self) -> None:
        j = struck().flags(t=600).tells(t=600)
        assert told("settles", j.done(1200, "gaveup")) == ("pass", f"from 12 min on {SETTLED}")

    def test_passes_however_late_and_often_it_told(self) -> None:
        j = struck().gives_up(t=600).tells(t=900, how="raised").tells(t=1100).tells(t=1150)
        assert told("settles", j.done(1200, "gaveup"))[0] == "pass"

    def test_passes_where_connect_returned_the_failure(self) -> None:
        j = J(start="down").acts(t=0).connects(0, how="failed")
        assert told("settles", j.done(3 * HOUR))[0] == "pass"

    def test_passes_where_it_still_tries(self) -> None:
        assert told("settles", tries_on(struck(), 3 * HOUR).done(3 * HOUR))[0] == "pass"

    @pytest.mark.parametrize("how", [None, "raised", "cancelled"])
    def test_fails_where_it_gave_up_and_nobody_was_told(self, how: str | None) -> None:
        j = struck().gives_up(t=600).called("death").tells(t=601, how=how)
        found = check("settles", j.done(1200, "gaveup"))
        because = "it had given up and reported it to nobody, for 8 min from 12 min on"
        assert (found.state, found.because, found.lines) == ("fail", because, (j["death"],))

    def test_fails_where_its_status_file_is_wrong_for_long(self) -> None:
        j = tries_on(J().up().acts(t=60).loses(t=60).called("lost"), 3 * HOUR)
        found = check("settles", j.done(3 * HOUR))
        because = "its status file said connected while it was not serving, for 59 min from 2 h on"
        assert (found.state, found.because) == ("fail", because)

    def test_a_status_file_that_is_wrong_for_a_short_time_does_not_count(self) -> None:
        j = tries_on(struck(), 3 * HOUR).says("connected", t=3 * HOUR).says("retrying", t=3 * HOUR + 133.75)
        assert told("settles", j.done(3 * HOUR + 200))[0] == "pass"

    def test_fails_where_it_is_not_polite(self) -> None:
        j = tries_on(struck(), 3 * HOUR, every=10)
        because = "it was still trying, but too often, for 58.8 min from 2 h on"
        assert told("settles", j.done(3 * HOUR)) == ("fail", because)

    def test_fails_where_it_flaps(self) -> None:
        j = J().up().acts(t=60).loses(t=60).says("retrying").called("lost")
        for i in range(2, 90):
            j.ready(i, t=120.0 * i).loses(i, t=120.0 * i + 100)
        found = check("settles", j.done(3 * HOUR))
        assert found.state == "fail"
        assert (
            found.because
            == "its connections were lost soon after READY, again and again, for 20 s from 2 h on"
        )

    def test_fails_where_it_neither_serves_nor_gave_up_nor_tries(self) -> None:
        j = struck()
        found = check("settles", j.done(3 * HOUR))
        because = "it did not serve, had not given up and did not try, for 59 min from 2 h on"
        assert (found.state, found.because, found.lines) == ("fail", because, (j["lost"],))

    @pytest.mark.parametrize(("pause", "state"), [(600, "pass"), (600.01, "fail")])
    def test_trying_must_not_pause_for_long(self, pause: float, state: str) -> None:
        j = tries_on(struck(), 2.1 * HOUR).called("last")
        last = j.records[j["last"] - 2].t / 1e6
        j = tries_on(j, 4 * HOUR, since=last + pause)
        assert told("settles", j.done(3 * HOUR))[0] == state

    def test_service_is_a_sign_of_trying_too(self) -> None:
        j = tries_on(struck().ready(2, t=90).says("connected").loses(2, t=2.5 * HOUR).says("x"), 0)
        assert told("settles", j.done(2.5 * HOUR + 600))[0] == "pass"

    def test_what_happened_before_the_check_begins_does_not_count(self) -> None:
        j = J().up().acts(t=60).loses(t=60).says("retrying", t=1000)
        tries_on(j, 1500, since=1001, every=1).ready(2, t=5000).says("connected")
        assert told("settles", j.done(3 * HOUR))[0] == "pass"

    @pytest.mark.parametrize(("end", "state"), [(7260, "unknown"), (7260.01, "pass")])
    def test_begins_two_hours_after_the_rule_acted(self, end: float, state: str) -> None:
        assert told("settles", struck().ready(2, t=90).says("connected").done(end))[0] == state

    def test_is_unknown_where_the_run_ends_before_it_begins(self) -> None:
        because = "the run ended before the time at which this check begins"
        assert told("settles", struck().ready(2, t=90).says("connected").done(7260)) == ("unknown", because)

    def test_begins_two_minutes_after_it_gave_up(self) -> None:
        assert told("settles", struck().gives_up(t=600).done(720))[0] == "unknown"
        assert told("settles", struck().gives_up(t=600).done(720.01))[0] == "fail"

    def test_is_unknown_where_the_run_was_cut(self) -> None:
        assert told("settles", struck().ready(2, t=90).closed("wall", t=3 * HOUR))[0] == "unknown"

    def test_fails_where_it_gave_up_without_any_rule(self) -> None:
        assert told("settles", J().up().gives_up(t=600).done(1200, "gaveup"))[0] == "fail"

    def test_is_not_applicable_where_nothing_happened(self) -> None:
        because = "no rule acted and it did not give up"
        assert told("settles", J().up().done(3 * HOUR)) == ("n/a", because)

    def test_is_not_applicable_where_it_heals(self) -> None:
        assert told("settles", J(heal="1h").up().acts(t=60).done(3 * HOUR)) == ("n/a", "the scenario heals")
        assert told("settles", struck().heals(t=90).done(3 * HOUR)) == ("n/a", "the scenario heals")

    def test_its_limit_can_be_set(self) -> None:
        j = J(limits_us={"settles": 1_000_000}).up().acts(t=60)
        assert told("settles", j.done(90)) == ("pass", f"from 61 s on {SETTLED}")


def flaps(count: int, held: float) -> J:
    """Connections in a row, each held for so long, after the rule struck; the last one an hour ago."""
    j = J(limits_us={"settles": 1}).up().acts(t=0.5).loses(t=1).says("x")
    for i in range(2, count + 1):
        j.ready(i, t=300.0 * i).loses(i, t=300.0 * i + held)
    return j


class TestFlapping:
    @pytest.mark.parametrize(
        ("count", "held", "state"),
        [(19, 100, "pass"), (20, 100, "fail"), (20, 123.74, "fail"), (21, 123.75, "pass"), (40, 50, "fail")],
    )
    def test_twenty_connections_in_a_row_that_were_not_held_are_flapping(
        self, count: int, held: float, state: str
    ) -> None:
        assert told("settles", flaps(count, held).done(300 * (count + 1)))[0] == state

    def test_a_connection_that_was_held_breaks_the_row(self) -> None:
        j = flaps(15, 10).ready(90, t=300 * 16).loses(90, t=300 * 16 + 200)
        for i in range(17, 32):
            j.ready(i, t=300.0 * i).loses(i, t=300.0 * i + 10)
        assert told("settles", j.done(300 * 32))[0] == "pass"

    def test_flapping_lasts_from_the_first_connection_to_the_end_of_the_last(self) -> None:
        j = J(limits_us={"settles": 1}).up().acts(t=0.5).says("x").loses(t=1)
        for i in range(2, 21):
            j.ready(i, t=300.0 * i).loses(i, t=300.0 * i + 100)
        because = "its connections were lost soon after READY, again and again, for 10 min from 1 s on"
        assert told("settles", j.done(6200)) == ("fail", because)
        j = J(limits_us={"settles": us(6080)}).up().acts(t=0.5).says("x").loses(t=1)
        for i in range(2, 21):
            j.ready(i, t=300.0 * i).loses(i, t=300.0 * i + 100)
        assert told("settles", j.done(6200))[0] == "pass"

    def test_a_connection_that_was_never_ready_does_not_break_the_row(self) -> None:
        j = flaps(15, 10).opens(90, t=300 * 16).loses(90, t=300 * 16 + 200)
        for i in range(17, 32):
            j.ready(i, t=300.0 * i).loses(i, t=300.0 * i + 10)
        assert told("settles", j.done(300 * 32))[0] == "fail"

    def test_a_connection_that_is_still_open_does_not_count(self) -> None:
        assert told("settles", flaps(19, 10).ready(90, t=6000).done(6100))[0] == "pass"
