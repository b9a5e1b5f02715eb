"""One worker, monitored: each kind of misbehaviour is named, costs one run, and has its stacks written."""

from __future__ import annotations

import errno
import signal

import pytest

from harness.journal import record as journal
from harness.journal.run_kinds import RunClose, RunTeardown
from harness.process import worker_monitor
from tests.harness.process.supervised import Supervised, close_record, extras


@pytest.mark.parametrize(
    ("entry", "why", "status"),
    [
        ("exits_with_3", "exited", 3),
        ("raises_system_exit_4", "exited", 4),
        ("maps_a_tebibyte", "exited", 9),
        ("segfaults", "killed", -signal.SIGSEGV),
        ("dies_in_the_middle_of_a_line", "killed", -signal.SIGKILL),
        ("spins", "cpu", None),
        ("spins_in_a_thread", "cpu", None),
        ("spins_beside_the_platforms_thread", "cpu", None),
        ("spins_in_the_platforms_thread", "platform", None),
        ("sleeps_in_c", "blocked", None),
        ("polls_in_c", "blocked", None),
        ("stops_itself", "blocked", None),
        ("uses_all_memory", "memory", None),
    ],
)
def test_a_misbehaving_worker_is_named_and_the_next_run_is_not_affected(
    supervised: Supervised, monkeypatch: pytest.MonkeyPatch, entry: str, why: str, status: int | None
) -> None:
    monkeypatch.setattr(worker_monitor, "STACK_S", 1.0)  # a stopped process writes none
    close = supervised.close_of(entry)
    assert (close.why, close.status) == (why, status)
    assert supervised.close_of("ends_normally", name="next") == RunClose("end")


WOKEN = (
    "sleeps_until_a_signal",
    "selects_until_a_signal",
    "accepts_until_a_signal",
    "locks_until_a_signal",
    "reports_a_problem_once_woken",
)
"""Entries that wait in a call of the C library, which the dump of their stacks ends, and then go on."""


@pytest.mark.parametrize("entry", WOKEN)
def test_what_a_worker_does_after_it_was_found_blocked_does_not_count(
    supervised: Supervised, entry: str
) -> None:
    result = supervised.run(entry)
    assert result.problem is None
    assert result.journal is not None
    first, close = journal.parse(result.journal.read_text())
    assert isinstance(first.event, RunTeardown)
    assert isinstance(close.event, RunClose)
    assert (close.src, close.event.why) == ("parent", "blocked")
    assert f"in {entry}" in extras(result)["stack"]


def test_a_fresh_interpreter_is_killed_as_a_fork_is(supervised: Supervised) -> None:
    assert supervised.close_of("spins_in_a_thread", fresh=True).why == "cpu"
    assert supervised.close_of("ends_normally", name="next", fresh=True) == RunClose("end")


def test_an_import_within_a_turn_may_take_more_cpu_than_the_limit(supervised: Supervised) -> None:
    assert supervised.close_of("imports_slowly") == RunClose("end")


def test_an_import_that_never_ends_is_killed_after_all_extensions(supervised: Supervised) -> None:
    result = supervised.run("imports_without_end", limits={"cpu_s": 0.05})
    assert close_record(result).why == "cpu"
    assert "importlib" in extras(result)["stack"]


def test_a_spin_in_a_turn_that_imported_is_killed_after_all_extensions_and_says_so(
    supervised: Supervised,
) -> None:
    close = supervised.close_of("imports_and_spins", limits={"cpu_s": 0.05})
    assert close.why == "cpu"
    assert close.detail is not None and "for it was importing" in close.detail


def test_a_subject_that_removes_its_folder_or_cuts_its_page_short_costs_its_own_run_only(
    supervised: Supervised,
) -> None:
    for entry in ("removes_its_folder_and_hangs", "cuts_its_page_short_and_hangs"):
        assert supervised.close_of(entry, name=entry).why in ("blocked", "killed")
    assert supervised.close_of("puts_pipes_in_place_of_its_files_and_hangs", name="pipes").why == "blocked"
    assert supervised.close_of("nests_folders", name="nested") == RunClose("end")
    assert supervised.close_of("ends_normally", name="next") == RunClose("end")


@pytest.mark.parametrize(("entry", "why"), [("fills_its_folder", "files"), ("fills_its_journal", "journal")])
def test_what_a_worker_writes_is_limited(supervised: Supervised, entry: str, why: str) -> None:
    limits = {"written": 20 << 20, "journal": 1 << 20}
    assert supervised.close_of(entry, limits=limits).why == why
    assert supervised.close_of("ends_normally", name="next") == RunClose("end")


def test_no_file_of_a_worker_can_be_huge(supervised: Supervised) -> None:
    close = supervised.close_of("writes_one_huge_file")
    assert (close.why, close.status) == ("exited", errno.EFBIG)


@pytest.mark.parametrize(
    "entry", ["puts_a_folder_in_place_of_its_journal", "puts_a_pipe_in_place_of_its_journal"]
)
def test_what_a_subject_puts_in_place_of_its_journal_is_no_journal_and_goes_away(
    supervised: Supervised, entry: str
) -> None:
    result = supervised.run(entry)
    assert "wrote no journal" in str(result.problem)
    assert list(supervised.out.iterdir()) == []
    assert supervised.close_of("ends_normally", name="next") == RunClose("end")


def test_a_process_whose_main_thread_only_has_ended_is_blocked(
    supervised: Supervised, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_monitor, "KILL_S", 1.0)
    assert supervised.close_of("ends_its_main_thread_only").why == "blocked"


def test_a_run_that_is_never_over_is_closed_at_the_time_of_its_last_turn(supervised: Supervised) -> None:
    result = supervised.run("turns_without_end", limits={"wall_s": 1.0})
    assert result.journal is not None
    *_, before, close = journal.parse(result.journal.read_text())
    assert close.t > before.t
    assert close.src == "parent"
    assert isinstance(close.event, RunClose)
    assert close.event.why == "wall"
    assert 1_000 * close.event.counts["turns"] == close.t


def test_the_stacks_of_a_killed_worker_are_in_its_last_record(supervised: Supervised) -> None:
    spinning, sleeping = supervised.supervisor.run_all(
        [supervised.spec("spins", name="spinning"), supervised.spec("sleeps_in_c", name="sleeping")]
    )
    assert "in burn" in extras(spinning)["stack"]
    assert "in sleeps_in_c" in extras(sleeping)["stack"]
    assert set(extras(spinning)) >= {"wall_s", "cpu_s", "rss"}


def test_the_cpu_of_a_killed_worker_is_measured(supervised: Supervised) -> None:
    assert supervised.run("spins").cpu_s >= 0.5


def test_a_worker_without_a_first_turn_is_killed_and_counts_as_not_imported(supervised: Supervised) -> None:
    result = supervised.run("never_makes_a_turn", limits={"importing_s": 0.5})
    assert result.whose == "subject"
    assert "could not be imported (killed by the supervisor: no first turn of the clock within 0.5 s)" in str(
        result.problem
    )


@pytest.mark.parametrize(
    ("entry", "why"),
    [("closes_its_journal_then_spins", "end"), ("closes_its_journal_while_importing", "spin")],
)
def test_a_journal_that_the_worker_closed_is_not_closed_again(
    supervised: Supervised, entry: str, why: str
) -> None:
    assert supervised.close_of(entry).why == why
