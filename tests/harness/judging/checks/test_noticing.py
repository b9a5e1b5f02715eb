"""notices: a bot leaves a connection on which nothing comes any more."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.events import RuleAct, WsConnect
from tests.harness.journals import BEAT, J, check, told

NOTICES = 3 * BEAT + 10


class TestNotices:
    @pytest.mark.parametrize(
        ("after", "state", "because"),
        [
            (5, "pass", "it closed connection 1 5 s after the stall began"),
            (NOTICES, "pass", "it closed connection 1 133.75 s after the stall began"),
            (NOTICES + 0.01, "fail", "it closed connection 1 only 133.76 s after the stall began"),
        ],
    )
    def test_the_subject_must_close_the_dead_connection_in_time(
        self, after: float, state: str, because: str
    ) -> None:
        j = J().up().interrupted(t=100, name="stall").called("on").closes(t=100 + after).called("close")
        found = check("notices", j.done(3600))
        assert (found.state, found.because) == (state, because)
        assert found.lines == (j["on"], j["close"])

    def test_the_subject_s_close_frame_counts(self) -> None:
        j = J().up().interrupted(t=100).close_frame(t=120, by="subject").closes(t=500)
        assert told("notices", j.done(3600))[0] == "pass"

    def test_to_leave_in_time_counts_also_where_the_silence_had_just_ended(self) -> None:
        assert (
            told("notices", J().up().interrupted(t=100).released(t=150).closes(t=160).done(3600))[0] == "pass"
        )

    def test_the_platform_s_close_frame_does_not_count(self) -> None:
        j = J().up().interrupted(t=100).closes(t=100 + NOTICES + 1)
        assert told("notices", j.done(3600))[0] == "fail"

    def test_fails_where_it_never_closes(self) -> None:
        j = J().up().interrupted(t=100).called("on")
        found = check("notices", j.done(100 + NOTICES))
        assert found.state == "fail"
        assert found.because == "it never closed connection 1 after the silence began"
        assert found.lines == (j["on"],)

    def test_is_unknown_where_the_run_ends_before(self) -> None:
        j = J().up().interrupted(t=100).called("on")
        found = check("notices", j.done(100 + NOTICES - 0.01))
        because = "the run ended less than 133.75 s after the silence began"
        assert (found.state, found.because, found.lines) == ("unknown", because, (j["on"],))

    @pytest.mark.parametrize(
        "j",
        [
            J().up(),
            J().up().loses(t=50).opens(2, t=60).interrupted(2, t=100),
            J().up().interrupted(t=100).released(t=100 + NOTICES),
            J().up().interrupted(t=100).loses(t=100 + NOTICES),
        ],
        ids=["none", "not serving", "went off", "the peer ended it"],
    )
    def test_is_not_applicable_where_nothing_was_owed(self, j: J) -> None:
        because = "no connection in service was interrupted, or left without an answer, for long enough"
        assert told("notices", j.done(3600)) == ("n/a", because)

    @pytest.mark.parametrize("what", ["released", "loses"])
    def test_fails_though_the_condition_ended_after_the_time_was_up(self, what: str) -> None:
        j = J().up().interrupted(t=100)
        getattr(j, what)(t=100 + NOTICES + 1)
        assert told("notices", j.done(3600))[0] == "fail"

    def test_each_interruption_counts(self) -> None:
        j = J().up().interrupted(1, t=100).called("a").closes(1, t=110).called("b").ready(2, t=120)
        j.interrupted(2, t=200).called("c").closes(2, t=210).called("d")
        assert check("notices", j.done(3600)).lines == (j["a"], j["b"], j["c"], j["d"])
        j = J().up().interrupted(1, t=100).closes(1, t=110).ready(2, t=120).interrupted(2, t=200)
        assert told("notices", j.done(3600))[0] == "fail"

    def test_its_limit_can_be_set(self) -> None:
        j = J(limits_us={"notices": 9_000_000}).up().interrupted(t=100).closes(t=110)
        assert told("notices", j.done(3600))[0] == "fail"


NOTHING = "no connection in service was interrupted, or left without an answer, for long enough"


class TestAcks:
    """A heartbeat in service, and no ACK from then on."""

    @pytest.mark.parametrize(("after", "state"), [(NOTICES, "pass"), (NOTICES + 0.01, "fail")])
    def test_the_time_counts_from_the_first_heartbeat_without_an_ack(self, after: float, state: str) -> None:
        j = J().greeted(t=1).beats_on(30, 70).beats(96, ack=False).called("beat").beats(129, ack=False)
        found = check("notices", j.closes(t=96 + after).called("close").done(3600))
        only = "" if state == "pass" else "only "
        because = f"it closed connection 1 {only}{after} s after a heartbeat went unanswered"
        assert (found.state, found.because, found.lines) == (state, because, (j["beat"], j["close"]))

    def test_fails_where_it_never_closes(self) -> None:
        j = J().greeted(t=1).beats(30, ack=False).called("beat").beats(63, ack=False)
        found = check("notices", j.done(3600))
        because = "it never closed connection 1 after a heartbeat went unanswered"
        assert (found.state, found.because, found.lines) == ("fail", because, (j["beat"],))

    def test_fails_where_it_sends_no_other_and_stays(self) -> None:
        assert told("notices", J().greeted(t=1).beats(30, ack=False).done(3600))[0] == "fail"

    @pytest.mark.parametrize(("after", "state"), [(NOTICES, "n/a"), (NOTICES + 0.01, "fail")])
    def test_an_ack_in_time_ends_it(self, after: float, state: str) -> None:
        j = J().greeted(t=1).beats(30, ack=False).writes("ack", t=30 + after)
        assert told("notices", j.beats_on(200, 3600).done(3600))[0] == state

    def test_a_connection_that_is_left_after_the_ack_came_was_not_left_for_that(self) -> None:
        j = J().greeted(t=1).beats(30, ack=False).writes("ack", t=31).closes(t=40)
        assert told("notices", j.done(3600)) == ("n/a", NOTHING)

    def test_an_ack_in_the_same_instant_is_none_too_late(self) -> None:
        assert told("notices", J().greeted(t=1).beats_on(30, 3600).closes(t=3601).done(3700))[0] == "n/a"

    def test_each_gap_counts(self) -> None:
        j = J().greeted(t=1).beats(30, ack=False).writes("ack", t=40).beats(63).beats(96, ack=False)
        assert told("notices", j.done(3600))[0] == "fail"

    def test_a_heartbeat_that_crossed_the_end_is_none(self) -> None:
        j = J().greeted(t=1).beats(30).close_frame(t=63).beats(63, ack=False).closes(t=64)
        assert told("notices", j.done(3600))[0] == "n/a"
        j = J().greeted(t=1).beats(30).beats(62.9, ack=False).close_frame(t=63).closes(t=64)
        assert told("notices", j.done(3600))[0] == "n/a"

    def test_before_ready_no_ack_is_due(self) -> None:
        j = J().upgrades(t=1).hello().says_frame("identify").beats(2, ack=False).writes("ready").ready()
        assert told("notices", j.beats_on(200, 3600).done(3600))[0] == "n/a"
        j = J().upgrades(t=1).hello().beats(2, ack=False)
        assert told("notices", j.done(3600))[0] == "n/a"

    def test_an_ack_after_it_left_changes_nothing(self) -> None:
        j = J().greeted(t=1).beats(30, ack=False).close_frame(t=40, by="subject").writes("ack", t=41)
        assert told("notices", j.done(3600))[0] == "pass"

    def test_a_heartbeat_in_the_instant_of_its_end_is_none(self) -> None:
        assert told("notices", J().greeted(t=1).beats(30, ack=False).closes(t=30).done(3600))[0] == "n/a"

    def test_the_longest_interval_counts(self) -> None:
        j = J().greeted(t=1, interval_ms=60_000).hello(t=2).beats(50, ack=False).closes(t=240)
        assert told("notices", j.done(3600))[0] == "pass"

    def test_a_longer_interval_gives_more_time(self) -> None:
        for by, state in ((0, "pass"), (0.01, "fail")):
            j = J().greeted(t=1, interval_ms=60_000).beats(50, ack=False).closes(t=50 + 190 + by)
            assert told("notices", j.done(3600))[0] == state
        j = J(limits_us={"notices": 100_000_000}).greeted(t=1, interval_ms=60_000).beats(50, ack=False)
        assert told("notices", j.closes(t=151).done(3600))[0] == "fail"

    @staticmethod
    def late(us: int, end: float) -> J:
        """Each ACK comes so much later, by a rule; one beat a minute, up to `end`."""
        j = J().greeted(t=1)
        moments = [(t, t + us / 1e6) for t in range(30, int(end), 60)]
        for t, op in sorted(
            [(t, "beat") for t, _ in moments] + [(at, "ack") for _, at in moments if at < end]
        ):
            if op == "ack":
                j.writes("ack", t=t, rule="late")
                continue
            beat = len(j.beats(t, ack=False).records)
            j.add(RuleAct("delay", frames=1, us=us), src="rules", conn=1, rule="late", cause=beat)
        return j

    def test_acks_that_a_rule_writes_late_and_in_time_oblige_to_nothing(self) -> None:
        j = self.late(100_000_000, 650)
        found = check("notices", j.done(650))
        assert (found.state, found.because) == ("n/a", "ACKs came late, by up to 100 s, and none too late")
        assert j.records[found.lines[0] - 1].event == RuleAct("delay", frames=1, us=100_000_000)

    def test_the_latest_of_them_is_named(self) -> None:
        j = J().greeted(t=1)
        for t, us in ((30, 2_000_000), (60, 7_000_000), (90, 1_000_000)):
            beat = len(j.beats(t, ack=False).records)
            j.add(RuleAct("delay", frames=1, us=us), src="rules", conn=1, rule="late", cause=beat)
            j.writes("ack", t=t + us / 1e6, rule="late")
        assert told("notices", j.done(100)) == ("n/a", "ACKs came late, by up to 7 s, and none too late")

    def test_nor_does_the_first_that_comes_after_the_end(self) -> None:
        assert told("notices", self.late(100_000_000, 100).done(100))[0] == "n/a"
        assert told("notices", self.late(round(NOTICES * 1e6), 100).done(100))[0] == "n/a"

    def test_acks_that_come_too_late_do(self) -> None:
        assert told("notices", self.late(200_000_000, 650).done(650))[0] == "fail"
        assert told("notices", self.late(round(NOTICES * 1e6) + 1, 100).done(100))[0] == "unknown"

    @pytest.mark.parametrize(
        ("about", "state"),
        [
            ({"conn": 1, "cause": 8}, "n/a"),
            ({"conn": 2, "cause": 8}, "unknown"),
            ({"conn": 1, "cause": 7}, "unknown"),
            ({"conn": 1}, "unknown"),
        ],
        ids=["of the heartbeat", "on another connection", "of another frame", "of nothing known"],
    )
    def test_what_a_rule_holds_must_be_the_ack_of_this_connection(
        self, about: dict[str, Any], state: str
    ) -> None:
        j = J().greeted(t=1).beats(30, ack=False)
        assert len(j.records) == 8
        held = RuleAct("delay", frames=1, us=80_000_000)
        assert told("notices", j.add(held, src="rules", rule="late", **about).done(100))[0] == state

    def test_an_ack_that_is_held_as_the_connection_ends_never_comes(self) -> None:
        j = J().greeted(t=1).beats(30, ack=False)
        j.add(RuleAct("delay", frames=1, us=80_000_000), src="rules", conn=1, rule="late", cause=8)
        assert told("notices", j.closes(t=90).done(100))[0] == "pass"

    def test_is_unknown_where_the_run_ends_before(self) -> None:
        j = J().greeted(t=1).beats(30, ack=False)
        because = "the run ended less than 133.75 s after a heartbeat went unanswered"
        assert told("notices", j.done(30 + NOTICES - 0.01)) == ("unknown", because)


class TestHello:
    """The upgrade was answered, and no Hello comes."""

    @pytest.mark.parametrize(("after", "state"), [(NOTICES, "pass"), (NOTICES + 0.01, "fail")])
    def test_it_must_leave_in_time(self, after: float, state: str) -> None:
        j = J().upgrades(t=10).called("open").closes(t=10 + after).called("close")
        found = check("notices", j.done(3600))
        only = "" if state == "pass" else "only "
        because = f"it closed connection 1 {only}{after} s after it opened, and no Hello came"
        assert (found.state, found.because, found.lines) == (state, because, (j["open"], j["close"]))

    def test_a_hello_in_time_ends_it(self) -> None:
        assert told("notices", J().upgrades(t=10).hello(t=10.001).closes(t=50).done(3600))[0] == "n/a"
        assert told("notices", J().upgrades(t=10).hello(t=10 + NOTICES).done(3600))[0] == "n/a"
        assert told("notices", J().upgrades(t=10).hello(t=10.01 + NOTICES).done(3600))[0] == "fail"

    def test_the_platform_may_end_it(self) -> None:
        assert told("notices", J().upgrades(t=10).loses(t=10).done(3600))[0] == "n/a"
        assert told("notices", J().upgrades(t=10).close_frame(t=20).closes(t=21).done(3600))[0] == "n/a"

    def test_a_connection_that_ends_at_once_is_none(self) -> None:
        assert told("notices", J().upgrades(t=10).closes(t=10).done(3600))[0] == "n/a"

    def test_an_upgrade_that_was_refused_is_no_connection(self) -> None:
        j = J().opens(t=10).add(WsConnect("/ws", 403), conn=1)
        assert told("notices", j.done(3600)) == ("n/a", NOTHING)


class TestReady:
    """Identify or Resume came, and nothing answers it."""

    @pytest.mark.parametrize(("op", "name"), [("identify", "Identify"), ("resume", "Resume")])
    @pytest.mark.parametrize(("after", "state"), [(NOTICES, "pass"), (NOTICES + 0.01, "fail")])
    def test_it_must_leave_in_time(self, op: str, name: str, after: float, state: str) -> None:
        j = J().upgrades(t=10).hello().says_frame(op, t=11).called("asked")
        found = check("notices", j.closes(t=11 + after).called("close").done(3600))
        only = "" if state == "pass" else "only "
        because = f"it closed connection 1 {only}{after} s after its {name}, which nobody answered"
        assert (found.state, found.because, found.lines) == (state, because, (j["asked"], j["close"]))

    @pytest.mark.parametrize("answer", ["ready", "resumed", "invalid", "reconnect"])
    def test_an_answer_in_time_ends_it(self, answer: str) -> None:
        for t, state in ((11, "n/a"), (11 + NOTICES, "n/a"), (11.01 + NOTICES, "fail")):
            j = J().upgrades(t=10).hello().says_frame("identify", t=11).writes(answer, t=t)
            assert told("notices", j.done(3600))[0] == state

    def test_an_answer_before_it_is_none(self) -> None:
        j = J().greeted(t=1).says_frame("resume", t=11)
        assert told("notices", j.beats_on(30, 3600).done(3600))[0] == "fail"

    def test_a_close_of_the_platform_answers_too(self) -> None:
        j = J().upgrades(t=10).hello().says_frame("identify", t=11).close_frame(t=11).closes(t=12)
        assert told("notices", j.done(3600))[0] == "n/a"
