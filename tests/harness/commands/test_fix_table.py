"""The rows of a fix table, from hand-written journals: each cell comes from its own run."""

from __future__ import annotations

from typing import Any

import pytest

from harness.commands.fix_table import Row, outages, row
from harness.commands.report.fix_tables import HEAD, cells_of
from harness.journal.record import Record
from harness.journal.run_kinds import ProcExit
from harness.journal.runner_kinds import RunnerQueue
from harness.judging.outcome import judge
from harness.scenario import selection
from tests.harness.journals import J

HOUR = 3600.0


def gone(*, level: str = "runner", **scenario: Any) -> J:
    """It served, lost its connection, and its listener ended at 600 s."""
    return J(level=level, **scenario).up().acts(t=60).loses(t=60).tries(t=62).gives_up(t=600)


def over(j: J, t: float) -> list[Record]:
    """The end, with the program's own."""
    return j.ends(t).disconnects().add(ProcExit(0), src="probe").leaves().closed()


def made(records: list[Record], *, ends: bool = False, fix: str = "detached") -> Row:
    return row(fix, judge(records), records, ends)


def cells(records: list[Record], *, ends: bool = False) -> dict[str, str]:
    return dict(zip(HEAD, cells_of(made(records, ends=ends)), strict=True))


class TestRow:
    def test_a_bot_that_told_nobody_has_no_flag_and_no_call(self) -> None:
        found = made(over(gone(asks=["back"]), 3 * HOUR))
        assert (found.flag, found.calls, found.finished) == ("no", 0, None)
        assert (found.gave_up_us, found.ending, found.why_not) == (600_000_000, "silent-death", ("back",))

    @pytest.mark.parametrize(("retryable", "word"), [(True, "retryable"), (False, "final")])
    def test_the_flag_is_retryable_or_final(self, retryable: bool, word: str) -> None:
        j = gone().state(fatal={"code": "x", "retryable": retryable})
        assert made(j.done(3 * HOUR)).flag == word

    @pytest.mark.parametrize(
        ("how", "word", "cell"),
        [("ok", "ok", "yes"), ("cancelled", "cancelled", "cancelled"), (None, "open", "no")],
    )
    def test_the_handlers_cell_says_how_its_first_call_ended(self, how: Any, word: str, cell: str) -> None:
        records = gone().flags().tells(how=how).done(3 * HOUR)
        assert made(records).finished == word
        assert cells(records)["handler finished"] == cell

    def test_two_calls_of_the_handler_are_counted(self) -> None:
        assert cells(gone().flags().tells().tells(t=610).done(3 * HOUR))["callback"] == "2 times"

    def test_a_bot_that_serves_again_has_the_time_since_the_healing(self) -> None:
        j = gone(heal="20m").flags().tells().heals(t=1200).ready(2, t=1228.4).probed(2, t=1500)
        found = made(j.done(2000), ends=True)
        assert (found.back, found.back_us) == ("after", 28_400_000)
        assert cells(j.records, ends=True)["back after"] == "28 s"

    def test_a_bot_that_never_serves_again_says_never(self) -> None:
        assert cells(gone(heal="20m").heals(t=1200).done(3 * HOUR), ends=True)["back after"] == "never"

    def test_a_bare_adapter_has_no_cells_of_the_gateway(self) -> None:
        found = cells(gone(level="adapter", heal="20m").heals(t=1200).done(3 * HOUR), ends=True)
        assert (found["back after"], found["queue"]) == ("-", "-")

    def test_without_a_healing_there_is_no_time_until_service(self) -> None:
        assert made(gone().done(3 * HOUR)).back is None

    @pytest.mark.parametrize(
        ("code", "on_failure", "always"), [(0, "no", "yes"), (1, "yes", "yes"), (75, "yes", "yes")]
    )
    def test_an_exit_code_decides_whether_systemd_would_start_it_again(
        self, code: int, on_failure: str, always: str
    ) -> None:
        found = cells(gone(heal="20m").exits(code, t=601).done(601, why="exited"), ends=True)
        assert (found["exit code"], found["on-failure"], found["always"]) == (str(code), on_failure, always)
        assert found["back after"] == "-"

    def test_an_exit_during_the_tear_down_is_not_counted(self) -> None:
        records = gone().ends(3 * HOUR).exits(0).closed()
        assert made(records).exit_code is None

    @pytest.mark.parametrize(
        ("queued", "paused", "word"),
        [(True, False, "queued, 7 tries"), (True, True, "paused, 7 tries"), (False, False, "no, 7 tries")],
    )
    def test_the_queues_cell_is_its_last_state_with_the_most_tries(
        self, queued: bool, paused: bool, word: str
    ) -> None:
        j = gone().add(RunnerQueue("qqbot", True, 7), 700, "probe")
        j.add(RunnerQueue("qqbot", queued, 7 if queued else 0, paused), 800, "probe")
        assert cells(j.done(3 * HOUR))["queue"] == word

    def test_only_the_checks_that_decided_the_verdict_are_named(self) -> None:
        j = J(level="runner", asks=["truthful", "connects"], heal="20m").unmet()
        found = made(over(j, 3 * HOUR))
        assert (found.verdict, found.why_not, found.unmet) == ("fail", ("connects",), ("drop",))

    def test_a_bot_that_was_not_in_service_is_unknown_for_want_of_an_outage(self) -> None:
        records = over(J(level="runner", asks=["truthful"]).up().unmet(), 3 * HOUR)
        assert cells(records)["verdict"] == "UNKNOWN no outage"

    def test_a_bot_that_spins_has_its_ending_and_verdict_only(self) -> None:
        records = J(level="runner", asks=["back"]).up().acts(t=60).spins(t=62).closed("spin")
        found = made(records)
        assert found.starved
        assert cells(records) == {
            **dict.fromkeys(HEAD, "-"), "fix": "detached", "level": "runner", "outage": "never ends",
            "ending": "busy-spin", "verdict": "FAIL awake",
        }  # fmt: skip


def test_the_outages_of_issue_14539_end_after_the_give_up() -> None:
    found = outages(selection.by_issue("14539", "runner"))
    assert [one.name for one in found] == [
        *(f"exhausted/{x}" for x in ("gateway-500", "token-500", "upgrade-403", "refused")),
        *(f"exhausted-by-close/{x}" for x in ("rate-limit-4008", "generic-4000")),
    ]
    assert all(one.never.heal is None and one.ends.heal is not None for one in found)
    assert {one.until for one in found} == {"20m after the give-up, at 3h at the latest"}


def test_the_outages_of_another_issue_have_ends_of_their_own() -> None:
    found = outages(selection.by_issue("97857", "runner"))
    assert [(one.name, one.until) for one in found][:2] == [
        ("closed-for-good/offline-4914", "10m"),
        ("closed-for-good/banned-4915", "10m"),
    ]


def test_a_scenario_that_always_heals_or_has_one_level_is_no_outage() -> None:
    assert outages(selection.by_issue("42271", "runner")) == ()  # heals, always
    assert outages(run for run in selection.all_runs() if run.name.startswith("last-platform-lost")) == ()
