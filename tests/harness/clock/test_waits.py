"""Each way a thread can wait takes virtual time, and hands the baton on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]


def test_a_sleep_takes_virtual_time(run: Run) -> None:
    assert run("waits.sleep").got == 100.0


def test_threads_start_and_are_joined_in_virtual_time(run: Run) -> None:
    assert run("waits.start_and_join").got == [True, True, True, 4.0, False, 10.0, False, 1]


def test_threads_refuse_what_real_threads_refuse(run: Run) -> None:
    assert run("waits.join_mistakes").got == [
        "cannot join thread before it is started",
        "cannot join current thread",
        "threads can only be started once",
    ]


def test_a_thread_that_cannot_start_is_not_waited_for(run: Run) -> None:
    assert run("waits.a_thread_that_cannot_start").got == ["can't start new thread", False, 10.0]


def test_the_excepthook_of_a_thread_runs_with_the_baton(run: Run) -> None:
    assert run("waits.a_thread_that_raises").got == [["integer division or modulo by zero", 3.0], False, 3.0]


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_a_lock_that_is_held_across_a_sleep_is_waited_for_in_virtual_time(run: Run, kind: str) -> None:
    assert run("waits.locks", kind).got == [0.0, 3.0, 60.0]


def test_locks_refuse_what_real_locks_refuse(run: Run) -> None:
    *refusals, locked, first, second = run("waits.lock_arguments").got
    assert len(refusals) == 2
    assert [locked, first, second] == ["False", "True", "False"]


def test_conditions_wait_in_virtual_time(run: Run) -> None:
    assert run("waits.conditions").got == [False, 5.0, True, 12.0, False, 12.1]


def test_events_wait_in_virtual_time(run: Run) -> None:
    assert run("waits.events").got == [False, 2.5, True, 6.5, True, True]


def test_queues_wait_in_virtual_time(run: Run) -> None:
    assert run("waits.queues").got == [5.1, "x", 15.1, 20.2, "x", 30.2, 35.3, "x", 45.3, 48.3]


def test_semaphores_wait_in_virtual_time(run: Run) -> None:
    assert run("waits.semaphores").got == [True, False, 3.0, True, 7.0]


def test_barriers_and_timers_wait_in_virtual_time(run: Run) -> None:
    assert run("waits.barrier_and_timer").got == [6.0, 11.0]


def test_futures_wait_in_virtual_time(run: Run) -> None:
    assert run("waits.futures").got == [5.0, 1, 2, 15.0, 1, 15.0, 15.0, 20.0, 30.0]


def test_a_full_pool_takes_jobs_from_a_thread_and_from_a_loop(run: Run) -> None:
    ticks, direct, ends = run("waits.saturated_pool").got
    assert [ticks, direct] == [300, True]
    assert ends == [float(minute * 60) for minute in (1, 1, 2, 2, 3, 3, 4, 4, 5, 5)]


def test_the_default_pool_has_the_same_size_on_every_machine(run: Run) -> None:
    assert run("waits.default_pool").got == [2.0]


def test_a_job_whose_caller_gave_up_is_still_waited_for_at_the_end(run: Run) -> None:
    assert run("waits.abandoned_job").got == [10.0, ["timeout", 15.0], 20.0, 30.0, 115.0]


def test_thread_hops_and_timers_of_one_instant_keep_their_order(run: Run) -> None:
    first = run("waits.hundred_hops", 100)
    assert len(first.got) == 100
    assert all(run("waits.hundred_hops", 100) == first for _ in range(3))


def test_the_interpreter_waits_for_its_threads_in_virtual_time(run: Run) -> None:
    ran = run("waits.at_exit")
    assert (ran.got, ran.said.strip()) == ("main is done", "the last one 3600.0")


def test_a_signal_handler_that_raises_does_so_once_its_thread_has_the_baton(run: Run) -> None:
    assert run("waits.signals").got == [["interrupted", 0], 5.0]
