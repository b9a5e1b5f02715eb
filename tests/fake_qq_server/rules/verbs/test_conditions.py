"""What the conditions do to a chunk."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.rules.conditions import Condition, Drop, Hold, Latency, Pass
from fake_qq_server.rules.language import parse_rules


def condition(do: Any) -> Condition:
    (act,) = parse_rules([{"link": "ws", "do": do}])[0].do
    made = act.row.act(act.args)
    assert isinstance(made, Condition)
    return made


def drawn(*numbers: float) -> Any:
    return iter(numbers).__next__


@pytest.mark.parametrize(
    ("do", "shape", "interrupts", "listens", "swallows_fin", "sticky", "both_ways"),
    [
        ("refuse", Pass(), False, False, False, False, True),
        ("silent", Drop(), True, True, False, False, False),
        ("stall", Hold(), True, True, False, False, False),
        ("blackhole", Drop(), True, True, True, True, True),
        ({"latency": "900ms"}, Pass(900_000), False, True, False, False, False),
        ({"forget": "90s"}, Pass(), False, True, False, False, True),
    ],
)
def test_each_condition_shapes_a_chunk_as_its_verb_says(
    do: Any, shape: Any, interrupts: bool, listens: bool, swallows_fin: bool, sticky: bool, both_ways: bool
) -> None:
    made = condition(do)
    assert made.name == (do if isinstance(do, str) else next(iter(do)))
    assert made.shape(100, 5_000_000, drawn()) == shape
    assert (made.interrupts, made.listens, made.swallows_fin) == (interrupts, listens, swallows_fin)
    assert (made.sticky, made.both_ways) == (sticky, both_ways)


@pytest.mark.parametrize(("draw", "delay"), [(0.0, 500_000), (0.5, 900_000), (0.75, 1_100_000)])
def test_jitter_swings_both_ways(draw: float, delay: int) -> None:
    made = condition({"latency": "900ms", "jitter": "400ms"})
    assert made.shape(1, 0, drawn(draw)) == Pass(delay)


def test_jitter_never_delivers_a_chunk_before_it_was_sent() -> None:
    assert Latency(1000, 900_000).shape(1, 0, drawn(0.0)) == Pass(0)


def test_without_jitter_nothing_is_drawn() -> None:
    assert Latency(1000).shape(1, 0, drawn()) == Pass(1000)


def test_a_plain_condition_changes_nothing() -> None:
    assert Condition().shape(1, 0, drawn()) == Pass()
