"""The engine's pushes: delayed, at moments and marks, and at every tick of a repeating rule."""

from __future__ import annotations

import pytest

from fake_qq_server.rules.decisions import Push
from fake_qq_server.rules.engine import Engine
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.moments import Span
from tests.fake_qq_server.rules.engine_run import DROP, FAIL, GATEWAY, EngineRun, us


def test_delayed_pushes_of_one_rule_keep_their_order() -> None:
    run = EngineRun(
        {"when": "ws.connect", "do": [{"frame": "x", "after": "3s"}, {"close": 4000, "after": "3s"}]}
    )
    run.event("ws.connect", 1)
    run.event("ws.connect", 1)
    occurrences = [(push.do.verb, push.occurrence) for push in run.engine.advance(us(4)).pushes]
    assert occurrences == [("frame", 1), ("frame", 2), ("close", 1), ("close", 2)]


def test_delayed_pushes_due_together_come_in_file_order() -> None:
    run = EngineRun(
        {"when": "ws.connect", "do": {"frame": "x", "after": "1s"}},
        {"when": "ws.connect", "do": {"close": 4000, "after": "2s"}},
        {"when": GATEWAY, "do": {"frame": "x", "after": "1s"}},
    )
    engine = run.engine
    engine.decide(GATEWAY, us(2))
    engine.decide("ws.connect", us(1))
    engine.decide("ws.connect", us(2))
    by_due = [(push.due_us, push.rule) for push in engine.advance(us(3)).pushes]
    first, second, third = run.rules
    assert by_due == [(us(2), first), (us(3), first), (us(3), second), (us(3), third)]


def test_a_delayed_push_comes_later_and_once() -> None:
    run = EngineRun({"when": GATEWAY, "which": "..2", "do": {"frame": "x", "after": "7s"}})
    assert run.event(GATEWAY, 1) == []
    assert run.engine.next_due() == us(8)
    run.event(GATEWAY, 2)
    run.until(7.9)
    assert run.pushed == []
    run.until(100)
    assert run.pushed == [(8.0, "frame"), (9.0, "frame")]
    assert run.engine.next_due() is None


def test_a_push_says_which_connection_it_is_for() -> None:
    run = EngineRun(
        {"at": "1s", "where": {"conn": 2}, "do": "rst"}, {"when": GATEWAY, "where": {"conn": 1}, "do": "fin"}
    )
    (push,) = run.engine.advance(us(1)).pushes
    assert push.conn == Span(2, 2)
    (push,) = run.engine.decide(GATEWAY, us(2), conn=7).pushes
    assert push.conn == Span(1, 1)
    (push,) = EngineRun({"at": "1s", "do": "rst"}).engine.advance(us(1)).pushes
    assert push.conn is None


def test_a_push_that_met_no_connection_has_not_acted() -> None:
    run = EngineRun(DROP, {**FAIL, "from": "drop"}, acting=False)
    run.mark("ready", 0)
    run.until(60)
    assert run.pushed == [(60.0, "close")]
    assert run.event(GATEWAY, 61) == []
    assert run.unmet()[0] == ("drop", "1..", 0)


@pytest.mark.parametrize("mark", ["ready", "resumed", "lost"])
def test_a_mark_is_its_first_occurrence_unless_it_says_which(mark: str) -> None:
    run = EngineRun({"at": mark, "do": "fin"}, {"at": f"{mark}#3 + 5s", "do": "rst"})
    for t in (10, 20, 30, 40):
        run.mark(mark, t)
    run.until(100)
    assert run.pushed == [(10.0, "fin"), (35.0, "rst")]


def test_a_rules_nth_act_is_its_marks_nth_occurrence() -> None:
    run = EngineRun(
        {"id": "no", "when": GATEWAY, "do": ["noanswer", "fin"]},
        {"at": "no#2", "do": "rst"},
        {"at": "no", "do": "fin"},
    )
    run.event(GATEWAY, 1)
    run.event(GATEWAY, 2)
    run.event(GATEWAY, 3)
    assert run.pushed == [(1.0, "fin"), (2.0, "rst")]


def test_rules_can_follow_each_other_at_one_instant() -> None:
    run = EngineRun(
        {"id": "a", "at": "5s", "do": "fin"},
        {"id": "b", "at": "a", "do": "rst"},
        {"at": "b", "do": {"frame": "x"}},
    )
    run.until(5)
    assert run.pushed == [(5.0, "fin"), (5.0, "rst"), (5.0, "frame")]


def test_ticks_of_a_repeating_rule_end_with_its_window() -> None:
    run = EngineRun({"at": "3m", "every": "65s", "until": "8m", "do": "rst"})
    run.until(10_000)
    assert [t for t, _ in run.pushed] == [180.0, 245.0, 310.0, 375.0, 440.0]
    assert run.engine.next_due() is None


def test_a_tick_at_the_windows_end_is_the_end() -> None:
    run = EngineRun({"at": "10s", "every": "10s", "until": "30s", "do": "rst"})
    run.until(30)
    assert [t for t, _ in run.pushed] == [10.0, 20.0]
    assert run.engine.next_due() is None


def test_ticks_before_the_window_do_not_count() -> None:
    run = EngineRun(
        {"at": "10s", "every": "10s", "from": "25s", "until": "65s", "which": "every 2", "do": "rst"}
    )
    run.until(100)
    assert [t for t, _ in run.pushed] == [40.0, 60.0]


def test_a_tick_may_be_late_by_its_verbs_delay() -> None:
    run = EngineRun({"at": "10s", "every": "10s", "until": "35s", "do": {"frame": "x", "after": "7s"}})
    run.until(100)
    assert [t for t, _ in run.pushed] == [17.0, 27.0, 37.0]


def test_a_rule_at_a_moment_acts_once() -> None:
    run = EngineRun({"at": "ready", "do": "rst"})
    assert run.engine.next_due() is None
    run.mark("ready", 3)
    run.mark("ready", 4)
    run.until(100)
    assert run.pushed == [(3.0, "rst")]


def test_a_late_caller_gets_every_tick_with_its_own_time() -> None:
    engine = Engine(parse_rules([{"at": "1s", "every": "1s", "do": "rst"}]))
    pushes = engine.advance(us(3.5)).pushes
    assert [(push.due_us, push.occurrence) for push in pushes] == [(us(1), 1), (us(2), 2), (us(3), 3)]
    assert engine.next_due() == us(4)
    assert isinstance(pushes[0], Push)
