"""One journal for each ending that says how the run ended: by the harness, the worker or the program."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.journal.record import Record
from harness.journal.run_kinds import RunClose, RunnerStop
from harness.judging.endings import ENDINGS, Ending
from tests.harness.journals import HOUR, J, assert_ending, ended


class TestInstrumentFailed:
    def failed(self, records: object, why: str, *lines: int) -> None:
        assert isinstance(records, list)
        half = f"the harness itself failed, so this says nothing about the bot: {why}"
        assert ended(records) == Ending("instrument-failed", half, lines)

    def test_an_empty_journal_is_a_failed_instrument(self) -> None:
        self.failed([], "the journal does not begin with run.open")

    def test_a_gap_in_the_numbers_of_records_is_a_failed_instrument(self) -> None:
        records = J().up().probed(t=60).done(90)
        self.failed([*records[:3], *records[4:]], "records are missing in the journal", 5)
        self.failed(records[1:], "records are missing in the journal", 2)
        self.failed([records[0], replace(records[0]), *records[1:]], "records are missing in the journal", 1)

    def test_a_record_older_than_the_one_before_it_is_a_failed_instrument(self) -> None:
        records = J().up().probed(t=60).done(90)
        records[4] = replace(records[4], t=-5)
        self.failed(records, "time ran backwards in the journal", 5)

    def test_a_journal_without_run_open_is_a_failed_instrument(self) -> None:
        records = J(opened=False).up().done(90)
        self.failed(records, "the journal does not begin with run.open", len(records))

    def test_a_journal_without_run_close_is_a_failed_instrument(self) -> None:
        records = J().up().records
        self.failed(records, "the journal has no run.close, so nothing says how the run ended", len(records))

    def test_a_clock_that_was_held_or_lost_step_is_a_failed_instrument(self) -> None:
        j = J().up().held(t=50).called("x")
        self.failed(j.spins().done(90), "trouble with the virtual clock", j["x"])
        j = J().up().hiccups(t=50).called("x")
        self.failed(j.held().done(90), "trouble with the virtual clock", j["x"])

    def test_an_error_of_the_harness_is_told_in_its_own_words(self) -> None:
        j = J().up().spins().add(RunClose("harness", "OSError: no space (world.py:1)"), src="loop")
        why = "the worker stopped the run over an error of the harness (OSError: no space (world.py:1))"
        self.failed(j.records, why, len(j.records))

    def test_a_run_that_never_came_about_is_told_in_the_words_of_the_harness(self) -> None:
        records = J().up().closed("harness", detail="no module named hermes")
        why = "the harness closed the journal, because no run came about (no module named hermes)"
        self.failed(records, why, len(records))

    def test_a_run_that_the_rules_ended_says_nothing_about_the_bot_and_names_them(self) -> None:
        records = J().up().add(RunClose("rules", "a; b"), src="loop").records
        end = ended(records)
        assert (end.name, end.judged, end.lines) == ("instrument-failed", False, (len(records),))
        assert end.half.startswith("the scenario's rules themselves ended the run")
        assert "set each other off" in end.half and end.half.endswith("(a; b)")

    def test_cpu_that_the_fake_platform_used_says_nothing_about_the_bot(self) -> None:
        records = J().up().closed("platform", t=60)
        why = "the harness ended the worker, whose fake platform used CPU and let no time pass"
        self.failed(records, why, len(records))

    def test_a_starved_loop_explains_a_run_ended_at_the_limit_on_real_time(self) -> None:
        assert ended(J().up().spins().closed("wall", t=60)).name == "busy-spin"
        assert ended(J().up().blocks().closed("wall", t=60)).name == "blocked"


@pytest.mark.parametrize(
    ("why", "name", "more"),
    [
        (
            "wall",
            "time-limit",
            "the harness ended the worker, which had not finished in the real time allowed",
        ),
        ("journal", "journal-limit", "the harness ended the worker, whose journal grew beyond its limit"),
        (
            "files",
            "file-limit",
            "the harness ended the worker, which wrote more into its folder than a run may",
        ),
    ],
)
def test_a_run_that_a_limit_cut_off_has_an_ending_of_its_own(why: str, name: str, more: str) -> None:
    records = J().up().closed(why, t=60)
    end = ended(records)
    assert (str(end), end.lines) == (f"{name}: {ENDINGS[name].half}: {more}", (len(records),))
    assert (end.judged, end.cut) == (True, True)


def test_a_journal_that_the_worker_found_too_long_is_told_so() -> None:
    end = ended(J().up().add(RunClose("journal", "250000 records"), src="loop").records)
    assert end.half.endswith(
        "the worker stopped the run, whose journal grew beyond its limit (250000 records)"
    )


class TestInterrupted:
    def stopped(self, j: J) -> list[Record]:
        return j.closed("killed", detail="interrupted")

    def test_a_run_that_was_stopped_from_outside_is_no_crash(self) -> None:
        records = self.stopped(J().up())
        half = "the run was stopped from outside, so this says nothing about the bot"
        assert ended(records) == Ending("interrupted", half, (len(records),))

    def test_an_interrupted_run_says_nothing_of_the_bot(self) -> None:
        assert not ended(self.stopped(J().up())).judged
        assert ended(J().up().closed("killed", detail="signal 9")).judged

    def test_what_the_bot_had_done_before_the_interruption_is_no_ending(self) -> None:
        assert ended(self.stopped(J().up().spins())).name == "interrupted"
        assert ended(self.stopped(J().up().gives_up(t=60))).name == "interrupted"

    def test_a_failed_instrument_outranks_an_interruption(self) -> None:
        assert ended(self.stopped(J().up().held())).name == "instrument-failed"

    def test_an_interruption_during_the_tear_down_interrupts_the_run_too(self) -> None:
        assert ended(self.stopped(J().up().probed(t=60).ends(90))).name == "interrupted"


class TestStarved:
    @pytest.mark.parametrize(
        ("why", "name"), [("spin", "busy-spin"), ("cpu", "busy-spin"), ("blocked", "blocked")]
    )
    def test_a_worker_that_was_ended_for_starving_its_loop_has_that_ending(self, why: str, name: str) -> None:
        records = J().up().closed(why, t=60)
        assert ended(records) == Ending(name, ENDINGS[name].half, (len(records),))
        j = J().up().spins(t=50).called("spin")
        assert ended(j.closed(why)) == Ending(name, ENDINGS[name].half, (j["spin"], j["spin"] + 1))

    def test_the_record_of_a_blocked_loop_is_named_before_the_end(self) -> None:
        j = J().up().blocks(t=50).called("x")
        assert ended(j.closed("blocked")).lines == (j["x"], j["x"] + 1)

    def test_a_starved_loop_counts_though_the_worker_was_not_ended_for_it(self) -> None:
        j = J().up().blocks(t=50).called("x")
        assert_ending(j, "blocked", j["x"])
        j = J().up().blocks(t=50).spins(t=50).called("x")
        assert_ending(j, "busy-spin", j["x"])


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


class TestExitedByItself:
    @pytest.mark.parametrize("code", [0, 1, 75])
    def test_a_program_that_ended_itself_exited_with_its_code(self, code: int) -> None:
        j = J(level="runner").up().flags(t=60).tells().exits(code, t=61).called("exit")
        assert_ending(j, "exited", j["exit"], more=f" with code {code}", end=61)

    def test_an_exit_in_the_tear_down_is_no_ending(self) -> None:
        j = J(level="runner").up().gives_up(t=60).called("x")
        records = j.ends(3 * HOUR).exits(0).disconnects().leaves().closed()
        assert ended(records).name == "silent-death"
