"""Loops of several threads: the order of what each sees is the same, also on a loaded machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

SLOW = bool(os.environ.get("QQCHAOS_SLOW"))
MANY = 20 if SLOW else 3
EXCHANGES = 100_000 if SLOW else 2_000


Run = Callable[..., Any]


def test_several_loops_in_several_threads_give_one_digest(run: Run) -> None:
    assert len({run("loops.several_loops", 5, 40) for _ in range(MANY)}) == 1


def test_several_loops_give_the_same_digest_on_a_loaded_machine(run: Run, load: None) -> None:
    del load
    assert len({run("loops.several_loops", 5, 40) for _ in range(MANY)}) == 1


@pytest.mark.load
def test_an_idle_and_a_loaded_machine_give_the_same_result(run: Run, request: pytest.FixtureRequest) -> None:
    idle = run("loops.executor_server", 6)
    request.getfixturevalue("load")
    assert all(run("loops.executor_server", 6) == idle for _ in range(MANY))


def test_no_exchange_on_loopback_is_missed_on_a_loaded_machine(run: Run, load: None) -> None:
    """Each answer has one virtual microsecond to come in, and turns count every fruitless look."""
    del load
    first = run("loops.exchanges", EXCHANGES)
    assert first.now_us == EXCHANGES * 10_000
    assert run("loops.exchanges", EXCHANGES) == first


def test_reconnects_within_one_loop_give_the_same_result_on_a_loaded_machine(run: Run, load: None) -> None:
    del load
    assert run("loops.reconnects", 500) == run("loops.reconnects", 500)
