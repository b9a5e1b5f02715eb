"""One journal for each ending, and the order of the rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.journal.record import Record
from harness.journal.run_kinds import RunClose, RunnerStop
from harness.judging.endings import ENDINGS, FAILS_AWAKE, Ending
from tests.harness.journals import BEAT, J, ended

HOUR = 3600.0


def is_(j: J, name: str, *lines: int, more: str = "", end: float = 3 * HOUR) -> None:
    """After a whole run to `end`, the ending is `name`, proved by `lines`."""
    assert ended(j.done(end)) == Ending(name, ENDINGS[name].half + more, lines)


def struck() -> J:
    return J().up().acts(t=60).loses(t=60).says("retrying").called("lost")


class TestInstrumentFailed:
    def failed(self, records: object, why: str, *lines: int) -> None:
        assert isinstance(records, list)
        half = f"the harness itself failed, so this says nothing about the bot: {why}"
        assert ended(records) == Ending("instrument-failed", half, lines)

    def test_an_empty_journal_has_no_run_open(self) -> None:
        self.failed([], "the journal does not begin with run.open")

    def test_a_gap_in_the_numbers_of_records(self) -> None:
        records = J().up().probed(t=60).done(90)
        self.failed([*records[:3], *records[4:]], "records are missing in the journal", 5)
        self.failed(records[1:], "records are missing in the journal", 2)
        self.failed([records[0], replace(records[0]), *records[1:]], "records are missing in the journal", 1)

    def test_a_record_that_is_older_than_the_one_before_it(self) -> None:
        records = J().up().probed(t=60).done(90)
        records[4] = replace(records[4], t=-5)
        self.failed(records, "time ran backwards in the journal", 5)

    def test_a_journal_without_run_open(self) -> None:
        records = J(opened=False).up().done(90)
        self.failed(records, "the journal does not begin with run.open", len(records))

    def test_a_journal_without_run_close(self) -> None:
        records = J().up().records
        self.failed(records, "the journal has no run.close, so nothing says how the run ended", len(records))

    def test_a_clock_that_was_held_or_lost_step(self) -> None:
        j = J().up().held(t=50).called("x")
        self.failed(j.spins().done(90), "trouble with the virtual clock", j["x"])
        j = J().up().hiccups(t=50).called("x")
        self.failed(j.held().done(90), "trouble with the virtual clock", j["x"])

    def test_an_error_of_the_harness_is_told_in_its_own_words(self) -> None:
        j = J().up().spins().add(RunClose("harness", "OSError: no space (world.py:1)"), src="loop")
        why = "the worker stopped the run over an error of the harness (OSError: no space (world.py:1))"
        self.failed(j.records, why, len(j.records))

    def test_a_run_that_never_came_about_is_told_as_the_harness_s_word(self) -> None:
        records = J().up().closed("harness", detail="no module named hermes")
        why = "the harness closed the journal, because no run came about (no module named hermes)"
        self.failed(records, why, len(records))

    def test_the_limit_on_real_time_alone_is_no_witness_against_the_bot(self) -> None:
        records = J().up().closed("wall", t=60)
        why = "the harness ended the worker, which had not finished in the real time allowed"
        self.failed(records, why, len(records))

    def test_the_limit_on_real_time_after_a_starved_loop_is_the_bot_s(self) -> None:
        assert ended(J().up().spins().closed("wall", t=60)).name == "busy-spin"
        assert ended(J().up().blocks().closed("wall", t=60)).name == "blocked"


class TestInterrupted:
    def stopped(self, j: J) -> list[Record]:
        return j.closed("killed", detail="interrupted")

    def test_a_run_that_was_stopped_from_outside_is_no_crash(self) -> None:
        records = self.stopped(J().up())
        half = "the run was stopped from outside, so this says nothing about the bot"
        assert ended(records) == Ending("interrupted", half, (len(records),))

    def test_it_says_nothing_of_the_bot(self) -> None:
        assert not ended(self.stopped(J().up())).judged
        assert ended(J().up().closed("killed", detail="signal 9")).judged

    def test_what_the_bot_had_done_before_the_interruption_is_no_ending(self) -> None:
        assert ended(self.stopped(J().up().spins())).name == "interrupted"
        assert ended(self.stopped(J().up().gives_up(t=60))).name == "interrupted"

    def test_a_journal_that_cannot_be_believed_comes_first(self) -> None:
        assert ended(self.stopped(J().up().held())).name == "instrument-failed"

    def test_an_interruption_during_the_tear_down_is_one_too(self) -> None:
        assert ended(self.stopped(J().up().probed(t=60).ends(90))).name == "interrupted"


class TestStarved:
    @pytest.mark.parametrize(
        ("why", "name"), [("spin", "busy-spin"), ("cpu", "busy-spin"), ("blocked", "blocked")]
    )
    def test_the_worker_was_ended_for_it(self, why: str, name: str) -> None:
        records = J().up().closed(why, t=60)
        assert ended(records) == Ending(name, ENDINGS[name].half, (len(records),))
        j = J().up().spins(t=50).called("spin")
        assert ended(j.closed(why)) == Ending(name, ENDINGS[name].half, (j["spin"], j["spin"] + 1))

    def test_the_record_of_a_blocked_loop_is_named_before_the_end(self) -> None:
        j = J().up().blocks(t=50).called("x")
        assert ended(j.closed("blocked")).lines == (j["x"], j["x"] + 1)

    def test_a_starved_loop_counts_though_the_worker_was_not_ended_for_it(self) -> None:
        j = J().up().blocks(t=50).called("x")
        is_(j, "blocked", j["x"])
        j = J().up().blocks(t=50).spins(t=50).called("x")
        is_(j, "busy-spin", j["x"])


class TestCrashed:
    @pytest.mark.parametrize(
        ("why", "more"),
        [
            ("killed", ": the worker's process died (status 1)"),
            ("memory", ": the harness ended the worker, which used too much memory (status 1)"),
            ("exited", ": the worker's process exited before the run was over (status 1)"),
        ],
    )
    def test_a_process_that_ended_too_early_has_crashed(self, why: str, more: str) -> None:
        records = J().up().closed(why, t=60, detail="status 1")
        assert ended(records) == Ending("crashed", ENDINGS["crashed"].half + more, (len(records),))

    def test_a_signal_after_the_runner_s_stop_is_still_a_crash(self) -> None:
        assert ended(J().up().add(RunnerStop("begin")).closed("killed")).name == "crashed"


def test_an_exit_after_the_runner_s_stop_is_no_crash() -> None:
    records = J().up().add(RunnerStop("begin")).closed("exited", status=78)
    assert ended(records) == Ending("exited", "ended itself with status 78", (len(records),))


def test_a_bot_that_was_never_in_service_never_connected() -> None:
    is_(J().connects(0, how="failed"), "never-connected")
    is_(J().opens(t=1).interrupted(t=2).ready(t=3), "never-connected")
    is_(J().flags(t=1).tells(), "never-connected")


def test_a_moment_of_service_is_enough_to_have_connected() -> None:
    assert ended(J().ready(t=5).loses(t=5).gives_up(t=6).done(90)).name == "silent-death"
    assert ended(J().interrupted(t=1).ready(t=3).released(t=4).gives_up(t=5).done(90)).name == "silent-death"


class TestServed:
    def test_undisturbed_where_no_rule_acted(self) -> None:
        j = J().up().sends("p", t=60, probe=True).called("a").handles("p").replies("p")
        is_(j, "undisturbed", j["a"], j["a"] + 1, j["a"] + 2)

    def test_tolerated_where_service_was_never_lost(self) -> None:
        j = J().up().acts(t=50).sends("p", t=60, probe=True).called("a").handles("p").replies("p")
        is_(j, "tolerated", j["a"], j["a"] + 1, j["a"] + 2)

    def test_recovered_where_service_was_lost_and_came_back(self) -> None:
        j = struck().ready(2, t=90).sends("p", 2, t=900, probe=True).called("a").handles("p").replies("p")
        is_(j, "recovered", j["a"], j["a"] + 1, j["a"] + 2)

    def test_recovered_where_the_lost_service_had_lasted_no_time(self) -> None:
        j = J().ready(1, t=1).acts().close_frame(1).loses(1).ready(2, t=90).probed(2, t=900)
        assert ended(j.done(1000)).name == "recovered"

    def test_recovered_even_after_a_give_up(self) -> None:
        is_(struck().gives_up(t=80).ready(2, t=90).probed(2, t=900).called("p"), "recovered", 14, 15, 16)

    def test_only_the_last_probe_in_the_last_service_counts(self) -> None:
        j = struck().ready(2, t=90).probed(2, t=900, name="p").sends("q", 2, t=2000, probe=True).called("q")
        is_(j, "deaf", j["q"])
        j = struck().ready(2, t=90).sends("q", 2, t=900, probe=True).probed(2, t=2000, name="p").called("p")
        is_(j, "recovered", j["p"] - 2, j["p"] - 1, j["p"])
        assert ended(J().up().probed(t=50).loses(t=60).ready(2, t=90).done(95)).name == "retrying"
        assert ended(J().up().loses(t=60).ready(2, t=90).probed(2, t=90).done(95)).name == "undisturbed"


class TestDeaf:
    def test_deaf_where_the_probe_was_not_handled(self) -> None:
        j = J().up().sends("p", t=60, probe=True).called("a")
        is_(j, "deaf", j["a"], end=70)

    def test_deaf_where_the_reply_to_the_probe_never_came(self) -> None:
        j = J().up().sends("p", t=60, probe=True).called("a").handles("p")
        is_(j, "deaf", j["a"])

    def test_a_probe_sent_in_the_last_ten_seconds_is_no_proof(self) -> None:
        assert ended(J().up().sends("p", t=60, probe=True).done(69.99)).name == "retrying"


class TestZombie:
    @pytest.mark.parametrize(("after", "name"), [(3 * BEAT + 10, "retrying"), (3 * BEAT + 10.01, "zombie")])
    def test_a_status_file_may_be_wrong_for_133_seconds(self, after: float, name: str) -> None:
        assert ended(J().up().loses(t=60).done(60 + after)).name == name

    def test_a_zombie_s_evidence_is_when_it_began(self) -> None:
        j = J().up().interrupted(t=60).called("on")
        is_(j, "zombie", j["on"])

    def test_the_adapter_s_own_property_counts_where_there_is_no_status_file(self) -> None:
        j = J().ready(t=1).state(1, connected=True).loses(t=60).called("lost")
        is_(j, "zombie", j["lost"])

    def test_no_zombie_once_its_status_file_tells_the_truth(self) -> None:
        assert ended(J().up().loses(t=60).says("x", t=600).tries().done(700)).name == "retrying"

    def test_no_zombie_after_it_gave_up(self) -> None:
        j = J().up().loses(t=60).gives_up(t=60).called("death")
        is_(j, "silent-death", j["death"])


class TestStranded:
    def told(self) -> J:
        return J(level="runner").up().installed(True).flags(t=60).called("flag").tells()

    def test_stranded_where_it_is_neither_queued_nor_installed_at_the_end(self) -> None:
        j = self.told().installed(False)
        is_(j, "stranded", j["flag"], j["flag"] + 1, j["flag"] + 2)

    def test_stranded_where_it_was_queued_once_and_is_no_more(self) -> None:
        j = self.told().installed(False).queued(True, t=61).queued(False, t=900)
        is_(j, "stranded", j["flag"], j["flag"] + 1, j["flag"] + 2)

    def test_not_stranded_while_it_is_queued(self) -> None:
        j = self.told().installed(False).queued(True, t=61)
        is_(j, "fatal-notified", j["flag"], j["flag"] + 1, j["flag"] + 2)

    def test_not_stranded_while_it_is_installed(self) -> None:
        j = self.told()
        is_(j, "fatal-notified", j["flag"], j["flag"] + 1, j["flag"] + 2)

    def test_not_stranded_where_the_runner_was_not_told(self) -> None:
        j = J(level="process").up().gives_up(t=60).called("x")
        is_(j, "silent-death", j["x"])


class TestExitedByItself:
    @pytest.mark.parametrize("code", [0, 1, 75])
    def test_a_program_that_ended_itself_exited_with_its_code(self, code: int) -> None:
        j = J(level="runner").up().flags(t=60).tells().exits(code, t=61).called("exit")
        is_(j, "exited", j["exit"], more=f" with code {code}", end=61)

    def test_an_exit_in_the_tear_down_is_no_ending(self) -> None:
        j = J(level="runner").up().gives_up(t=60).called("x")
        records = j.ends(3 * HOUR).exits(0).disconnects().leaves().closed()
        assert ended(records).name == "silent-death"


class TestGaveUp:
    def test_fatal_notified_where_one_call_of_the_handler_ended_well(self) -> None:
        j = struck().flags(t=90).called("x").tells(t=95, how="raised").tells(t=96)
        is_(j, "fatal-notified", j["x"], j["x"] + 3, j["x"] + 4)

    @pytest.mark.parametrize("how", [None, "raised", "cancelled"])
    def test_fatal_unfinished_where_no_call_of_the_handler_ended_well(self, how: str | None) -> None:
        j = struck().flags(t=90).called("x").tells(t=95, how=how)
        lines = (j["x"] + 1, j["x"] + 2) if how else (j["x"] + 1,)
        is_(j, "fatal-unfinished", j["x"], *lines)

    def test_fatal_unnotified_where_the_flag_was_set_and_nobody_called(self) -> None:
        j = struck().gives_up(t=90).called("end").flags(t=91).called("flag")
        is_(j, "fatal-unnotified", j["end"], j["flag"])
        j = struck().flags(t=91).called("flag")
        is_(j, "fatal-unnotified", j["flag"])

    def test_silent_death_where_only_the_listener_ended(self) -> None:
        j = struck().gives_up(t=90).called("end")
        is_(j, "silent-death", j["end"])


class TestHung:
    @pytest.mark.parametrize(("after", "name"), [(120, "retrying"), (120.01, "hung")])
    def test_an_attempt_may_be_open_as_long_as_its_bound(self, after: float, name: str) -> None:
        assert ended(struck().tries(t=70, how=None).done(70 + after)).name == name

    def test_the_open_attempt_is_named(self) -> None:
        j = struck().tries(t=70, how=None).called("try")
        is_(j, "hung", j["try"], end=191)

    @pytest.mark.parametrize(("after", "name"), [(120, "retrying"), (120.01, "hung")])
    def test_a_connection_may_wait_for_ready_as_long(self, after: float, name: str) -> None:
        assert ended(struck().opens(2, t=70).done(70 + after)).name == name

    def test_the_waiting_connection_is_named(self) -> None:
        j = struck().opens(2, t=70).called("open")
        is_(j, "hung", j["open"], more=": its connection waits for READY", end=191)

    def test_a_connection_that_was_ready_or_has_ended_does_not_count(self) -> None:
        j = struck().opens(2, t=70).loses(2, t=80).ready(3, t=90).interrupted(3, t=95).tries(t=700)
        assert ended(j.done(800)).name == "retrying"


class TestTrying:
    def test_retrying_where_the_last_attempt_is_recent(self) -> None:
        j = struck().tries(t=90).tries(t=600).called("end")
        is_(j, "retrying", j["end"] - 1, end=700)

    def test_serving_without_a_probe_counts_as_retrying(self) -> None:
        j = struck().ready(2, t=90).called("ready")
        is_(j, "retrying", j["ready"], end=100)

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
        is_(j, "livelock", 5, last, more=": its connections are lost soon after READY", end=2060)

    def test_flapping_that_ended_before_is_no_livelock(self) -> None:
        j = J().up().loses(t=60).says("x")
        for i in range(2, 30):
            j.ready(i, t=100.0 * i).loses(i, t=100.0 * i + 50)
        assert ended(j.ready(99, t=5000).loses(99, t=5400).done(5500)).name == "retrying"

    def test_a_livelock_where_it_is_not_polite(self) -> None:
        j = struck().identifies(t=70).called("a").identifies(t=71).called("b")
        is_(j, "livelock", j["a"], j["b"], more=": more often than is polite", end=80)

    def test_a_livelock_where_it_tries_long_after_the_healing(self) -> None:
        j = J(heal="10m").up().acts(t=60).loses(t=60).says("x").called("x").heals(t=600).called("heal")
        j.tries(t=900)
        lines = (j["heal"], j["x"] - 1, j["x"])
        is_(j, "livelock", *lines, more=": long after the healing", end=1201)


def test_a_dormant_bot_s_evidence_is_its_last_sign_of_trying() -> None:
    j = struck().tries(t=90).called("tried")
    is_(j, "dormant", j["tried"] - 1)  # where that attempt began


class TestTheTable:
    def test_what_says_nothing_of_the_bot_comes_first(self) -> None:
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
