"""exclusive: a bot is in service once."""

from __future__ import annotations

import pytest

from fake_qq_server.events import Session, WsIn
from tests.harness.journals import J, check, told


def two(t: float = 100) -> J:
    """In service on a connection, and then on a second one as well."""
    return J().ready(1, t=1).called("one").ready(2, t=t).called("two")


class TestExclusive:
    def test_passes_with_one_connection_after_the_other(self) -> None:
        j = J().ready(1, t=1).loses(1, t=60).ready(2, t=70)
        assert told("exclusive", j.done(600)) == ("pass", "it never had two connections in service at a time")

    @pytest.mark.parametrize(("both", "state"), [(10, "pass"), (10.01, "fail")])
    def test_a_hand_over_may_take_a_while(self, both: float, state: str) -> None:
        j = two().loses(1, t=100 + both)
        found = check("exclusive", j.done(600))
        assert (found.state, found.lines) == (state, (j["one"], j["two"]))
        most = " at most" if state == "pass" else ""
        assert found.because == f"it had two connections in service for {both} s{most}"

    def test_fails_where_both_last_to_the_end(self) -> None:
        found = check("exclusive", two().done(600))
        assert (found.state, found.because) == ("fail", "it had two connections in service for 8.3 min")

    def test_is_unknown_where_the_run_ends_in_a_hand_over(self) -> None:
        because = "it had two connections in service for 5 s when the run ended"
        assert told("exclusive", two().done(105)) == ("unknown", because)

    def test_is_not_applicable_where_none_was_in_service(self) -> None:
        assert told("exclusive", J().opens(t=1).done(600)) == (
            "n/a",
            "no connection was ever in service",
        )

    def test_a_connection_that_was_closed_at_once_was_in_service(self) -> None:
        assert told("exclusive", J().ready(t=1).close_frame().done(600))[0] == "pass"

    def test_a_connection_that_is_not_ready_does_not_count(self) -> None:
        j = J().ready(1, t=1).opens(2, t=100).add(Session("new", 2), 101, conn=2)
        assert told("exclusive", j.done(600))[0] == "pass"

    @pytest.mark.parametrize("by", ["peer", "subject"])
    def test_a_close_frame_ends_it(self, by: str) -> None:
        assert told("exclusive", two().close_frame(1, t=105, by=by).done(600))[0] == "pass"

    def test_a_connection_that_took_the_session_over_ends_the_other(self) -> None:
        j = J().ready(1, t=1).add(Session("resumed", 1), 100, conn=2)
        assert told("exclusive", j.done(600))[0] == "pass"

    def test_an_interrupted_one_does_not_count(self) -> None:
        j = J().ready(1, t=1).interrupted(1, t=60).ready(2, t=100)
        assert told("exclusive", j.done(600))[0] == "pass"

    @pytest.mark.parametrize(("op", "state"), [("heartbeat", "fail"), ("close", "pass"), (None, "pass")])
    def test_it_counts_again_once_the_bot_is_heard_on_it(self, op: str | None, state: str) -> None:
        j = J().ready(1, t=1).interrupted(1, t=60).add(WsIn("heartbeat"), 61, conn=1)
        j.ready(2, t=100).released(1, t=200)
        if op is not None:
            j.add(WsIn(op), 210, conn=1)
        assert told("exclusive", j.done(600))[0] == state

    def test_a_frame_on_another_connection_does_not_make_it_count_again(self) -> None:
        j = J().ready(1, t=1).interrupted(1, t=60).ready(2, t=100).released(1, t=200)
        assert told("exclusive", j.add(WsIn("heartbeat"), 210, conn=2).done(600))[0] == "pass"

    def test_nor_does_one_on_another_connection_that_was_interrupted_as_well(self) -> None:
        j = J().ready(1, t=1).interrupted(1, t=60).ready(2, t=100).interrupted(2, t=110).released(2, t=120)
        j.released(1, t=200).add(WsIn("heartbeat"), 210, conn=2)
        assert told("exclusive", j.done(600))[0] == "pass"

    def test_sessions_of_which_nobody_knows_the_number_are_two(self) -> None:
        j = J().opens(1, t=1).add(Session("ready", None), conn=1)
        assert told("exclusive", j.opens(2, t=100).add(Session("ready", None), conn=2).done(600))[0] == "fail"

    def test_the_time_before_the_interruption_counts(self) -> None:
        assert told("exclusive", two().interrupted(1, t=120).done(600))[0] == "fail"

    def test_another_bot_s_connection_is_none_of_this_one_s(self) -> None:
        j = J().add(Session("ready", 1), 1, conn=1, bot=1).add(Session("ready", 2), 2, conn=2, bot=2)
        assert told("exclusive", j.done(600))[0] == "pass"

    def test_the_longest_of_several_counts(self) -> None:
        j = J().ready(1, t=1).ready(2, t=100).loses(2, t=105).ready(3, t=200).called("three").loses(3, t=220)
        found = check("exclusive", j.done(600))
        assert (found.state, found.because) == ("fail", "it had two connections in service for 20 s")
        assert found.lines == (3, j["three"])
        j = J().ready(1, t=1).ready(2, t=100).loses(1, t=105).ready(3, t=200).loses(2, t=203).ready(4, t=300)
        assert told("exclusive", j.loses(3, t=302).done(600))[1].startswith("it had two connections")

    def test_its_limit_can_be_set(self) -> None:
        j = J(limits_us={"exclusive": 1_000_000}).ready(1, t=1).ready(2, t=100).loses(1, t=102)
        assert told("exclusive", j.done(600))[0] == "fail"

    def test_is_unknown_where_the_run_was_cut_off(self) -> None:
        assert check("exclusive", J().ready(t=1).closed("wall", 600)).state == "unknown"
