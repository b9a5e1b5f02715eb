"""One clock for two processes: what holds between threads holds between processes."""

from __future__ import annotations

from tests.harness.clock.conftest import Run


def test_two_processes_sleep_on_one_clock(run: Run) -> None:
    said, status, now = run("processes.sleeps").got
    assert said == [
        [8.0, "beside"],
        [10.0, "life", 10.0],
        [16.0, "beside"],
        [20.0, "life", 20.0],
        [24.0, "beside"],
        [30.0, "life", 30.0],
    ]
    assert (status, now) == (7, 30.0)


def test_what_one_sends_the_other_has_at_that_instant(run: Run) -> None:
    assert run("processes.answers").got == [[5.0, "ask"], [8.0, "answer", 8.0]]


def test_a_follower_has_threads_and_locks_of_its_own(run: Run) -> None:
    assert run("processes.threads").got == [[4.0, "has the lock", 4.0]]


def test_a_call_of_the_leader_s_is_done_at_once_and_its_work_at_that_instant(run: Run) -> None:
    assert run("processes.calls").got == [[6.0, "told", "stop"], [6.0, "STOP"], [6.0, "heard it", 6.0]]


def test_a_killed_follower_does_nothing_more_and_its_connection_ends_at_once(run: Run) -> None:
    assert run("processes.kill").got == [[[5.0, ""]], True, None]


def test_who_gives_way_lets_the_leader_s_threads_run_at_that_instant(run: Run) -> None:
    assert run("processes.ways").got == [[5.0, "before"], [5.0, "woken"], [5.0, "after"]]


def test_the_follower_s_hooks_are_called_before_time_passes(run: Run) -> None:
    assert run("processes.jumps").got == [[5.0, "worked", 5.0]]


def test_the_same_program_takes_the_same_turns(run: Run) -> None:
    first = run("processes.answers")
    assert all(run("processes.answers") == first for _ in range(3))
