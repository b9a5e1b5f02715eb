"""The engine counts the events inside a rule's window, from the very start of the run."""

from __future__ import annotations

from fake_qq_server.rules.decisions import Decision
from fake_qq_server.rules.engine import Engine
from fake_qq_server.rules.language import parse_rules
from tests.fake_qq_server.rules.engine_run import DROP, FAIL, GATEWAY, EngineRun


def test_windows_are_half_open() -> None:
    run = EngineRun({**FAIL, "from": "10s", "until": "20s"})
    assert [bool(run.event(GATEWAY, t)) for t in (0, 9.999999, 10, 19.999999, 20, 21)] == [
        False, False, True, True, False, False,
    ]  # fmt: skip


def test_a_window_is_the_whole_run_by_default() -> None:
    run = EngineRun(FAIL)
    assert run.event(GATEWAY, 0) == ["status"]
    assert run.event(GATEWAY, 86_400) == ["status"]


def test_which_counts_matching_events_inside_the_window_from_1() -> None:
    run = EngineRun({**FAIL, "from": "10s", "which": "2..3"})
    assert [bool(run.event(GATEWAY, t)) for t in (1, 2, 10, 11, 12, 13)] == [
        False, False, False, True, True, False,
    ]  # fmt: skip


def test_only_matching_events_count() -> None:
    run = EngineRun({"when": "http.any", "which": 2, "where": {"path": "/v2/*"}, "do": {"status": 500}})
    assert run.event("http.api", 1, path="/v2/a") == []
    assert run.event("http.api", 2, path="/users/@me") == []
    assert run.event("ws.connect", 3, path="/v2/a") == []
    assert run.event("http.api", 4, path="/v2/b") == ["status"]


def test_each_bot_counts_for_itself() -> None:
    rules = parse_rules([{**FAIL, "which": 2}])
    one, other = Engine(rules), Engine(rules)
    one.decide(GATEWAY, 1)
    assert other.decide(GATEWAY, 2) == Decision()
    assert one.decide(GATEWAY, 3).answers


def test_a_window_opens_when_its_mark_comes() -> None:
    run = EngineRun(DROP, {**FAIL, "from": "drop"}, {"when": "http.token", "until": "drop", "do": "noanswer"})
    assert run.event(GATEWAY, 100) == []
    assert run.event("http.token", 100) == ["noanswer"]
    run.mark("ready", 100)
    assert run.event(GATEWAY, 159.999999) == []
    run.until(160)
    assert run.pushed == [(160.0, "close")]
    assert run.event(GATEWAY) == ["status"]
    assert run.event("http.token") == []


def test_a_window_until_a_rule_stays_open_while_it_has_not_acted() -> None:
    run = EngineRun(DROP, {**FAIL, "until": "drop"}, acting=False)
    run.mark("ready", 1)
    run.until(1000)
    assert run.pushed == [(61.0, "close")]
    assert run.event(GATEWAY) == ["status"]


def test_where_narrows_frames_by_connection_and_s() -> None:
    run = EngineRun({"when": "ws.out.dispatch", "where": {"conn": 2, "s": "3.."}, "do": "fin"})
    assert run.event("ws.out.dispatch", 1, conn=1, s=3) == []
    assert run.event("ws.out.dispatch", 1, conn=2, s=2) == []
    assert run.event("ws.out.dispatch", 1, s=3) == []
    assert run.event("ws.out.dispatch", 1, conn=2, s=3) == ["fin"]


def test_a_window_that_closes_before_it_opens_never_opens() -> None:
    run = EngineRun(
        {"link": "ws", "from": "lost", "until": "resumed", "do": "stall"},
        {**FAIL, "from": "lost", "until": "resumed"},
    )
    run.mark("resumed", 5)
    run.mark("lost", 6)
    run.until(100)
    assert (run.turned, run.conditions("ws"), run.event(GATEWAY)) == ([], [], [])
    assert run.engine.next_due() is None


def test_rules_count_before_anything_connected() -> None:
    run = EngineRun({**FAIL, "which": 2}, {"at": "0s", "do": "fin"}, {"link": "ws", "do": "refuse"})
    assert run.engine.next_due() == 0
    run.until(0)
    assert run.conditions("ws") == ["refuse"]
    assert run.pushed == [(0.0, "fin")]
    assert run.event(GATEWAY, 0) == []
    assert run.event(GATEWAY, 0) == ["status"]
