"""One journal for each ending, the order of the rows, and that every journal gets exactly one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.journal.run_kinds import RunnerStop
from harness.judging.endings import ENDINGS, ROWS, STARVED, Ending
from tests.harness.journals import BEAT, J, ended

HOUR = 3600.0


def is_(j: J, name: str, *lines: int, more: str = "", end: float = 3 * HOUR) -> None:
    """After a whole run to `end`, the ending is `name`, proved by `lines`."""
    assert ended(j.done(end)) == Ending(name, ENDINGS[name] + more, lines)


def struck() -> J:
    return J().up().acts(t=60).loses(t=60).says("retrying").called("lost")


class TestInstrumentFailed:
    def failed(self, records: object, why: str, *lines: int) -> None:
        assert isinstance(records, list)
        half = f"the harness itself failed, so this says nothing about the bot: {why}"
        assert ended(records) == Ending("instrument-failed", half, lines)

    def test_an_empty_journal(self) -> None:
        self.failed([], "the journal has no beginning")

    def test_not_dense(self) -> None:
        records = J().up().probed(t=60).done(90)
        self.failed([*records[:3], *records[4:]], "records are missing", 5)
        self.failed(records[1:], "records are missing", 2)
        self.failed([records[0], replace(records[0]), *records[1:]], "records are missing", 1)

    def test_time_ran_backwards(self) -> None:
        records = J().up().probed(t=60).done(90)
        records[4] = replace(records[4], t=-5)
        self.failed(records, "time ran backwards", 5)

    def test_not_opened(self) -> None:
        records = J(opened=False).up().done(90)
        self.failed(records, "the journal has no beginning", len(records))

    def test_not_closed(self) -> None:
        records = J().up().records
        self.failed(records, "the journal has no end", len(records))

    def test_trouble_with_the_clock(self) -> None:
        j = J().up().held(t=50).called("x")
        self.failed(j.spins().done(90), "trouble with the clock", j["x"])
        j = J().up().hiccups(t=50).called("x")
        self.failed(j.held().done(90), "trouble with the clock", j["x"])

    def test_an_error_of_the_harness(self) -> None:
        records = J().up().spins().closed("harness")
        self.failed(records, "an error of the harness", len(records))

    def test_the_wall_limit_without_a_witness_against_the_bot(self) -> None:
        records = J().up().closed("wall", t=60)
        self.failed(records, "the wall limit was reached", len(records))
        assert ended(J().up().spins().closed("wall", t=60)).name == "busy-spin"
        assert ended(J().up().blocks().closed("wall", t=60)).name == "blocked"


class TestStarved:
    @pytest.mark.parametrize(
        ("why", "name"), [("spin", "busy-spin"), ("cpu", "busy-spin"), ("blocked", "blocked")]
    )
    def test_the_worker_was_ended_for_it(self, why: str, name: str) -> None:
        records = J().up().closed(why, t=60)
        assert ended(records) == Ending(name, ENDINGS[name], (len(records),))
        j = J().up().spins(t=50).called("spin")
        assert ended(j.closed(why)) == Ending(name, ENDINGS[name], (j["spin"], j["spin"] + 1))

    def test_a_block_is_named_too(self) -> None:
        j = J().up().blocks(t=50).called("x")
        assert ended(j.closed("blocked")).lines == (j["x"], j["x"] + 1)

    def test_or_it_was_seen(self) -> None:
        j = J().up().blocks(t=50).called("x")
        is_(j, "blocked", j["x"])
        j = J().up().blocks(t=50).spins(t=50).called("x")
        is_(j, "busy-spin", j["x"])


class TestCrashed:
    @pytest.mark.parametrize(
        ("why", "more"),
        [("killed", ": a signal"), ("memory", ": too much memory"), ("exited", ": an exit of its own")],
    )
    def test_the_process_died(self, why: str, more: str) -> None:
        records = J().up().closed(why, t=60, status=1)
        assert ended(records) == Ending("crashed", ENDINGS["crashed"] + more, (len(records),))

    def test_a_signal_after_the_runner_s_stop_is_still_one(self) -> None:
        assert ended(J().up().add(RunnerStop("begin")).closed("killed")).name == "crashed"


def test_exited_after_the_runner_s_stop() -> None:
    records = J().up().add(RunnerStop("begin")).closed("exited", status=78)
    assert ended(records) == Ending("exited", "ended itself with status 78", (len(records),))


def test_never_connected() -> None:
    is_(J().connects(0, how="failed"), "never-connected")
    is_(J().opens(t=1).interrupted(t=2).ready(t=3), "never-connected")
    is_(J().flags(t=1).tells(), "never-connected")


def test_a_moment_of_service_is_one() -> None:
    assert ended(J().ready(t=5).loses(t=5).gives_up(t=6).done(90)).name == "silent-death"
    assert ended(J().interrupted(t=1).ready(t=3).released(t=4).gives_up(t=5).done(90)).name == "silent-death"


class TestServed:
    def test_undisturbed(self) -> None:
        j = J().up().sends("p", t=60, probe=True).called("a").handles("p").replies("p")
        is_(j, "undisturbed", j["a"], j["a"] + 1, j["a"] + 2)

    def test_tolerated(self) -> None:
        j = J().up().acts(t=50).sends("p", t=60, probe=True).called("a").handles("p").replies("p")
        is_(j, "tolerated", j["a"], j["a"] + 1, j["a"] + 2)

    def test_recovered(self) -> None:
        j = struck().ready(2, t=90).sends("p", 2, t=900, probe=True).called("a").handles("p").replies("p")
        is_(j, "recovered", j["a"], j["a"] + 1, j["a"] + 2)

    def test_recovered_where_it_was_only_up_for_no_time(self) -> None:
        j = J().ready(1, t=1).acts().close_frame(1).loses(1).ready(2, t=90).probed(2, t=900)
        assert ended(j.done(1000)).name == "recovered"

    def test_even_after_a_give_up(self) -> None:
        is_(struck().gives_up(t=80).ready(2, t=90).probed(2, t=900).called("p"), "recovered", 14, 15, 16)

    def test_the_last_probe_in_the_last_service_counts(self) -> None:
        j = struck().ready(2, t=90).probed(2, t=900, name="p").sends("q", 2, t=2000, probe=True).called("q")
        is_(j, "deaf", j["q"])
        j = struck().ready(2, t=90).sends("q", 2, t=900, probe=True).probed(2, t=2000, name="p").called("p")
        is_(j, "recovered", j["p"] - 2, j["p"] - 1, j["p"])
        assert ended(J().up().probed(t=50).loses(t=60).ready(2, t=90).done(95)).name == "retrying"
        assert ended(J().up().loses(t=60).ready(2, t=90).probed(2, t=90).done(95)).name == "undisturbed"


class TestDeaf:
    def test_the_probe_was_not_handled(self) -> None:
        j = J().up().sends("p", t=60, probe=True).called("a")
        is_(j, "deaf", j["a"], end=70)

    def test_or_its_reply_never_came(self) -> None:
        j = J().up().sends("p", t=60, probe=True).called("a").handles("p")
        is_(j, "deaf", j["a"])

    def test_a_young_probe_is_no_proof(self) -> None:
        assert ended(J().up().sends("p", t=60, probe=True).done(69.99)).name == "retrying"


class TestZombie:
    @pytest.mark.parametrize(("after", "name"), [(3 * BEAT + 10, "retrying"), (3 * BEAT + 10.01, "zombie")])
    def test_says_connected_and_serves_nobody(self, after: float, name: str) -> None:
        assert ended(J().up().loses(t=60).done(60 + after)).name == name

    def test_names_when_it_began(self) -> None:
        j = J().up().interrupted(t=60).called("on")
        is_(j, "zombie", j["on"])

    def test_its_property_speaks_where_there_is_no_file(self) -> None:
        j = J().ready(t=1).state(1, connected=True).loses(t=60).called("lost")
        is_(j, "zombie", j["lost"])

    def test_not_once_it_changed_its_word(self) -> None:
        assert ended(J().up().loses(t=60).says("x", t=600).tries().done(700)).name == "retrying"

    def test_not_after_it_gave_up(self) -> None:
        j = J().up().loses(t=60).gives_up(t=60).called("death")
        is_(j, "silent-death", j["death"])


class TestStranded:
    def told(self) -> J:
        return J(level="runner").up().installed(True).flags(t=60).called("flag").tells()

    def test_neither_queued_nor_installed_at_the_end(self) -> None:
        j = self.told().installed(False)
        is_(j, "stranded", j["flag"], j["flag"] + 1, j["flag"] + 2)

    def test_queued_once_and_then_forgotten(self) -> None:
        j = self.told().installed(False).queued(True, t=61).queued(False, t=900)
        is_(j, "stranded", j["flag"], j["flag"] + 1, j["flag"] + 2)

    def test_still_queued(self) -> None:
        j = self.told().installed(False).queued(True, t=61)
        is_(j, "fatal-notified", j["flag"], j["flag"] + 1, j["flag"] + 2)

    def test_still_installed(self) -> None:
        j = self.told()
        is_(j, "fatal-notified", j["flag"], j["flag"] + 1, j["flag"] + 2)

    def test_it_was_not_told(self) -> None:
        j = J(level="process").up().gives_up(t=60).called("x")
        is_(j, "silent-death", j["x"])


class TestExitedByItself:
    @pytest.mark.parametrize("code", [0, 1, 75])
    def test_with_its_code(self, code: int) -> None:
        j = J(level="runner").up().flags(t=60).tells().exits(code, t=61).called("exit")
        is_(j, "exited", j["exit"], more=f" with code {code}", end=61)

    def test_an_end_in_the_tear_down_is_none(self) -> None:
        j = J(level="runner").up().gives_up(t=60).called("x")
        records = j.ends(3 * HOUR).exits(0).disconnects().leaves().closed()
        assert ended(records).name == "silent-death"


class TestGaveUp:
    def test_fatal_notified(self) -> None:
        j = struck().flags(t=90).called("x").tells(t=95, how="raised").tells(t=96)
        is_(j, "fatal-notified", j["x"], j["x"] + 3, j["x"] + 4)

    @pytest.mark.parametrize("how", [None, "raised", "cancelled"])
    def test_fatal_unfinished(self, how: str | None) -> None:
        j = struck().flags(t=90).called("x").tells(t=95, how=how)
        lines = (j["x"] + 1, j["x"] + 2) if how else (j["x"] + 1,)
        is_(j, "fatal-unfinished", j["x"], *lines)

    def test_fatal_unnotified(self) -> None:
        j = struck().gives_up(t=90).called("end").flags(t=91).called("flag")
        is_(j, "fatal-unnotified", j["end"], j["flag"])
        j = struck().flags(t=91).called("flag")
        is_(j, "fatal-unnotified", j["flag"])

    def test_silent_death(self) -> None:
        j = struck().gives_up(t=90).called("end")
        is_(j, "silent-death", j["end"])


class TestHung:
    @pytest.mark.parametrize(("after", "name"), [(120, "retrying"), (120.01, "hung")])
    def test_an_attempt_is_open_beyond_its_bound(self, after: float, name: str) -> None:
        j = struck().tries(t=70, how=None).called("try")
        found = ended(j.done(70 + after))
        assert found.name == name
        if name == "hung":
            assert found.lines == (j["try"],) and found.half == ENDINGS["hung"]

    @pytest.mark.parametrize(("after", "name"), [(120, "retrying"), (120.01, "hung")])
    def test_or_a_connection_that_waits_for_ready(self, after: float, name: str) -> None:
        j = struck().opens(2, t=70).called("open")
        found = ended(j.done(70 + after))
        assert found.name == name
        if name == "hung":
            assert found == Ending("hung", f"{ENDINGS['hung']}: its connection waits for READY", (j["open"],))

    def test_not_one_that_was_ready_or_has_ended(self) -> None:
        j = struck().opens(2, t=70).loses(2, t=80).ready(3, t=90).interrupted(3, t=95).tries(t=700)
        assert ended(j.done(800)).name == "retrying"


class TestTrying:
    def test_retrying(self) -> None:
        j = struck().tries(t=90).tries(t=600).called("end")
        is_(j, "retrying", j["end"] - 1, end=700)

    def test_serving_without_a_probe_proves_nothing_else(self) -> None:
        j = struck().ready(2, t=90).called("ready")
        is_(j, "retrying", j["ready"], end=100)

    @pytest.mark.parametrize(("after", "name"), [(600, "retrying"), (600.01, "dormant")])
    def test_only_with_a_sign_of_it(self, after: float, name: str) -> None:
        assert ended(struck().tries(t=90).done(90 + after)).name == name

    @pytest.mark.parametrize(("count", "name"), [(19, "retrying"), (20, "livelock")])
    def test_flapping(self, count: int, name: str) -> None:
        j = J().up().loses(t=60).says("x")
        for i in range(2, count + 1):
            j.ready(i, t=100.0 * i).loses(i, t=100.0 * i + 50)
        found = ended(j.done(100 * count + 60))
        assert found.name == name
        if name == "livelock":
            half = "goes on and on without getting anywhere: up and down, never held"
            assert found == Ending("livelock", half, (5, len(j.records) - 7))

    def test_it_flapped_once_and_held_since(self) -> None:
        j = J().up().loses(t=60).says("x")
        for i in range(2, 30):
            j.ready(i, t=100.0 * i).loses(i, t=100.0 * i + 50)
        assert ended(j.ready(99, t=5000).loses(99, t=5400).done(5500)).name == "retrying"

    def test_not_politely(self) -> None:
        j = struck().identifies(t=70).called("a").identifies(t=71).called("b")
        is_(j, "livelock", j["a"], j["b"], more=": and not politely", end=80)

    def test_long_after_the_healing(self) -> None:
        j = J(heal="10m").up().acts(t=60).loses(t=60).says("x").called("x").heals(t=600).called("heal")
        j.tries(t=900)
        lines = (j["heal"], j["x"] - 1, j["x"])
        is_(j, "livelock", *lines, more=": long after the healing", end=1201)


def test_dormant_shows_its_last_sign_of_life() -> None:
    j = struck().tries(t=90).called("tried")
    is_(j, "dormant", j["tried"] - 1)  # where that attempt began


class TestTheTable:
    def test_the_rows_in_order(self) -> None:
        assert [row.__name__ for row in ROWS] == [
            "_instrument_failed",
            "_starved",
            "_crashed",
            "_exited",
            "_never_connected",
            "_served",
            "_deaf",
            "_zombie",
            "_stranded",
            "_gave_up",
            "_hung",
            "_trying",
            "_dormant",
            "_unclassified",
        ]

    def test_the_words(self) -> None:
        assert list(ENDINGS) == [
            "instrument-failed",
            "busy-spin",
            "blocked",
            "crashed",
            "exited",
            "never-connected",
            "undisturbed",
            "tolerated",
            "recovered",
            "deaf",
            "zombie",
            "stranded",
            "fatal-notified",
            "fatal-unfinished",
            "fatal-unnotified",
            "silent-death",
            "hung",
            "livelock",
            "retrying",
            "dormant",
            "unclassified",
        ]
        assert STARVED == ("busy-spin", "blocked", "crashed")

    def test_as_one_line(self) -> None:
        found = ended(struck().gives_up(t=90).done(700))
        assert str(found) == "silent-death: gave up and told nobody"

    def test_a_crash_outranks_a_give_up(self) -> None:
        assert ended(struck().gives_up(t=90).closed("memory")).name == "crashed"

    def test_the_wrong_word_outranks_an_open_attempt(self) -> None:
        assert ended(J().up().loses(t=60).tries(t=70, how=None).done(900)).name == "zombie"

    def test_a_give_up_outranks_an_open_attempt(self) -> None:
        assert ended(struck().tries(t=70, how=None).gives_up(t=80).done(900)).name == "silent-death"
