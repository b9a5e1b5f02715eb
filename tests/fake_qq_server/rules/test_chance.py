"""The draws of chance, and what the engine does with them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fake_qq_server.rules.chance import draw
from fake_qq_server.rules.engine import Engine
from fake_qq_server.rules.language import parse_rules
from tests.fake_qq_server.rules.engine_run import GATEWAY, EngineRun

DRAWN = 0.8561450960575716


def test_recorded_draws_stay_the_same() -> None:
    """Recorded: another number here changes every journal with a seed in it."""
    assert draw(0, "drop", 1) == DRAWN
    assert draw(0, "drop", 1) != draw(1, "drop", 1) != draw(0, "drop", 2) != draw(0, "drip", 1)
    assert draw(1, "2", 3) != draw(12, "3")


@given(st.integers(), st.text(), st.integers())
def test_draws_lie_between_0_and_1(seed: int, key: str, occurrence: int) -> None:
    assert 0 <= draw(seed, key, occurrence) < 1


def test_chance_is_drawn_for_each_occurrence() -> None:
    run = EngineRun({"id": "maybe", "when": GATEWAY, "chance": 0.3, "do": {"status": 500}}, seed=7)
    told = [bool(run.event(GATEWAY, n)) for n in range(1, 301)]
    assert told == [draw(7, "maybe", n) < 0.3 for n in range(1, 301)]
    assert 60 < sum(told) < 120


def test_an_event_that_chance_spares_is_counted_all_the_same() -> None:
    rule = {"id": "maybe", "when": GATEWAY, "chance": 0.5, "do": "fin"}
    run, other = EngineRun(rule), EngineRun({**rule, "which": "10.."})
    told = [run.event(GATEWAY, n) for n in range(1, 40)]
    assert [other.event(GATEWAY, n) for n in range(1, 40)] == [[]] * 9 + told[9:]


def test_equal_rules_draw_apart() -> None:
    rule = {"when": GATEWAY, "chance": 0.5, "do": "fin"}
    run = EngineRun(rule, rule)
    assert {len(run.event(GATEWAY, n)) for n in range(40)} == {0, 1, 2}


def test_a_condition_is_drawn_once_a_connection() -> None:
    run = EngineRun({"id": "slow", "link": "any", "chance": 0.5, "do": "stall"}, seed=3)
    for host in ("ws", "api"):
        first = [run.conditions(host, "up", conn) for conn in range(1, 60)]
        assert first == [run.conditions(host, "down", conn) for conn in range(1, 60)]
        assert first == [["stall"] if draw(3, "slow", host, conn) < 0.5 else [] for conn in range(1, 60)]


def test_a_draw_as_high_as_the_chance_is_no_act() -> None:
    run = EngineRun(
        {"id": "event", "when": GATEWAY, "chance": draw(0, "event", 1), "do": "fin"},
        {"id": "cable", "link": "ws", "chance": draw(0, "cable", "ws", 1), "do": "stall"},
    )
    assert run.event(GATEWAY, 1) == []
    assert run.conditions("ws", None, 1) == []


def test_the_seed_is_0_unless_it_is_given() -> None:
    rules = parse_rules([{"id": "maybe", "when": GATEWAY, "chance": 0.5, "do": "fin"}])
    told = [bool(Engine(rules).decide(GATEWAY, 0).pushes) for _ in range(1)]
    assert told == [draw(0, "maybe", 1) < 0.5]
    assert (draw(0, "maybe", 1) < 0.5) != (draw(1, "maybe", 1) < 0.5)


def test_a_chance_of_1_always_acts() -> None:
    run = EngineRun({"when": GATEWAY, "chance": 1, "do": "fin"}, {"link": "ws", "chance": 1, "do": "stall"})
    assert all(run.event(GATEWAY, n) for n in range(50))
    assert all(run.conditions("ws", None, n) for n in range(50))
