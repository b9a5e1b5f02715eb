"""beats: heartbeats as Hello asks for them, on every connection that got that far."""

from __future__ import annotations

from typing import Any

import pytest

from harness.journal.run_kinds import ProcEnding, RunnerStop, SubjDisconnect
from tests.harness.journals import BEAT, J, check, told

LATEST = BEAT + 1 + 0.08
"""A heartbeat may be one second late, and READY and it are 40 ms each under way."""
START = 1.0
DOWN = {"id": "dead", "link": "ws.down", "from": "1m", "do": "silent"}
LATENCY = {"id": "slow", "link": "ws", "from": "1m", "do": {"latency": "3s", "jitter": "1s"}}


def served(**scenario: Any) -> J:
    """In service on connection 1 since START."""
    return J(**scenario).greeted(t=START)


class TestTime:
    @pytest.mark.parametrize(
        ("first", "every"),
        [(30, 33), (33, 33), (0, 30), (BEAT, BEAT), (LATEST, LATEST), (1, 10)],
        ids=["hermes, early", "hermes", "botpy", "botgo", "late, but under way", "often"],
    )
    def test_any_policy_within_the_interval_passes(self, first: float, every: float) -> None:
        j = served().beats_on(START + first, 600, every)
        assert told("beats", j.done(600)) == ("pass", "heartbeats came in time on the connection")

    def test_a_pass_names_hello_and_the_first_heartbeat(self) -> None:
        j = served().beats(30).beats_on(60, 600)
        assert check("beats", j.done(600)).lines == (4, 8)

    def test_each_connection_counts(self) -> None:
        j = served().beats_on(30, 100).closes(t=110).greeted(2, 120).beats_on(150, 600, ws=2)
        assert told("beats", j.done(600)) == ("pass", "heartbeats came in time on each of 2 connections")
        j = served().beats_on(30, 100).closes(t=110).greeted(2, 120)
        assert told("beats", j.done(600))[0] == "fail"

    @pytest.mark.parametrize(("last", "state"), [(LATEST, "pass"), (LATEST + 0.01, "fail")])
    def test_the_first_interval_counts_from_ready(self, last: float, state: str) -> None:
        j = J().upgrades(t=0).hello().says_frame("identify", t=20).writes("ready", t=30, s=1).ready()
        assert told("beats", j.beats(30 + last).beats_on(90, 600).done(600))[0] == state

    def test_fails_where_no_heartbeat_ever_comes(self) -> None:
        j = served().called("ready").ends(600).called("end")
        found = check("beats", j.disconnects().leaves().closed())
        because = "connection 1: no heartbeat came for 10 min, and Hello told 41.25 s"
        assert (found.state, found.because) == ("fail", because)
        assert found.lines == (4, j["ready"] - 1, j["end"])

    def test_fails_where_they_stop(self) -> None:
        j = served().beats(30).beats(63).called("ack").beats(63 + LATEST + 0.01).called("late")
        found = check("beats", j.beats_on(130, 600).done(600))
        assert found.state == "fail"
        assert found.lines == (4, j["ack"] - 1, j["late"] - 1)

    def test_fails_where_they_stop_before_the_connection_ends(self) -> None:
        j = served().beats(30).closes(t=30 + LATEST + 0.01).called("end")
        found = check("beats", j.done(600))
        assert (found.state, found.lines[-1]) == ("fail", j["end"])
        assert told("beats", served().beats(30).closes(t=30 + LATEST).done(600))[0] == "pass"

    def test_a_cut_run_that_kept_time_so_far_is_unknown(self) -> None:
        assert told("beats", served().beats_on(30, 600).closed("killed", t=600))[0] == "unknown"
        assert told("beats", served().beats(30).closed("killed", t=600))[0] == "fail"

    def test_is_not_applicable_where_no_connection_lasted_an_interval(self) -> None:
        because = "no connection in service lasted for an interval between two heartbeats"
        assert told("beats", served().closes(t=START + BEAT - 0.01).done(600)) == ("n/a", because)
        assert told("beats", served().closes(t=START + BEAT).done(600))[0] == "pass"
        assert told("beats", J().done(600))[0] == "n/a"

    def test_nothing_is_owed_before_ready(self) -> None:
        j = J().upgrades(t=0).hello().says_frame("identify")
        assert told("beats", j.done(600))[0] == "n/a"

    def test_its_grace_can_be_set(self) -> None:
        j = served(limits_us={"beats": 20_000_000}).beats(START + BEAT + 20).beats_on(90, 600)
        assert told("beats", j.done(600))[0] == "pass"

    def test_what_the_link_adds_is_allowed(self) -> None:
        late = BEAT + 1 + 2 * (0.5 + 4)
        for by, state in ((0, "pass"), (0.01, "fail")):
            j = served(net={"delay": "500ms"}, rules=[LATENCY])
            j.interrupted(t=2, name="latency", rule="slow").beats(START + late + by).beats_on(90, 600)
            assert told("beats", slowed(j).done(600))[0] == state

    def test_nothing_is_owed_in_time_where_nobody_knows_what_the_link_adds(self) -> None:
        j = served().interrupted(t=2, name="latency", rule="who").interrupted(t=3).beats_on(30, 600, s=9)
        assert told("beats", slowed(j).done(600))[0] == "n/a"


