"""The engine's healing: at a moment, at a mark or by hand, it ends every rule."""

from __future__ import annotations

import pytest

from fake_qq_server.rules.decisions import Decision, Step
from fake_qq_server.rules.engine import Engine
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.moments import Moment
from tests.fake_qq_server.rules.engine_run import DROP, FAIL, GATEWAY, EngineRun, us


def test_heal_ends_every_rule() -> None:
    run = EngineRun(
        FAIL,
        {"at": "5s", "every": "5s", "do": "rst"},
        {"link": "ws", "do": "refuse"},
        {"link": "api", "from": "60s", "do": "stall"},
        {"when": "http.token", "do": {"frame": "x", "after": "3s"}},
        heal="20s",
    )
    assert run.event(GATEWAY, 19.999999) == ["status"]
    run.event("http.token")
    assert run.conditions("ws") == ["refuse"]
    run.until(20)
    assert run.event(GATEWAY) == []
    assert run.conditions("ws") == []
    run.until(1000)
    assert run.conditions("api") == []
    assert run.pushed == [(5.0, "rst"), (10.0, "rst"), (15.0, "rst")]
    assert run.healed == [20.0]
    assert run.engine.healed_at == us(20)
    assert run.turned == [(0.0, run.rules[2].key, True), (20.0, run.rules[2].key, False)]
    assert run.engine.next_due() is None


def test_nothing_acts_once_healing_is_due_though_nobody_advanced() -> None:
    engine = Engine(parse_rules([FAIL, {"link": "ws", "do": "stall"}]), 0, Moment(None, 1, us(20)))
    assert engine.decide(GATEWAY, us(20)) == Decision()
    assert engine.conditions(us(20), "ws") == ()
    assert engine.healed_at is None


def test_heal_may_wait_for_a_mark() -> None:
    run = EngineRun(DROP, {**FAIL, "from": "drop"}, heal="drop + 30s")
    run.until(500)
    assert run.healed == []
    run.mark("ready", 500)
    run.until(589)
    assert run.event(GATEWAY) == ["status"]
    run.until(1000)
    assert run.healed == [590.0]
    assert run.event(GATEWAY) == []


def test_heal_may_wait_for_a_mark_that_no_rule_names() -> None:
    run = EngineRun(FAIL, heal="lost#2 + 5s")
    run.mark("lost", 10)
    run.mark("lost", 20)
    run.until(100)
    assert run.healed == [25.0]


def test_after_healing_by_hand_nothing_is_due() -> None:
    run = EngineRun(
        {"at": "5s", "every": "5s", "do": "rst"}, {"link": "ws", "from": "90s", "do": "stall"}, heal="900s"
    )
    run.mark("heal", 12)
    assert run.engine.next_due() is None


def test_a_run_can_be_healed_by_hand_and_only_once() -> None:
    run = EngineRun(
        FAIL,
        {"link": "ws", "do": "stall"},
        {"when": GATEWAY, "do": {"frame": "x", "after": "50s"}},
        heal="900s",
    )
    run.event(GATEWAY, 1)
    run.mark("heal", 10)
    run.mark("heal", 11)
    run.until(2000)
    assert run.engine.healed_at == us(10)
    assert run.turned[-1] == (10.0, run.rules[1].key, False)
    assert (run.pushed, run.healed) == ([], [])
    assert run.event(GATEWAY) == []


def test_a_late_caller_gets_what_came_before_the_healing() -> None:
    engine = Engine(parse_rules([{"at": "5s", "every": "5s", "do": "rst"}]), 0, Moment(None, 1, us(17)))
    step = engine.advance(us(100))
    assert [push.due_us for push in step.pushes] == [us(5), us(10), us(15)]
    assert step.healed
    assert engine.advance(us(200)) == Step()


def test_a_delayed_push_due_at_the_healing_is_cancelled() -> None:
    engine = Engine(
        parse_rules([{"when": GATEWAY, "do": {"frame": "x", "after": "5s"}}]), 0, Moment(None, 1, us(10))
    )
    engine.decide(GATEWAY, us(5))
    engine.decide(GATEWAY, us(4.9))
    assert [push.due_us for push in engine.advance(us(10)).pushes] == [us(9.9)]


def test_heal_and_rules_may_wait_for_the_give_up_and_count_from_it() -> None:
    ticks = {"at": "gaveup + 5m", "do": "rst"}
    run = EngineRun(DROP, ticks, {**FAIL, "from": "gaveup"}, heal="gaveup + 20m")
    run.mark("ready", 0)
    assert run.event(GATEWAY, 1000) == []
    run.mark("gaveup", 6000)
    assert run.event(GATEWAY, 6001) == ["status"]
    run.until(9000)
    assert run.pushed == [(60.0, "close"), (6300.0, "rst")]
    assert run.healed == [7200.0]
    assert run.event(GATEWAY) == []


@pytest.mark.parametrize(("gave_up", "healed"), [(6000, 7200.0), (9601, 10_800.0), (None, 10_800.0)])
def test_a_moment_with_a_latest_time_comes_then_whether_its_mark_came_or_not(
    gave_up: int | None, healed: float
) -> None:
    run = EngineRun(DROP, {**FAIL, "from": "drop"}, heal="gaveup + 20m or 3h")
    run.mark("ready", 0)
    if gave_up is not None:
        run.until(gave_up)
        run.mark("gaveup", gave_up)
    run.until(20_000)
    assert run.healed == [healed]


def test_a_healing_that_waits_for_a_give_up_never_comes_without_one() -> None:
    run = EngineRun(DROP, {**FAIL, "from": "drop"}, heal="gaveup + 20m")
    run.mark("ready", 0)
    run.until(300_000)
    assert run.healed == []
    assert run.event(GATEWAY) == ["status"]
    assert run.engine.next_due() is None
