"""Threads and tasks are named, and sets of them are iterated, in the same order in every process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Run = Callable[..., Any]


def test_sets_of_tasks_and_threads_are_iterated_in_the_same_order_each_time(run: Run) -> None:
    first, *others = [run("stable_ids.order_of_sets").got for _ in range(3)]
    assert [sorted(order) for order in first[:3]] == [list(range(50))] * 3
    assert others == [first, first]


def test_names_and_orders_do_not_depend_on_what_a_parent_made_before_it_forked(run: Run) -> None:
    first = run("stable_ids.warm_parent", 3, seed="never").got
    assert first[0] == ["Thread-1", "Thread-2"]
    assert run("stable_ids.warm_parent", 77, seed="never").got == first