def slowed(j: J) -> J:
    """A latency interrupts nothing."""
    for number, one in enumerate(j.records):
        if getattr(one.event, "name", "") == "latency":
            object.__setattr__(j.records[number].event, "interrupts", False)
    return j


class TestTheInterval:
    @pytest.mark.parametrize("told_ms", [20_000, 41_250.0, 90_000])
    def test_it_is_the_one_that_hello_told(self, told_ms: float) -> None:
        interval = told_ms / 1000
        for by, state in ((0, "pass"), (1.1, "fail")):
            j = J().greeted(t=START, interval_ms=told_ms).beats_on(START + interval, 600, interval + by)
            assert told("beats", j.done(600))[0] == state

    @pytest.mark.parametrize("nonsense", [None, 0, -5, 4999, float("nan"), float("inf")])
    def test_nothing_is_owed_for_an_interval_that_nobody_can_keep(self, nonsense: float | None) -> None:
        assert told("beats", J().greeted(t=START, interval_ms=nonsense).done(600))[0] == "n/a"
        assert told("beats", J().greeted(t=START, interval_ms=5000).done(600))[0] == "fail"

    def test_a_second_hello_without_an_interval_excuses_nothing(self) -> None:
        assert told("beats", served().hello(t=20, interval_ms=None).done(600))[0] == "fail"
        assert told("beats", served().hello(t=20, interval_ms=None).beats_on(30, 600).done(600))[0] == "pass"

    def test_of_two_hellos_the_longer_interval_counts_from_then_on(self) -> None:
        j = served().hello(t=20, interval_ms=90_000).beats_on(START + 90, 600, 90)
        assert told("beats", j.done(600))[0] == "pass"
        j = served().hello(t=20, interval_ms=10_000).beats_on(30, 600)
        assert told("beats", j.done(600))[0] == "pass"
        j = served().beats(START + 60).beats_on(80, 300).hello(t=300, interval_ms=90_000).beats_on(320, 600)
        assert told("beats", j.done(600))[0] == "fail"

    def test_a_longer_interval_counts_in_the_instant_in_which_it_was_told(self) -> None:
        j = served().hello(t=START + 60, interval_ms=90_000).beats(START + 60)
        assert told("beats", j.beats_on(START + 120, 600, 60).done(600))[0] == "pass"

    def test_an_interval_that_only_a_later_hello_told_counts_from_there(self) -> None:
        j = J().greeted(t=START, interval_ms=None).hello(t=100)
        assert told("beats", j.beats_on(100 + BEAT, 600).done(600))[0] == "pass"
        j = J().greeted(t=START, interval_ms=None).hello(t=100)
        assert told("beats", j.beats_on(100 + BEAT + 2, 600).done(600))[0] == "fail"


