"""One journal for each ending that says what became of the bot, and the order of the rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fake_qq_server.events import WsWithheld
from harness.journal.run_kinds import SubjAnswer, SubjConnect, SubjLog
from harness.judging.endings import ENDINGS, FAILS_AWAKE
from tests.harness.journals import BEAT, J, assert_ending, ended

KEPT = WsWithheld("dispatch", id="p")
"""A rule withheld a message."""


def struck() -> J:
    return J().up().acts(t=60).loses(t=60).says("retrying").called("lost")


def test_a_bot_that_was_never_in_service_never_connected() -> None:
    assert_ending(J().connects(0, how="failed"), "never-connected")
    assert_ending(J().opens(t=1).interrupted(t=2).ready(t=3), "never-connected")
    assert_ending(J().flags(t=1).tells(), "never-connected")


class TestWhyItNeverConnected:
    def told(self, j: J) -> tuple[str, tuple[int, ...]]:
        end = ended(j.done(90))
        return end.half.removeprefix(ENDINGS["never-connected"].half), end.lines

    def flagged(self, j: J, message: str) -> J:
        j.flags(t=1)
        j.records[-1] = replace(j.records[-1], x={"message": message})
        return j

    def test_its_fatal_message_is_told_first(self) -> None:
        j = J().add(SubjLog("ERROR", "gateway", "no"), src="probe").connects(0, how="failed")
        self.flagged(j, "startup failed:\nblocked").called("flag")
        assert self.told(j) == (", and says why: startup failed: blocked", (j["flag"],))

    def test_else_what_its_connect_raised(self) -> None:
        j = J().add(SubjLog("ERROR", "gateway", "no"), src="probe").add(SubjConnect("begin"), src="probe")
        j.add(SubjConnect("end", "raised", "OSError: no route"), src="probe").called("end")
        assert self.told(j) == (", and says why: OSError: no route", (j["end"],))

    def test_else_the_last_error_of_its_log(self) -> None:
        j = J().add(SubjLog("ERROR", "gateway", "cannot: %s", error="OSError"), src="probe").called("log")
        assert self.told(j.logs()) == (", and says why: cannot: %s (OSError)", (j["log"],))

    def test_what_was_never_in_service_and_gives_no_reason_is_told_without_one(self) -> None:
        assert self.told(J().connects(0, how="failed")) == ("", ())


def test_a_moment_of_service_is_enough_to_have_connected() -> None:
    assert ended(J().ready(t=5).loses(t=5).gives_up(t=6).done(90)).name == "silent-death"
    assert ended(J().interrupted(t=1).ready(t=3).released(t=4).gives_up(t=5).done(90)).name == "silent-death"


class TestServed:
    def test_a_bot_is_undisturbed_where_no_rule_acted(self) -> None:
        j = J().up().sends("p", t=60, probe=True).called("a").handles("p").replies("p")
        assert_ending(j, "undisturbed", j["a"], j["a"] + 1, j["a"] + 2)

    def test_a_fault_is_tolerated_where_service_was_never_lost(self) -> None:
        j = J().up().acts(t=50).sends("p", t=60, probe=True).called("a").handles("p").replies("p")
        assert_ending(j, "tolerated", j["a"], j["a"] + 1, j["a"] + 2)

    def test_a_bot_has_recovered_where_service_was_lost_and_came_back(self) -> None:
        j = struck().ready(2, t=90).sends("p", 2, t=900, probe=True).called("a").handles("p").replies("p")
        assert_ending(j, "recovered", j["a"], j["a"] + 1, j["a"] + 2)

    def test_a_bot_has_recovered_where_the_lost_service_had_lasted_no_time(self) -> None:
        j = J().ready(1, t=1).acts().close_frame(1).loses(1).ready(2, t=90).probed(2, t=900)
        assert ended(j.done(1000)).name == "recovered"

    def test_a_bot_has_recovered_even_after_a_give_up(self) -> None:
        assert_ending(
            struck().gives_up(t=80).ready(2, t=90).probed(2, t=900).called("p"), "recovered", 14, 15, 16
        )

    def test_only_the_last_probe_in_the_last_service_counts(self) -> None:
        j = struck().ready(2, t=90).probed(2, t=900, name="p").sends("q", 2, t=2000, probe=True).called("q")
        assert_ending(j, "deaf", j["q"])
        j = struck().ready(2, t=90).sends("q", 2, t=900, probe=True).probed(2, t=2000, name="p").called("p")
        assert_ending(j, "recovered", j["p"] - 2, j["p"] - 1, j["p"])
        assert ended(J().up().probed(t=50).loses(t=60).ready(2, t=90).done(95)).name == "retrying"
        assert ended(J().up().loses(t=60).ready(2, t=90).probed(2, t=90).done(95)).name == "undisturbed"

    def test_a_bot_that_answers_one_kind_of_message_is_not_deaf(self) -> None:
        j = J().up().sends("p", t=60, probe=True).called("a").sends("q", t=60, probe=True)
        assert_ending(j.handles("p").replies("p"), "undisturbed", j["a"], j["a"] + 2, j["a"] + 3)


class TestDeaf:
    def test_a_bot_is_deaf_where_the_probe_was_not_handled(self) -> None:
        j = J().up().sends("p", t=60, probe=True).called("a")
        assert_ending(j, "deaf", j["a"], end=70)

    def test_a_probe_sent_in_the_last_ten_seconds_is_no_proof(self) -> None:
        assert ended(J().up().sends("p", t=60, probe=True).done(69.99)).name == "retrying"


class TestMute:
    def test_a_bot_is_mute_where_it_handled_the_probe_and_said_nothing(self) -> None:
        j = J().up().sends("p", t=60, probe=True).called("a").handles("p").called("b")
        assert_ending(j, "mute", j["a"], j["b"], end=70)

    def test_a_bot_is_mute_that_is_only_seen_typing(self) -> None:
        j = J().up().sends("p", t=60, probe=True).called("a").handles("p").called("b")
        assert_ending(j.posts("p", what="notice"), "mute", j["a"], j["b"])

    def test_a_bot_is_mute_whose_reply_is_refused(self) -> None:
        j = J().up().sends("p", t=60, probe=True).called("a").handles("p").called("b").refused("p")
        assert_ending(j, "mute", j["a"], j["b"], j["b"] + 1)

    def test_a_reply_that_the_platform_took_is_one_though_its_answer_was_lost(self) -> None:
        j = J().up().sends("p", t=60, probe=True).handles("p").posts("p", status=None, verb="cut")
        assert ended(j.done(600)).name == "undisturbed"

    @pytest.mark.parametrize(("end", "name"), [(69.99, "retrying"), (70, "mute")])
    def test_a_probe_sent_in_the_last_ten_seconds_is_no_proof(self, end: float, name: str) -> None:
        assert ended(J().up().sends("p", t=60, probe=True).handles("p").done(end)).name == name

    @pytest.mark.parametrize(("end", "name"), [(359.99, "retrying"), (360, "mute")])
    def test_a_scenario_may_give_a_reply_more_time(self, end: float, name: str) -> None:
        j = J(limits_us={"answered": 300_000_000}).up().sends("p", t=60, probe=True).handles("p")
        assert ended(j.done(end)).name == name

    @pytest.mark.parametrize(
        ("ends", "end", "name"),
        [(None, 900, "retrying"), (400, 409.99, "retrying"), (400, 410, "mute")],
    )
    def test_a_reply_waits_for_the_scenario_s_own_handler(
        self, ends: float | None, end: float, name: str
    ) -> None:
        j = J().up().sends("p", t=60, probe=True).handles("p").add(SubjAnswer("begin", id="p"), 61)
        if ends is not None:
            j.add(SubjAnswer("end", "ok", id="p"), ends)
        assert ended(j.done(end)).name == name

    def test_a_handler_that_raised_has_no_reply_to_wait_for(self) -> None:
        j = J().up().sends("p", t=60, probe=True).handles("p").add(SubjAnswer("begin", id="p"), 61)
        assert ended(j.add(SubjAnswer("end", "raised", id="p"), 62).done(600)).name == "mute"

    def test_the_ten_seconds_count_from_when_it_was_sent(self) -> None:
        j = J().up().sends("p", t=60, probe=True).handles("p", t=65)
        assert ended(j.done(70)).name == "mute"

    def test_more_time_for_a_reply_is_none_for_handling(self) -> None:
        j = J(limits_us={"answered": 300_000_000}).up().sends("p", t=60, probe=True)
        assert ended(j.done(70)).name == "deaf"


class TestZombie:
    @pytest.mark.parametrize(("after", "name"), [(3 * BEAT + 10, "retrying"), (3 * BEAT + 10.01, "zombie")])
    def test_a_status_file_may_be_wrong_for_133_seconds(self, after: float, name: str) -> None:
        assert ended(J().up().loses(t=60).done(60 + after)).name == name

    def test_the_evidence_of_a_zombie_is_the_record_at_which_it_began(self) -> None:
        j = J().up().interrupted(t=60).called("on")
        assert_ending(j, "zombie", j["on"])

    def test_the_adapter_s_own_property_counts_where_there_is_no_status_file(self) -> None:
        j = J().ready(t=1).state(1, connected=True).loses(t=60).called("lost")
        assert_ending(j, "zombie", j["lost"])

    def test_a_bot_is_no_zombie_once_its_status_file_tells_the_truth(self) -> None:
        assert ended(J().up().loses(t=60).says("x", t=600).tries().done(700)).name == "retrying"

    def test_a_bot_is_no_zombie_after_it_gave_up(self) -> None:
        j = J().up().loses(t=60).gives_up(t=60).called("death")
        assert_ending(j, "silent-death", j["death"])


class TestStranded:
    def told(self) -> J:
        return J(level="runner").up().installed(True).flags(t=60).called("flag").tells()

    def test_a_bot_is_stranded_where_it_is_neither_queued_nor_installed_at_the_end(self) -> None:
        j = self.told().installed(False)
        assert_ending(j, "stranded", j["flag"], j["flag"] + 1, j["flag"] + 2)

    def test_a_bot_is_stranded_where_it_was_queued_once_and_is_no_more(self) -> None:
        j = self.told().installed(False).queued(True, t=61).queued(False, t=900)
        assert_ending(j, "stranded", j["flag"], j["flag"] + 1, j["flag"] + 2)

    def test_a_bot_is_not_stranded_while_it_is_queued(self) -> None:
        j = self.told().installed(False).queued(True, t=61)
        assert_ending(j, "fatal-notified", j["flag"], j["flag"] + 1, j["flag"] + 2)

    def test_a_bot_is_not_stranded_while_it_is_installed(self) -> None:
        j = self.told()
        assert_ending(j, "fatal-notified", j["flag"], j["flag"] + 1, j["flag"] + 2)

    def test_a_bot_is_not_stranded_where_the_runner_was_not_told(self) -> None:
        j = J(level="runner").up().gives_up(t=60).called("x")
        assert_ending(j, "silent-death", j["x"])


class TestGaveUp:
    def test_the_ending_is_fatal_notified_where_one_call_of_the_handler_ended_well(self) -> None:
        j = struck().flags(t=90).called("x").tells(t=95, how="raised").tells(t=96)
        assert_ending(j, "fatal-notified", j["x"], j["x"] + 3, j["x"] + 4)

    @pytest.mark.parametrize("how", [None, "raised", "cancelled"])
    def test_the_ending_is_fatal_unfinished_where_no_call_ended_well(self, how: str | None) -> None:
        j = struck().flags(t=90).called("x").tells(t=95, how=how)
        lines = (j["x"] + 1, j["x"] + 2) if how else (j["x"] + 1,)
        assert_ending(j, "fatal-unfinished", j["x"], *lines)

    def test_the_ending_is_fatal_unnotified_where_the_flag_was_set_and_nobody_called(self) -> None:
        j = struck().gives_up(t=90).called("end").flags(t=91).called("flag")
        assert_ending(j, "fatal-unnotified", j["end"], j["flag"])
        j = struck().flags(t=91).called("flag")
        assert_ending(j, "fatal-unnotified", j["flag"])

    def test_the_ending_is_silent_death_where_only_the_listener_ended(self) -> None:
        j = struck().gives_up(t=90).called("end")
        assert_ending(j, "silent-death", j["end"])


class TestHung:
    @pytest.mark.parametrize(("after", "name"), [(120, "retrying"), (120.01, "hung")])
    def test_an_attempt_hangs_once_it_was_open_for_120_seconds(self, after: float, name: str) -> None:
        assert ended(struck().tries(t=70, how=None).done(70 + after)).name == name

    def test_the_attempt_that_hangs_is_named(self) -> None:
        j = struck().tries(t=70, how=None).called("try")
        assert_ending(j, "hung", j["try"], end=191)

    @pytest.mark.parametrize(("after", "name"), [(120, "retrying"), (120.01, "hung")])
    def test_a_connection_hangs_once_it_waited_120_seconds_for_ready(self, after: float, name: str) -> None:
        assert ended(struck().opens(2, t=70).done(70 + after)).name == name

    def test_the_connection_that_hangs_is_named(self) -> None:
        j = struck().opens(2, t=70).called("open")
        assert_ending(j, "hung", j["open"], more=": its connection waits for READY", end=191)

    def test_a_connection_that_was_ready_or_has_ended_does_not_count(self) -> None:
        j = struck().opens(2, t=70).loses(2, t=80).ready(3, t=90).interrupted(3, t=95).tries(t=700)
        assert ended(j.done(800)).name == "retrying"


class TestTrying:
    def test_a_bot_is_retrying_where_the_last_attempt_is_recent(self) -> None:
        j = struck().tries(t=90).tries(t=600).called("end")
        assert_ending(j, "retrying", j["end"] - 1, end=700)

    @pytest.mark.parametrize(
        "j",
        [
            J().up().add(KEPT, 60, conn=1).called("kept"),
            J()
            .up()
            .sends("old", t=50, probe=True)
            .loses(t=55)
            .ready(2, t=60)
            .add(KEPT, conn=2)
            .called("kept"),
        ],
        ids=["withheld", "in the last service"],
    )
    def test_a_bot_is_unprobed_where_a_rule_withheld_the_probe(self, j: J) -> None:
        assert_ending(j, "unprobed", j["kept"])

    def test_it_is_unprobed_where_a_rule_held_the_probe_to_the_end(self) -> None:
        j = J().up().ends(600).add(KEPT, 600.04, conn=1).called("kept")
        assert ended(j.disconnects().leaves().closed()).lines == (j["kept"],)

    @pytest.mark.parametrize(
        ("j", "name"),
        [
            (J().up().add(WsWithheld("ack"), 60, conn=1), "retrying"),
            (J().up().add(KEPT, 50, conn=1).loses(t=55).ready(2, t=60), "retrying"),
            (J().up().add(KEPT, 50, conn=1).probed(t=60), "undisturbed"),
            (J().up().add(KEPT, 50, conn=1).sends("p", t=60, probe=True), "deaf"),
            (J().up().add(KEPT, 50, conn=1).loses(t=55).says("retrying").tries(500), "retrying"),
        ],
        ids=[
            "no message",
            "in a service before",
            "answered another",
            "did not handle another",
            "not serving",
        ],
    )
    def test_it_is_not_for_less(self, j: J, name: str) -> None:
        assert ended(j.done(600)).name == name

    def test_serving_without_a_probe_counts_as_retrying(self) -> None:
        j = struck().ready(2, t=90).called("ready")
        assert_ending(j, "retrying", j["ready"], end=100)

    @pytest.mark.parametrize(("after", "name"), [(600, "retrying"), (600.01, "dormant")])
    def test_ten_minutes_without_a_sign_of_trying_are_dormant(self, after: float, name: str) -> None:
        assert ended(struck().tries(t=90).done(90 + after)).name == name

    def flapping(self, count: int) -> J:
        j = J().up().loses(t=60).says("x")
        for i in range(2, count + 1):
            j.ready(i, t=100.0 * i).loses(i, t=100.0 * i + 50)
        return j

    @pytest.mark.parametrize(("count", "name"), [(19, "retrying"), (20, "livelock")])
    def test_twenty_connections_lost_soon_after_ready_are_a_livelock(self, count: int, name: str) -> None:
        assert ended(self.flapping(count).done(100 * count + 60)).name == name

    def test_the_first_and_the_last_of_the_lost_connections_are_named(self) -> None:
        j = self.flapping(20)
        last = len(j.records) - 2
        assert_ending(j, "livelock", 5, last, more=": its connections are lost soon after READY", end=2060)

    def test_flapping_that_ended_before_is_no_livelock(self) -> None:
        j = J().up().loses(t=60).says("x")
        for i in range(2, 30):
            j.ready(i, t=100.0 * i).loses(i, t=100.0 * i + 50)
        assert ended(j.ready(99, t=5000).loses(99, t=5400).done(5500)).name == "retrying"

    def test_it_is_a_livelock_where_it_is_not_polite(self) -> None:
        j = struck().identifies(t=70).called("a").identifies(t=71).called("b")
        assert_ending(j, "livelock", j["a"], j["b"], more=": more often than is polite", end=80)

    def test_it_is_a_livelock_where_it_tries_long_after_the_healing(self) -> None:
        j = J(heal="10m").up().acts(t=60).loses(t=60).says("x").called("x").heals(t=600).called("heal")
        j.tries(t=900)
        lines = (j["heal"], j["x"] - 1, j["x"])
        assert_ending(j, "livelock", *lines, more=": long after the healing", end=1201)


def test_the_evidence_that_a_bot_is_dormant_is_its_last_sign_of_trying() -> None:
    j = struck().tries(t=90).called("tried")
    assert_ending(j, "dormant", j["tried"] - 1)  # where that attempt began


class TestTheTable:
    def test_endings_that_say_nothing_of_the_bot_come_first(self) -> None:
        judged = [row.judged for row in ENDINGS.values()]
        assert judged == sorted(judged)
        assert judged.count(False) == 2

    def test_unclassified_comes_last(self) -> None:
        assert list(ENDINGS)[-1] == "unclassified"

    def test_the_endings_that_fail_the_check_awake_in_every_scenario(self) -> None:
        assert FAILS_AWAKE == ("busy-spin", "blocked", "crashed")

    def test_every_row_has_words_for_people(self) -> None:
        assert all(row.half and row.holds for row in ENDINGS.values())

    def test_an_ending_is_told_in_one_line(self) -> None:
        found = ended(struck().gives_up(t=90).done(700))
        assert str(found) == "silent-death: gave up and told nobody"

    def test_a_crash_outranks_a_give_up(self) -> None:
        assert ended(struck().gives_up(t=90).closed("memory")).name == "crashed"

    def test_a_wrong_status_file_outranks_an_open_attempt(self) -> None:
        assert ended(J().up().loses(t=60).tries(t=70, how=None).done(900)).name == "zombie"

    def test_a_give_up_outranks_an_open_attempt(self) -> None:
        assert ended(struck().tries(t=70, how=None).gives_up(t=80).done(900)).name == "silent-death"
