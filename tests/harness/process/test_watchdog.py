"""When a worker is killed, and when a loaded machine is no reason to."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from harness.process.heartbeat_page import Phase, Reading
from harness.process.watchdog import (
    GIB,
    MAX_EXTENSIONS,
    EndReason,
    Limits,
    Sample,
    Watchdog,
    wall_s_for,
)

LIMITS = Limits()
INTERVAL = 0.05


class SimulatedWorker:
    """Samples of one worker, one every 50 ms, given to a watchdog."""

    def __init__(self, phase: Phase = Phase.RUNNING, *, wants_cpu: bool = False) -> None:
        self.watchdog = Watchdog(LIMITS, lambda: wants_cpu)
        self.phase = phase
        self.at = 1000.0
        self.cpu = self.waited = self.platform = 0.0
        self.turns = 0
        self.imports = False

    def go_on(
        self,
        seconds: float,
        *,
        cpu: float = 0.0,
        turns: bool = False,
        waits: float = 0.0,
        platform: float = 0.0,
    ) -> tuple[EndReason, float] | None:
        """`cpu`, `waits` and, of the CPU, `platform`: seconds in each second. The first reason, if any, and
        after how long."""
        for i in range(round(seconds / INTERVAL)):
            reason = self.check()
            if reason:
                return reason, i * INTERVAL
            self.at += INTERVAL
            self.cpu += cpu * INTERVAL
            self.waited += waits * INTERVAL
            self.platform += platform * INTERVAL
            self.turns += turns
        return None

    def check(self, resident: int = 0) -> EndReason | None:
        reading = Reading(self.phase, self.turns, self.turns * 1000, self.imports)
        return self.watchdog.check(Sample(self.at, reading, self.cpu, resident, self.waited, self.platform))


def assert_killed(found: tuple[EndReason, float] | None, why: str, between: Iterable[float]) -> None:
    low, high = between
    assert found is not None
    assert found[0].why == why
    assert low <= found[1] <= high


def test_a_worker_that_makes_turns_is_not_killed_before_the_wall_limit() -> None:
    assert SimulatedWorker().go_on(119, cpu=1.0, turns=True) is None


def test_a_worker_that_writes_too_much_is_killed_for_that() -> None:
    watchdog, reading = Watchdog(Limits(written=10, journal=20)), Reading(Phase.RUNNING, 1, 1)
    assert watchdog.check(Sample(0, reading, 0, 0, written=10, journal=20)) is None
    for more, why in (({"written": 11}, "files"), ({"journal": 21}, "journal")):
        found = watchdog.check(Sample(0, reading, 0, 0, **more))
        assert found is not None and found.why == why


def test_cpu_without_a_turn_is_killed_after_two_seconds_of_it() -> None:
    assert_killed(SimulatedWorker().go_on(10, cpu=1.0), "cpu", (1.95, 2.1))


def test_the_cpu_that_counts_is_the_workers_own_and_not_elapsed_time() -> None:
    """A tenth of a core: the same two seconds of CPU take twenty."""
    worker = SimulatedWorker(wants_cpu=True)
    assert_killed(worker.go_on(60, cpu=0.1, waits=0.9), "cpu", (19.9, 20.2))


def test_cpu_of_the_fake_platforms_thread_is_never_held_against_the_subject() -> None:
    assert SimulatedWorker().go_on(9, cpu=1.0, platform=1.0) is None
    found = SimulatedWorker().go_on(60, cpu=1.0, platform=1.0)
    assert_killed(found, "platform", (9.9, 10.2))
    assert found is not None and "the fake platform's own thread used 10 s of CPU time" in found[0].detail


def test_a_platform_thread_that_is_gone_leaves_what_it_had_used() -> None:
    worker = SimulatedWorker()
    assert worker.go_on(9, cpu=1.0, platform=1.0) is None
    worker.platform = 0.0
    assert worker.check() is None


def test_a_busy_subject_is_found_beside_a_busy_platform() -> None:
    assert_killed(SimulatedWorker().go_on(60, cpu=1.0, platform=0.5), "cpu", (3.9, 4.2))


def test_a_turn_starts_the_count_of_the_platforms_cpu_again_too() -> None:
    worker = SimulatedWorker()
    for _ in range(5):
        assert worker.go_on(9, cpu=1.0, platform=1.0) is None
        worker.turns += 1


def test_each_turn_starts_the_count_of_cpu_again() -> None:
    worker = SimulatedWorker()
    for _ in range(20):
        assert worker.go_on(1.5, cpu=1.0) is None
        worker.turns += 1


def test_a_turn_that_imports_may_use_the_limit_on_cpu_a_fixed_number_of_times_more() -> None:
    worker = SimulatedWorker()
    worker.imports = True
    in_all = 2.0 * (MAX_EXTENSIONS + 1)
    assert_killed(worker.go_on(60, cpu=1.0), "cpu", (in_all - 0.2, in_all + 1.2))


def test_an_import_is_no_progress_of_a_run() -> None:
    worker = SimulatedWorker()
    assert worker.go_on(19) is None
    worker.imports = True
    assert_killed(worker.go_on(5), "blocked", (0.9, 1.2))


def test_no_cpu_and_no_turn_is_blocked_after_twenty_seconds() -> None:
    assert_killed(SimulatedWorker().go_on(60), "blocked", (19.9, 20.1))


def test_background_polling_does_not_count_as_progress() -> None:
    assert_killed(SimulatedWorker().go_on(60, cpu=0.01), "blocked", (19.9, 20.1))


def test_a_worker_that_waits_for_a_core_or_a_disk_is_not_blocked() -> None:
    assert SimulatedWorker(wants_cpu=True).go_on(110) is None


def test_the_limits_hold_in_the_tear_down_and_after_it() -> None:
    assert_killed(SimulatedWorker(Phase.TEAR_DOWN).go_on(10, cpu=1.0), "cpu", (1.95, 2.1))
    assert_killed(SimulatedWorker(Phase.DONE).go_on(60), "blocked", (19.9, 20.1))


@pytest.mark.parametrize("cpu", [0.0, 1.0])
def test_importing_may_use_cpu_or_wait_for_a_minute(cpu: float) -> None:
    assert_killed(SimulatedWorker(Phase.IMPORTING).go_on(100, cpu=cpu), "importing", (59.9, 60.1))


def test_the_cpu_of_the_import_does_not_count_for_the_run() -> None:
    worker = SimulatedWorker(Phase.IMPORTING)
    assert worker.go_on(50, cpu=1.0) is None
    worker.phase = Phase.RUNNING
    assert_killed(worker.go_on(10, cpu=1.0), "cpu", (1.95, 2.1))


def test_a_run_may_take_two_minutes_in_all() -> None:
    assert_killed(SimulatedWorker().go_on(300, cpu=0.5, turns=True), "wall", (119.9, 120.1))


def test_time_without_a_free_core_does_not_count_for_the_wall_limit() -> None:
    found = SimulatedWorker().go_on(600, cpu=0.5, turns=True, waits=0.5)
    assert_killed(found, "wall", (239.9, 240.2))


def test_the_wall_limit_is_stretched_five_times_at_most() -> None:
    found = SimulatedWorker().go_on(900, cpu=0.0, turns=True, waits=1.0)
    assert_killed(found, "wall", (599.9, 600.2))


def test_time_in_which_the_supervisor_was_suspended_does_not_count() -> None:
    worker = SimulatedWorker()
    assert worker.go_on(1, turns=True) is None
    worker.at += 3600.0
    assert worker.check() is None
    assert_killed(worker.go_on(60), "blocked", (18.0, 20.0))


@pytest.mark.parametrize("phase", Phase)
def test_memory_above_the_limit_is_killed_at_once_in_any_phase(phase: Phase) -> None:
    reason = SimulatedWorker(phase).check(int(1.5 * GIB) + 1)
    assert reason is not None and reason.why == "memory"
    assert SimulatedWorker(phase).check(int(1.5 * GIB)) is None


@pytest.mark.parametrize(
    ("worker", "cpu", "turns", "resident", "detail"),
    [
        (Phase.IMPORTING, 0.0, False, 0, "no first turn of the clock within 60 s"),
        (Phase.RUNNING, 1.0, False, 0, "2 s of CPU time without a turn of the clock"),
        (Phase.RUNNING, 0.0, False, 0, "20 s without a turn of the clock and without using CPU time"),
        (Phase.RUNNING, 1.0, True, 0, "the run was not over after 120 s of real time"),
        (Phase.RUNNING, 1.0, True, 2 * GIB, "more than 1.5 GiB of memory resident"),
    ],
)
def test_the_detail_of_a_reason_says_who_killed_the_worker_and_for_what(
    worker: Phase, cpu: float, turns: bool, resident: int, detail: str
) -> None:
    simulated = SimulatedWorker(worker)
    reason = simulated.check(resident) if resident else None
    if reason is None:
        found = simulated.go_on(300, cpu=cpu, turns=turns)
        assert found is not None
        reason = found[0]
    assert reason.detail == f"killed by the supervisor: {detail}"


def test_the_limit_on_address_space_lies_far_above_the_limit_on_memory() -> None:
    assert LIMITS.address_space >= 4 * LIMITS.resident
    assert Limits(resident=4 * GIB).address_space == 16 * GIB


@pytest.mark.parametrize(("hours", "allowed"), [(0, 120.0), (20, 120.0), (72, 432.0)])
def test_a_long_run_is_allowed_more_real_time(hours: int, allowed: float) -> None:
    assert wall_s_for(hours * 3_600_000_000) == allowed