class TestWhatExcuses:
    @pytest.mark.parametrize("name", ["silent", "stall", "blackhole"])
    def test_an_interruption_to_its_end(self, name: str) -> None:
        j = served().beats(30).interrupted(t=40, name=name)
        assert told("beats", j.done(600))[0] == "n/a"
        j = served().beats_on(30, 100).interrupted(t=110, name=name).released(t=400, name=name)
        assert told("beats", j.done(600))[0] == "fail"
        j = served().beats_on(30, 100).interrupted(t=110, name=name).released(t=400, name=name)
        assert told("beats", j.beats_on(400 + BEAT, 600).done(600))[0] == "pass"

    def test_an_interruption_excuses_nothing_before_it(self) -> None:
        assert told("beats", served().interrupted(t=60).done(600))[0] == "fail"

    def test_one_connection_s_interruption_excuses_no_other(self) -> None:
        j = served().greeted(2, 2).interrupted(2, t=3)
        assert told("beats", j.done(600))[0] == "fail"

    def test_where_only_the_way_down_is_silent_the_next_heartbeat_is_still_owed(self) -> None:
        j = served(rules=[DOWN]).beats_on(30, 70).interrupted(t=80, rule="dead")
        assert told("beats", j.done(600))[0] == "fail"
        j = served(rules=[DOWN]).beats_on(30, 70).interrupted(t=80, rule="dead").beats(96)
        assert told("beats", j.done(600))[0] == "pass"

    def test_where_the_way_up_is_silent_no_heartbeat_can_arrive(self) -> None:
        up = {"id": "dead", "link": "ws.up", "from": "1m", "do": "silent"}
        j = served(rules=[up]).beats_on(30, 70).interrupted(t=80, rule="dead")
        assert told("beats", j.done(600))[0] == "pass"

    @pytest.mark.parametrize(("by", "state"), [(0, "pass"), (0.01, "fail")])
    def test_after_an_interruption_the_interval_begins_anew(self, by: float, state: str) -> None:
        j = served().beats_on(30, 100).interrupted(t=110).released(t=400)
        assert told("beats", j.beats_on(400.08 + LATEST + by, 600).done(600))[0] == state

    def test_a_heartbeat_that_was_not_answered_is_not_followed_in_time(self) -> None:
        j = served().beats_on(30, 100).beats(129, ack=False)
        assert told("beats", j.done(600))[0] == "pass"
        j = served().beats_on(30, 100).beats(129, ack=False).beats(300)
        assert told("beats", j.done(600))[0] == "fail"

    @pytest.mark.parametrize("op", ["reconnect", "invalid"])
    def test_the_platform_sends_it_away(self, op: str) -> None:
        assert told("beats", served().beats_on(30, 100).writes(op, t=101).done(600))[0] == "pass"
        assert told("beats", served().writes(op, t=60).done(600))[0] == "fail"

    def test_what_it_was_told_before_ready_is_over(self) -> None:
        j = J().upgrades(t=0).hello().says_frame("identify").writes("invalid").says_frame("identify")
        assert told("beats", j.writes("ready", t=START, s=1).ready().done(600))[0] == "fail"

    def test_it_gave_up(self) -> None:
        assert told("beats", served().beats_on(30, 100).gives_up(t=101).done(600))[0] == "pass"
        assert told("beats", served().gives_up(t=60).done(600))[0] == "fail"

    @pytest.mark.parametrize("event", [SubjDisconnect("begin"), RunnerStop("begin"), ProcEnding()])
    def test_it_was_stopped(self, event: Any) -> None:
        assert told("beats", served().beats_on(30, 100).add(event, 101, "probe").done(600))[0] == "pass"
        assert told("beats", served().add(event, 60, "probe").done(600))[0] == "fail"

    def test_it_was_told_to_stop(self) -> None:
        j = served().beats_on(30, 100).acts("stop", 101, "signal")
        assert told("beats", j.done(600))[0] == "pass"
        assert told("beats", served().acts("drop", 2, "close").done(600))[0] == "fail"

    def test_a_disconnect_before_the_connection_excuses_nothing(self) -> None:
        assert told("beats", J().disconnects(0).greeted(t=START).done(600))[0] == "fail"

    def test_the_end_of_disconnect_excuses_nothing(self) -> None:
        assert told("beats", served().add(SubjDisconnect("end", "ok"), 30, "probe").done(600))[0] == "fail"

    def test_the_tear_down_does_not_count(self) -> None:
        assert told("beats", served().beats_on(30, 100).ends(100).closed(t=600))[0] == "pass"


