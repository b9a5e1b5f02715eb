"""When a worker is ended, and when a loaded machine is no reason to."""

from __future__ import annotations

from collections.abc import Iterable

from harness.process.heartbeat_page import Beat, Phase
from harness.process.watchdog import GIB, Limits, Sample, Verdict, Watch

LIMITS = Limits()
LOOK = 0.05


class Life:
    """Samples of one worker, one every 50 ms."""

    def __init__(self, phase: Phase = Phase.RUNNING, *, wants_cpu: bool = False) -> None:
        self.watch = Watch(LIMITS, lambda: wants_cpu)
        self.phase = phase
        self.at = 1000.0
        self.cpu = self.starved = 0.0
        self.turns = 0

    def go(
        self,
        seconds: float,
        *,
        cpu: float = 0.0,
        turns: bool = False,
        starved: float = 0.0,
    ) -> tuple[Verdict, float] | None:
        """`cpu` and `starved`: seconds in each second. The first verdict, if any, and after how long."""
        for i in range(round(seconds / LOOK)):
            verdict = self.look()
            if verdict:
                return verdict, i * LOOK
            self.at += LOOK
            self.cpu += cpu * LOOK
            self.starved += starved * LOOK
            self.turns += turns
        return None

    def look(self, resident: int = 0) -> Verdict | None:
        beat = Beat(self.phase, self.turns, self.turns * 1000)
        return self.watch.look(Sample(self.at, beat, self.cpu, resident, self.starved))


def ended(found: tuple[Verdict, float] | None, why: str, between: Iterable[float]) -> None:
    low, high = between
    assert found is not None
    assert found[0].why == why
    assert low <= found[1] <= high


def test_turns_are_life() -> None:
    assert Life().go(119, cpu=1.0, turns=True) is None


def test_cpu_without_a_turn() -> None:
    ended(Life().go(10, cpu=1.0), "cpu", (1.95, 2.1))


def test_cpu_is_the_workers_own_not_the_walls() -> None:
    """A tenth of a core: the same two seconds of CPU take twenty."""
    life = Life(wants_cpu=True)
    ended(life.go(60, cpu=0.1, starved=0.9), "cpu", (19.9, 20.2))


def test_a_turn_starts_the_count_again() -> None:
    life = Life()
    for _ in range(20):
        assert life.go(1.5, cpu=1.0) is None
        life.turns += 1


def test_blocked() -> None:
    ended(Life().go(60), "blocked", (19.9, 20.1))


def test_a_poll_in_the_background_is_no_life() -> None:
    ended(Life().go(60, cpu=0.01), "blocked", (19.9, 20.1))


def test_starved_or_on_a_slow_disk_is_not_blocked() -> None:
    assert Life(wants_cpu=True).go(110) is None


def test_tear_down_is_watched_too() -> None:
    ended(Life(Phase.TEAR_DOWN).go(10, cpu=1.0), "cpu", (1.95, 2.1))
    ended(Life(Phase.DONE).go(60), "blocked", (19.9, 20.1))


def test_importing_may_use_cpu_and_may_wait() -> None:
    ended(Life(Phase.IMPORTING).go(100, cpu=1.0), "importing", (59.9, 60.1))
    ended(Life(Phase.IMPORTING).go(100), "importing", (59.9, 60.1))


def test_the_first_turn_begins_anew() -> None:
    life = Life(Phase.IMPORTING)
    assert life.go(50, cpu=1.0) is None
    life.phase = Phase.RUNNING
    ended(life.go(10, cpu=1.0), "cpu", (1.95, 2.1))


def test_wall() -> None:
    ended(Life().go(300, cpu=0.5, turns=True), "wall", (119.9, 120.1))


def test_wall_leaves_out_what_a_loaded_machine_took() -> None:
    ended(Life().go(600, cpu=0.5, turns=True, starved=0.5), "wall", (239.9, 240.2))


def test_and_yet_there_is_an_end() -> None:
    ended(Life().go(900, cpu=0.0, turns=True, starved=1.0), "wall", (599.9, 600.2))


def test_a_suspended_supervisor_blames_nobody() -> None:
    life = Life()
    assert life.go(1, turns=True) is None
    life.at += 3600.0
    assert life.look() is None
    ended(life.go(60), "blocked", (18.0, 20.0))


def test_memory_at_once_in_any_phase() -> None:
    for phase in Phase:
        verdict = Life(phase).look(int(1.5 * GIB) + 1)
        assert verdict is not None and verdict.why == "memory"


def test_the_backstop_lies_far_above_the_limit() -> None:
    assert LIMITS.address_space >= 4 * LIMITS.resident
    assert Limits(resident=4 * GIB).address_space == 16 * GIB
