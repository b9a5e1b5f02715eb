"""The engine: matching rules act in file order, each as often as it must, and none goes on for ever."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_qq_server.rules import engine as engine_module
from fake_qq_server.rules.decisions import Step
from fake_qq_server.rules.engine import Engine
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.moments import Moment
from tests.fake_qq_server.rules.engine_run import FAIL, GATEWAY, EngineRun, us


def test_every_matching_rule_acts_in_file_order() -> None:
    run = EngineRun(
        {"when": "ws.out.ready", "do": "fin"},
        {"when": "ws.out.resumed", "do": "fin"},
        {"when": "ws.out.any", "do": [{"close": 4008}, "rst"]},
        {"when": "ws.out.ready", "which": 1, "do": {"frame": "x"}},
    )
    assert run.event("ws.out.ready", 1) == ["fin", "close", "rst", "frame"]
    assert run.event("ws.out.ready", 2) == ["fin", "close", "rst"]
    assert run.event("ws.in.identify", 3) == []


def test_what_is_due_together_comes_in_file_order() -> None:
    run = EngineRun(
        {"at": "10s", "do": [{"frame": "1"}, "fin"]},
        {"at": "5s", "every": "5s", "do": "rst"},
        {"at": "8s", "do": {"close": 4000, "after": "2s"}},
    )
    run.until(10)
    assert run.pushed == [(5.0, "rst"), (10.0, "frame"), (10.0, "fin"), (10.0, "rst"), (10.0, "close")]


@given(st.integers(0, 3), st.integers(0, 2**32))
def test_deleting_a_rule_never_changes_another(deleted: int, seed: int) -> None:
    rules: list[dict[str, Any]] = [
        {"when": GATEWAY, "chance": 0.5, "do": "fin"},
        {"when": GATEWAY, "chance": 0.5, "do": "rst"},
        {"when": GATEWAY, "which": "every 3", "do": {"frame": "x"}},
        {"when": GATEWAY, "chance": 0.5, "which": "2..", "do": {"close": 4000}},
    ]
    verbs = ["fin", "rst", "frame", "close"]

    def told(kept: list[dict[str, Any]]) -> list[list[str]]:
        run = EngineRun(*kept, seed=seed)
        return [run.event(GATEWAY, n) for n in range(20)]

    whole = [[verb for verb in done if verb != verbs[deleted]] for done in told(rules)]
    assert told(rules[:deleted] + rules[deleted + 1 :]) == whole


def test_answers_and_pushes_are_told_apart() -> None:
    decision = EngineRun({"when": "ws.in.identify", "do": ["noanswer", {"close": 4004}]}).decision(
        "ws.in.identify", 1
    )
    assert [act.do.verb for act in decision.answers] == ["noanswer"]
    assert [(push.do.verb, push.due_us) for push in decision.pushes] == [("close", us(1))]
    assert not decision.conflict


def test_two_answers_to_one_event_are_a_conflict() -> None:
    run = EngineRun({**FAIL, "which": "..9"}, {**FAIL, "from": "1s", "which": 2})
    assert not run.decision(GATEWAY, 1).conflict
    assert run.decision(GATEWAY, 2).conflict


def test_every_act_knows_its_occurrence() -> None:
    run = EngineRun({"when": "ws.in.identify", "do": ["noanswer", "fin"]})
    for occurrence in (1, 2, 3):
        decision = run.decision("ws.in.identify", occurrence)
        assert [act.occurrence for act in (*decision.answers, *decision.pushes)] == [occurrence] * 2


def test_a_rule_must_act_once_unless_it_says_otherwise() -> None:
    run = EngineRun(
        FAIL,
        {"id": "never", "at": "500s", "do": "fin"},
        {"id": "may", "at": "500s", "do": "fin", "fires": "0.."},
        {"id": "twice", "when": "ws.connect", "do": "fin", "fires": 2},
        {"id": "once-only", "when": "ws.connect", "do": "fin", "fires": "1..1"},
    )
    assert run.unmet() == [
        (run.rules[0].key, "1..", 0),
        ("never", "1..", 0),
        ("twice", "2..", 0),
        ("once-only", "1", 0),
    ]
    run.event(GATEWAY, 1)
    run.event("ws.connect", 2)
    assert run.unmet() == [("never", "1..", 0), ("twice", "2..", 1)]
    run.event("ws.connect", 3)
    assert run.unmet() == [("never", "1..", 0), ("once-only", "1", 2)]


def test_every_verb_of_a_rule_must_have_acted() -> None:
    run = EngineRun(
        {"id": "both", "when": "ws.in.identify", "do": ["noanswer", "fin"], "fires": "1..1"}, acting=False
    )
    decision = run.decision("ws.in.identify", 1)
    run.engine.acted(decision.answers[0], us(1))
    assert run.unmet() == [("both", "1", 0)]
    run.engine.acted(decision.pushes[0], us(1))
    assert run.unmet() == []
    run.engine.acted(decision.pushes[0], us(2))
    assert run.unmet() == [("both", "1", 2)]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"at": "500s", "do": "fin"}, "what it waits for never came"),
        ({"when": GATEWAY, "do": "fin"}, "it matched and had nothing to act on"),
        ({"link": "ws", "do": "stall"}, "nothing met the condition"),
    ],
)
def test_an_unmet_rule_says_why(rule: dict[str, Any], why: str) -> None:
    run = EngineRun(rule, acting=False)
    run.event(GATEWAY, 1)
    (unmet,) = run.engine.unmet()
    assert unmet.why == why


@pytest.mark.parametrize("gives_way", [True, False])
def test_an_unmet_rule_names_the_one_that_acted_instead(gives_way: bool) -> None:
    first = {"id": "first", "when": GATEWAY, "which": "..9", "do": "noanswer"}
    second = {"id": "second", "when": GATEWAY, "until": "1m", "do": "noanswer"}
    run = EngineRun({**first, "instead": "second"} if gives_way else first, second, acting=False)
    run.engine.acted(run.decision(GATEWAY, 1).answers[0], us(1))
    (unmet,) = run.engine.unmet()
    assert (unmet.rule.id, unmet.why) == ("second", "it matched, and rule first acted instead")


def test_an_unmet_rule_says_that_it_acted_too_seldom() -> None:
    run = EngineRun({"when": GATEWAY, "do": "fin", "fires": 3})
    run.event(GATEWAY, 1)
    (unmet,) = run.engine.unmet()
    assert (unmet.got, unmet.why) == (1, "it acted, but not that often")


def test_an_event_that_a_rule_brought_about_has_not_happened_to_that_rule() -> None:
    again = {"when": "ws.out.dispatch", "do": {"frame": "x"}}
    run = EngineRun({"id": "own", **again, "which": 1}, {"id": "other", **again})
    by_own = run.decision("ws.out.dispatch", 1, by="own")
    assert [push.rule.key for push in by_own.pushes] == ["other"]
    # It was not counted either: the first of another's is the first.
    by_nobody = run.decision("ws.out.dispatch", 2)
    assert [push.rule.key for push in by_nobody.pushes] == ["own", "other"]


DOWN = {"id": "down", "when": GATEWAY, "do": [{"status": 500}, {"frame": "x"}]}


def test_a_rule_acts_instead_of_the_ones_it_names_wherever_it_matches() -> None:
    run = EngineRun(DOWN, {"when": GATEWAY, "which": 2, "instead": "down", "do": "noanswer"})
    assert [run.event(GATEWAY) for _ in range(3)] == [["status", "frame"], ["noanswer"], ["status", "frame"]]


def test_a_rule_that_gives_way_counts_all_the_same() -> None:
    spare = {"when": GATEWAY, "which": 1, "instead": "down", "do": "nothing"}
    run = EngineRun({**DOWN, "which": "..2"}, spare)
    assert [run.event(GATEWAY) for _ in range(3)] == [["nothing"], ["status", "frame"], []]


def test_outside_its_window_a_rule_takes_nobodys_place() -> None:
    run = EngineRun(DOWN, {"when": GATEWAY, "from": "5s", "instead": "down", "do": "nothing"})
    assert [run.event(GATEWAY, t) for t in (1, 6)] == [["status", "frame"], ["nothing"]]


def test_a_rule_that_gives_way_still_takes_anothers_place() -> None:
    run = EngineRun(
        {"id": "a", "when": GATEWAY, "do": {"status": 500}},
        {"id": "b", "when": GATEWAY, "instead": "a", "do": {"status": 501}},
        {"id": "c", "when": GATEWAY, "which": 2, "instead": ["a", "b"], "do": {"status": 502}},
    )
    decisions = [run.decision(GATEWAY, n) for n in (1, 2)]
    assert [[act.rule.id for act in one.answers] for one in decisions] == [["b"], ["c"]]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """The limit per instant, made small."""
    monkeypatch.setattr(engine_module, "PER_INSTANT", 50)
    return 50


def test_rules_that_set_each_other_off_without_end_are_stopped(few: int) -> None:
    engine = Engine(parse_rules([{"when": "ws.out.any", "do": {"frame": "x"}}]))
    acted = sum(len(engine.decide("ws.out.any", us(1)).pushes) for _ in range(few + 50))
    assert acted == few
    assert engine.overrun is engine._states[0].rule
    assert engine.decide("ws.out.any", us(2)).pushes


def test_as_many_matches_as_are_allowed_are_no_overrun(few: int) -> None:
    engine = Engine(parse_rules([{"when": "ws.out.any", "do": {"frame": "x"}}]))
    for _ in range(few):
        engine.decide("ws.out.any", us(1))
    assert engine.overrun is None


def test_the_first_rule_to_go_too_far_is_named(few: int) -> None:
    engine = Engine(parse_rules([{"when": "ws.out.any", "do": "fin"}, {"when": "ws.out.any", "do": "rst"}]))
    for _ in range(few):
        engine.decide("ws.out.any", us(1))
    assert engine.overrun is not None
    assert engine.overrun.do[0].verb == "fin"


def test_a_long_jump_is_taken_in_bounded_steps(few: int) -> None:
    engine = Engine(parse_rules([{"at": "0s", "every": "1ms", "do": "fin"}]))
    assert len(engine.advance(us(100)).pushes) == few
    assert engine.next_due() == us(few / 1000)


def test_without_rules_nothing_is_due() -> None:
    engine = Engine(())
    assert engine.next_due() is None
    assert engine.advance(us(5)) == Step()
    assert engine.unmet() == ()
    assert Engine((), 0, Moment(None, 1, 7)).next_due() == 7


def test_memory_is_bounded_by_what_is_asked_for() -> None:
    run = EngineRun({"at": "lost#2", "do": "fin"})
    for t in range(1000):
        run.mark("lost", t)
        run.mark("ready", t)
    assert sum(map(len, run.engine._marks._times.values())) == 2