class TestBeforeIdentify:
    def test_a_heartbeat_before_identify_fails(self) -> None:
        j = J().upgrades(t=1).hello().says_frame("heartbeat", t=2).called("beat").says_frame("identify", t=3)
        found = check("beats", j.done(60))
        assert (found.state, found.because) == (
            "fail",
            "connection 1: a heartbeat came before Identify",
        )
        assert found.lines == (3, j["beat"])

    def test_a_heartbeat_without_identify_fails(self) -> None:
        assert told("beats", J().upgrades(t=1).hello().says_frame("heartbeat", t=2).done(60))[0] == "fail"

    @pytest.mark.parametrize("op", ["identify", "resume"])
    def test_a_heartbeat_between_identify_and_ready_is_well(self, op: str) -> None:
        j = J().upgrades(t=1).hello().says_frame(op, t=2).says_frame("heartbeat", t=3, s=0)
        assert told("beats", j.done(60))[0] == "n/a"

    def test_where_no_hello_came_nobody_knows_when_to_begin(self) -> None:
        assert told("beats", J().upgrades(t=1).says_frame("heartbeat", t=40).done(60))[0] == "n/a"
        assert told("beats", J().upgrades(t=1).says_frame("heartbeat", t=40).hello().done(60))[0] == "n/a"
        j = J().upgrades(t=1).interrupted(t=1).hello().says_frame("heartbeat", t=40)
        assert told("beats", j.done(60))[0] == "n/a"


class TestFloods:
    def test_a_flood_fails(self) -> None:
        j = served().beats(30).called("first").beats_on(31, 36, 1).called("last")
        found = check("beats", j.beats_on(60, 600).done(600))
        assert (found.state, found.because) == ("fail", "connection 1: 7 heartbeats came within 6 s")
        assert found.lines == (j["first"] - 1, j["last"] - 1)

    def test_a_few_in_a_row_are_none(self) -> None:
        assert told("beats", served().beats_on(30, 35, 1).beats_on(60, 600).done(600))[0] == "pass"

    @pytest.mark.parametrize(("every", "state"), [(8.25, "pass"), (8.24, "fail")])
    def test_a_fifth_of_the_interval_apart_is_none(self, every: float, state: str) -> None:
        assert told("beats", served().beats_on(30, 600, every).done(600))[0] == state

    def test_a_longer_interval_does_not_make_a_fixed_period_a_flood(self) -> None:
        j = J().greeted(t=START, interval_ms=600_000).beats_on(30, 600, 30)
        assert told("beats", j.done(600))[0] == "n/a"
        assert (
            told("beats", J().greeted(t=START, interval_ms=10_000).beats_on(3, 600, 3).done(600))[0] == "pass"
        )

    def test_what_a_stall_held_is_none(self) -> None:
        j = served().beats(30).interrupted(t=40, name="stall").released(t=400, name="stall")
        assert told("beats", j.beats_on(400.04, 400.11, 0.01).beats_on(430, 600).done(600))[0] == "pass"
        j = served().beats(30).interrupted(t=40, name="stall").released(t=400, name="stall")
        assert told("beats", j.beats_on(401, 408, 1).beats_on(430, 600).done(600))[0] == "fail"

    def test_an_answer_may_take_ten_seconds(self) -> None:
        j = served().beats(30).writes("heartbeat", t=40).beats_on(50, 56, 1).beats_on(80, 600)
        assert told("beats", j.done(600))[0] == "pass"
        j = served().beats(30).writes("heartbeat", t=40).beats_on(51, 57, 1).beats_on(80, 600)
        assert told("beats", j.done(600))[0] == "fail"

    def test_an_answer_belongs_to_the_last_request_before_it(self) -> None:
        j = served().writes("heartbeat", t=20).beats(21).writes("heartbeat", t=40).beats_on(41, 50, 1)
        assert told("beats", j.beats_on(80, 600).done(600))[0] == "pass"

    def test_answers_to_the_platform_s_own_are_none(self) -> None:
        j = served().beats(30)
        for t in range(31, 50):
            j.writes("heartbeat", t=t).beats(t + 0.08)
        assert told("beats", j.beats_on(60, 600).done(600))[0] == "pass"

    @pytest.mark.parametrize(("last", "state"), [(40, "pass"), (47, "fail")])
    def test_an_answer_comes_within_ten_seconds(self, last: float, state: str) -> None:
        j = served().writes("heartbeat", t=30).beats_on(31, last, 1)
        assert told("beats", j.beats_on(60, 600).done(600))[0] == state


