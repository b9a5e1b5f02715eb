"""The engine's conditions: which lie on a connection, and when they come and go."""

from __future__ import annotations

import pytest

from fake_qq_server.rules.decisions import Step
from fake_qq_server.rules.engine import Engine
from fake_qq_server.rules.language import parse_rules
from tests.fake_qq_server.rules.engine_run import DROP, EngineRun, us


def test_a_condition_holds_for_its_window() -> None:
    run = EngineRun({"link": "ws.down", "from": "10s", "until": "20s", "do": "silent"})
    assert run.conditions("ws", "down") == []
    run.until(10)
    assert run.conditions("ws", "down") == ["silent"]
    run.until(19.9)
    assert run.conditions("ws", "down") == ["silent"]
    run.until(20)
    assert run.conditions("ws", "down") == []
    assert run.turned == [(10.0, run.rules[0].key, True), (20.0, run.rules[0].key, False)]
    assert run.engine.next_due() is None


@pytest.mark.parametrize(
    ("link", "host", "direction", "lies"),
    [
        ("ws", "ws", "down", True), ("ws", "ws", "up", True), ("ws", "ws", None, True),
        ("ws", "api", "up", False),
        ("ws.up", "ws", "up", True), ("ws.up", "ws", "down", False), ("ws.up", "ws", None, True),
        ("any", "token", "up", True), ("any.down", "api", "down", True), ("any.down", "api", "up", False),
        ("token", "any", None, False),
    ],
)  # fmt: skip
def test_a_condition_has_a_host_and_may_have_a_direction(
    link: str, host: str, direction: str | None, lies: bool
) -> None:
    assert EngineRun({"link": link, "do": "stall"}).conditions(host, direction) == (["stall"] if lies else [])


def test_conditions_that_do_not_apply_hide_none_that_do() -> None:
    run = EngineRun(
        {"link": "api", "do": "stall"},
        {"link": "ws.up", "do": "silent"},
        {"link": "ws", "where": {"conn": 9}, "do": "stall"},
        {"id": "luck", "link": "ws", "chance": 0.0001, "do": "stall"},
        {"link": "ws", "do": {"latency": "1s"}},
    )
    (act,) = run.engine.conditions(0, "ws", "down", 1)
    assert (act.do.verb, act.rule) == ("latency", run.rules[4])


def test_all_conditions_of_a_connection_in_file_order() -> None:
    run = EngineRun(
        {"link": "ws", "do": [{"latency": "1s"}, "stall"]},
        {"link": "ws.up", "where": {"conn": "2.."}, "do": "silent"},
        {"link": "any", "from": "10s", "do": "blackhole"},
    )
    assert run.conditions("ws", "up", 1) == ["latency", "stall"]
    assert run.conditions("ws", "up", 2) == ["latency", "stall", "silent"]
    assert run.conditions("ws", "up") == ["latency", "stall"]
    (act, *_) = run.engine.conditions(0, "ws", "up", 3)
    assert act.occurrence == 3
    assert run.engine.conditions(0, "ws", "up")[0].occurrence == 0


def test_a_condition_whose_window_was_missed_never_comes_on() -> None:
    engine = Engine(parse_rules([{"link": "ws", "from": "10s", "until": "20s", "do": "stall"}]))
    assert engine.advance(us(30)) == Step()
    assert engine.next_due() is None


def test_a_condition_of_a_mark_comes_on_with_it() -> None:
    run = EngineRun(DROP, {"link": "ws", "from": "drop", "until": "resumed", "do": "refuse"})
    run.mark("ready", 0)
    run.until(70)
    run.mark("resumed", 80)
    key = run.rules[1].key
    assert run.turned == [(60.0, key, True), (80.0, key, False)]
    assert run.conditions("ws") == []


def test_a_condition_without_an_end_stays() -> None:
    run = EngineRun({"link": "ws", "do": "refuse"})
    run.until(100_000)
    assert run.turned == [(0.0, run.rules[0].key, True)]
    assert run.engine.next_due() is None


def test_conditions_come_and_go_in_file_order() -> None:
    rules = [
        {"id": "a", "link": "ws", "until": "5s", "do": "stall"},
        {"id": "b", "link": "api", "until": "5s", "do": "stall"},
    ]
    engine = Engine(parse_rules(rules))
    assert [(act.rule.key, act.occurrence) for act in engine.advance(0).on] == [("a", 0), ("b", 0)]
    assert [(act.rule.key, act.occurrence) for act in engine.advance(us(5)).off] == [("a", 0), ("b", 0)]


def test_two_verbs_of_a_condition_come_and_go_together() -> None:
    engine = Engine(parse_rules([{"link": "ws", "until": "5s", "do": [{"latency": "1s"}, "stall"]}]))
    assert [act.do.verb for act in engine.advance(0).on] == ["latency", "stall"]
    assert [act.do.verb for act in engine.advance(us(5)).off] == ["latency", "stall"]
