"""Pipes: order, delay, and what conditions do to items, with a clock that the test moves."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from typing import Any

from fake_qq_server.rules.conditions import Blackhole, Condition, Latency, Silent, Stall
from fake_qq_server.wire.link import End, Item, Pipe, PipeCondition


class Loop:
    """Timers only. Equal times come in any order, as asyncio leaves open."""

    def __init__(self) -> None:
        self.now = 0.0
        self._timers: list[tuple[float, float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (when, random.random(), call))

    def run(self) -> None:
        while self._timers:
            when, _, call = heapq.heappop(self._timers)
            self.now = max(self.now, when)
            call()


class Line:
    """A pipe of 10 ms, what came out of it when, and what its conditions said."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.out: list[tuple[int, Item]] = []
        self.acts: list[tuple[str, int, int]] = []
        loop: Any = self.loop
        self.pipe = Pipe(loop, 10_000, lambda item: self.out.append((round(loop.now * 1000), item)))

    def put_on(self, condition: Condition, draw: Callable[[int], float] = lambda n: 0.5) -> PipeCondition:
        held = PipeCondition(condition, draw, lambda size, us: self.acts.append((condition.name, size, us)))
        self.pipe.add(held)
        return held

    def push(self, *items: Item) -> None:
        for item in items:
            self.pipe.push(item)

    def items(self) -> list[Item]:
        self.loop.run()
        return [item for _, item in self.out]


def test_items_come_later_and_in_order_even_at_one_instant() -> None:
    line = Line()
    items: list[Item] = [b"%d" % n for n in range(50)]
    line.push(*items, End.FIN)
    assert line.items() == [*items, End.FIN]
    assert {at for at, _ in line.out} == {10}


def test_jitter_never_lets_one_overtake_another() -> None:
    line = Line()
    line.put_on(Latency(50_000, 50_000), lambda n: random.random())
    items: list[Item] = [b"%d" % n for n in range(50)]
    line.push(*items)
    assert line.items() == items


def test_latency_reports_how_much_it_added() -> None:
    line = Line()
    line.put_on(Latency(20_000))
    line.push(b"abc")
    assert line.items() and line.out == [(30, b"abc")] and line.acts == [("latency", 3, 20_000)]


def test_silent_swallows_bytes_and_passes_the_end() -> None:
    line = Line()
    line.put_on(Silent())
    line.push(b"abc", End.FIN)
    assert line.items() == [End.FIN] and line.acts == [("silent", 3, 0)]


def test_blackhole_swallows_the_end_too() -> None:
    line = Line()
    line.put_on(Blackhole())
    line.push(b"abc", End.RST)
    assert line.items() == []


def test_stall_holds_all_that_follows_and_lets_go_in_order() -> None:
    line = Line()
    line.push(b"before")
    held = line.put_on(Stall())
    line.push(b"a", b"b", End.FIN)
    assert line.items() == [b"before"] and line.acts == [("stall", 1, 0), ("stall", 1, 0), ("stall", 0, 0)]
    line.pipe.remove(held)
    assert line.items() == [b"before", b"a", b"b", End.FIN]


def test_two_stalls_let_go_when_the_last_does() -> None:
    line = Line()
    one, two = line.put_on(Stall()), line.put_on(Stall())
    line.push(b"a", b"b")
    line.pipe.remove(one)
    assert line.items() == []
    line.push(b"c")
    line.pipe.remove(two)
    assert line.items() == [b"a", b"b", b"c"]


def test_taking_off_another_condition_leaves_a_stall_alone() -> None:
    line = Line()
    slow = line.put_on(Latency(1))
    line.put_on(Stall())
    line.push(b"a")
    line.pipe.remove(slow)
    assert line.items() == [] and line.acts == [("stall", 1, 0)]  # what is held was not delayed yet


def test_a_stall_shifts_no_draw() -> None:
    def draws(stall: bool) -> list[int]:
        drawn: list[int] = []
        line = Line()
        held = line.put_on(Stall()) if stall else None
        line.put_on(Latency(1, 1), lambda n: drawn.append(n) or 0.5)  # type: ignore[func-returns-value]
        line.push(b"a", b"b")
        if held:
            line.pipe.remove(held)
        line.push(b"c")
        return drawn

    assert draws(stall=True) == draws(stall=False) == [1, 2, 3]


def test_after_a_cut_nothing_arrives() -> None:
    line = Line()
    line.push(b"a")
    line.pipe.cut()
    assert line.items() == []