class TestNumbers:
    @pytest.mark.parametrize(("s", "state"), [(None, "fail"), (0, "fail"), (1, "pass"), (2, "fail")])
    def test_it_names_the_number_of_ready(self, s: int | None, state: str) -> None:
        j = served().beats(30).called("first").beats_on(60, 600, s=s)
        assert told("beats", j.done(600))[0] == state

    def test_too_old_a_number_is_named_with_the_frame(self) -> None:
        j = served().beats(30).beats(60, s=None).called("beat")
        found = check("beats", j.beats_on(90, 600).done(600))
        because = "connection 1: a heartbeat named the number none, and 1 was sent before"
        assert (found.state, found.because) == ("fail", because)
        assert found.lines == (6, j["beat"] - 1)

    def test_a_number_that_was_never_sent_is_named(self) -> None:
        j = served().beats(30, s=5).called("beat")
        found = check("beats", j.beats_on(60, 600).done(600))
        because = "connection 1: a heartbeat named the number 5, and none above 1 was sent"
        assert (found.state, found.because, found.lines) == ("fail", because, (6, j["beat"] - 1))

    @pytest.mark.parametrize(("t", "state"), [(30 + BEAT + 0.08, "fail"), (30 + BEAT + 0.07, "pass")])
    def test_a_frame_may_stay_unread_for_an_interval(self, t: float, state: str) -> None:
        j = served().beats(29).writes("dispatch", t=30, s=2).beats(50, s=1).beats(t, s=1)
        assert told("beats", j.beats_on(80, 600, s=2).done(600))[0] == state

    @pytest.mark.parametrize(("t", "state"), [(50.08, "fail"), (50.07, "pass")])
    def test_a_message_that_was_handled_counts_after_ten_seconds(self, t: float, state: str) -> None:
        j = served().beats(29).dispatches("m", 2, t=35).handles("m", 40).beats(t, s=1)
        assert told("beats", j.beats_on(80, 600, s=2).done(600))[0] == state

    def test_what_was_handled_before_it_was_written_again_proves_nothing(self) -> None:
        j = served().beats(29).handles("m", 30).dispatches("m", 2, t=35).beats(60, s=1)
        assert told("beats", j.beats_on(80, 600, s=2).done(600))[0] == "pass"

    def test_the_newest_number_may_be_named_at_once(self) -> None:
        j = served().writes("dispatch", t=29.9, s=7).beats(30, s=7).beats_on(60, 600, s=7)
        assert told("beats", j.done(600))[0] == "pass"

    def test_an_older_number_that_comes_again_may_be_named(self) -> None:
        """Some clients keep the last number, others the highest."""
        for s in (3, 7):
            j = served().writes("dispatch", t=10, s=7).beats(30, s=7).writes("dispatch", t=70, s=3)
            j.beats(71, s=3).beats_on(100, 600, s=s)
            assert told("beats", j.done(600))[0] == "pass"
        j = served().writes("dispatch", t=10, s=7).beats(30, s=7).writes("dispatch", t=70, s=3)
        assert told("beats", j.beats(71, s=2).beats_on(100, 600, s=7).done(600))[0] == "fail"

    def test_a_rule_s_frame_may_count_and_need_not(self) -> None:
        for s in (1, 9):
            j = served().writes("other", t=10, s=9, rule="odd").beats_on(30, 600, s=s)
            assert told("beats", j.done(600))[0] == "pass"

    def test_what_was_under_way_when_a_silence_began_arrives(self) -> None:
        j = served().beats(30).writes("dispatch", t=59.99, s=2).interrupted(t=60).released(t=61)
        assert told("beats", j.beats(62).beats_on(102, 600, s=1).done(600))[0] == "fail"

    def test_what_a_silence_swallowed_is_not_asked_for(self) -> None:
        j = served().interrupted(t=10).writes("dispatch", t=20, s=2).released(t=25)
        assert told("beats", j.beats_on(30, 600, s=1).done(600))[0] == "pass"
        j = served().writes("dispatch", t=5, s=2).interrupted(t=10).released(t=25)
        assert told("beats", j.beats_on(30, 600, s=1).done(600))[0] == "fail"

    def test_raw_frames_may_have_any_number(self) -> None:
        assert told("beats", served().writes("other", t=2).beats_on(30, 600, s=9).done(600))[0] == "pass"

    def test_a_resumed_session_goes_on_with_its_numbers(self) -> None:
        j = served().writes("dispatch", t=2, s=8).beats_on(30, 100, s=8).closes(t=110)
        j.greeted(2, 120, what="resumed", s=None)
        assert told("beats", j.beats_on(150, 600, s=8, ws=2).done(600))[0] == "pass"
        j = served().writes("dispatch", t=2, s=8).beats_on(30, 100, s=8).closes(t=110)
        j.greeted(2, 120, what="resumed").beats(150, s=9, ws=2)
        because = "connection 2: a heartbeat named the number 9, and none above 8 was sent"
        assert told("beats", j.done(160)) == ("fail", because)

    def test_a_number_that_is_only_sent_later_is_one_that_was_never_sent(self) -> None:
        j = served().beats(30, s=2).writes("dispatch", t=50, s=2).beats_on(60, 600, s=2)
        assert told("beats", j.done(600))[0] == "fail"

    def test_where_nothing_was_sent_for_certain_none_need_be_named(self) -> None:
        for s in (None, 5):
            j = J().greeted(t=START, s=None).writes("dispatch", t=29, s=5).beats(30, s=s)
            assert told("beats", j.beats_on(60, 600, s=5).done(600))[0] == "pass"

    def test_a_new_session_begins_anew(self) -> None:
        j = served().writes("dispatch", t=2, s=8).beats_on(30, 100, s=8).closes(t=110).greeted(2, 120)
        assert told("beats", j.beats_on(150, 600, s=8, ws=2).done(600))[0] == "fail"

    @pytest.mark.parametrize(("t", "state"), [(2.07, "pass"), (2.08, "fail")])
    def test_what_was_under_way_when_ready_was_written_is_open(self, t: float, state: str) -> None:
        assert told("beats", served().beats(t, s=40).beats_on(30, 600).done(600))[0] == state

    def test_before_ready_no_number_is_asked_for(self) -> None:
        j = J().upgrades(t=0).hello().says_frame("identify").says_frame("heartbeat", t=20, s=40)
        j.writes("ready", t=30, s=1).ready()
        assert told("beats", j.beats_on(60, 600).done(600))[0] == "pass"
