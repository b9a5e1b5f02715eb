"""Runs whose every word is right, and which are refused because they could never be judged."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.platform.units import MINUTE, SECOND
from harness.scenario.refusals import earliest_marks
from tests.harness.scenario.documents import BASE, DROP, SILENCE, refused, run, scenario

TOLD = {"when": "runner.handler", "do": {"signal": "SIGTERM"}}
# 10 min to recover, and three heartbeats of 41.25 s.
ROOM = 10 * MINUTE + 123_750_000


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"asks": ["recovers"]}, "nothing heals"),
        ({"asks": ["recovers"], "heal_twin": "30m"}, "nothing heals"),
        ({"asks": ["settles"], "heal": "30m"}, "ask recovers, or use heal_twin"),
        ({"asks": ["notices"]}, "silent, stalled or a blackhole"),
        ({"asks": ["notices"], "rules": [{"link": "ws", "do": {"latency": "1s"}}]}, "silent, stalled"),
        (
            {"asks": ["notices"], "rules": [{"when": "http.gateway", "do": "noanswer"}]},
            "READY, RESUMED or ACK",
        ),
        ({"asks": ["notices"], "rules": [{"when": "ws.in.identify", "do": "fin"}]}, "READY, RESUMED or ACK"),
        ({"asks": ["notices"], "rules": [{"when": "ws.out.ready", "do": "fin"}]}, "READY, RESUMED or ACK"),
        (
            {"asks": ["notices"], "rules": [{"when": "ws.out.dispatch", "do": "withhold"}]},
            "READY, RESUMED or ACK",
        ),
        ({"asks": ["connects"], "start": "down"}, "does not apply to start: down"),
        ({"asks": ["back"]}, "does not apply to the adapter"),
        ({"asks": ["stays", "others"]}, "add beside"),
        ({"asks": ["stays", "released"]}, "do not apply to the adapter"),
    ],
)
def test_a_check_that_could_never_apply_is_not_asked(changes: dict[str, Any], hint: str) -> None:
    error = refused(**changes)
    assert hint in error.sentence
    assert error.path == ("asks",)


def test_a_check_that_can_apply_is_asked() -> None:
    scenario(asks=["recovers"], heal="30m")
    scenario(asks=["settles"], heal_twin="30m")
    scenario(asks=["notices"], rules=[SILENCE])
    for event in ("identify", "resume", "heartbeat", "any"):
        scenario(asks=["notices"], rules=[{"when": f"ws.in.{event}", "do": "noanswer"}])
    for event in ("hello", "ready", "resumed", "ack", "any"):
        scenario(asks=["notices"], rules=[{"when": f"ws.out.{event}", "do": "withhold"}])
    scenario(asks=["notices"], rules=[{"when": "ws.out.ready", "do": {"delay": "1h"}}])
    scenario(asks=["connects"])
    scenario(asks=["flag"], start="down")


def test_a_signal_to_the_program_is_refused_at_the_adapter_level() -> None:
    signal = {"at": "1m", "do": {"signal": "SIGTERM"}}
    error = refused(levels=["adapter", "runner"], rules=[DROP, signal])
    assert error.path == ("rules", 1, "do")
    assert "for the levels runner and process only" in error.sentence
    run(levels=["runner"], asks=["stops"], rules=[signal])


def test_a_program_is_killed_at_the_process_level_only() -> None:
    kill = {"at": "1m", "do": {"signal": "SIGKILL"}}
    error = refused(levels=["runner"], asks=["stops"], rules=[kill])
    assert "SIGKILL is for the level process only" in error.sentence
    run(levels=["process"], asks=["stops"], rules=[kill])


def test_a_stop_job_does_not_begin_with_a_kill() -> None:
    kill = {"at": "1m", "do": {"signal": "SIGKILL", "job": "stop"}}
    assert "leave job out" in refused(levels=["process"], asks=["stops"], rules=[kill]).sentence


def test_the_fatal_handler_is_seen_at_the_runner_level_alone() -> None:
    told = run(levels=["runner"], asks=["stops"], rules=[TOLD])
    assert told.rules[0].key == 'when runner.handler do {signal: "SIGTERM"}'
    for levels in (["process"], ["runner", "process"]):
        error = refused(levels=levels, asks=["stops"], rules=[TOLD])
        assert (error.path, "levels: [runner]" in error.sentence) == (("rules", 0, "when"), True)


@pytest.mark.parametrize("verb", ["noanswer", {"raise": "OSError"}, {"status": 500}, "silent"])
def test_nothing_answers_the_fatal_handler(verb: Any) -> None:
    assert refused(levels=["runner"], asks=["stops"], rules=[{**TOLD, "do": verb}]).path[:2] == ("rules", 0)


def test_a_rule_must_be_able_to_act_before_the_healing() -> None:
    late = {"at": "40m", "do": "fin"}
    error = refused(rules=[DROP, late], heal="30m")
    assert "heals before" in error.sentence
    assert error.path == ("heal",)
    assert refused(rules=[DROP, late], heal_twin=["1h", "40m"]).path == ("heal_twin", 1)
    assert refused(rules=[DROP, late], heal_twin="40m").path == ("heal_twin",)
    assert refused(rules=[{**DROP, "from": "50m"}], heal="30m").path == ("heal",)
    scenario(rules=[DROP, late], heal="41m")
    scenario(rules=[DROP, late], heal="ready + 5s")


def test_a_rule_begins_before_the_end() -> None:
    error = refused(rules=[{"at": "3h", "do": "fin"}])
    assert "cannot act before 3h" in error.sentence
    assert error.path == ("rules", 0)
    scenario(rules=[{"at": "10799s", "do": "fin"}])
    assert refused(variants={"a": [{"when": "ws.connect", "from": "drop + 3h", "do": "fin"}]}).path == (
        "variants",
        "a",
        0,
    )


@pytest.mark.parametrize(
    ("heal", "earliest"),
    [("30m", 30 * MINUTE), ("ready + 30m", 30 * MINUTE), ("drop + 30m", 31 * MINUTE), ("drop", MINUTE)],
)
def test_the_end_leaves_room_for_the_recovery_and_three_heartbeats(heal: str, earliest: int) -> None:
    enough = earliest + ROOM
    assert run(heal=heal, end=f"{enough // 1000}ms").end_us == enough
    error = refused(heal=heal, end=f"{enough // 1000 - 1}ms")
    assert "end is too early" in error.sentence
    assert error.path == ("end",)
    assert refused(heal_twin=heal, end=f"{enough // 1000 - 1}ms").path == ("end",)


def test_the_room_for_the_recovery_follows_the_scenarios_own_limit() -> None:
    run(heal="30m", limits={"recovers": "1m"}, end="34m")
    assert "end is too early" in refused(heal="30m", limits={"recovers": "1m"}, end="33m").sentence
    assert "end is too early" in refused(heal="30m", limits={"recovers": "1h"}, end="1h").sentence


def test_settling_needs_more_than_two_hours() -> None:
    run(asks=["settles"], end="7261s")
    error = refused(asks=["settles"], end="7260s")
    assert "longer than 121m" in error.sentence
    assert error.path == ("end",)
    early = [*BASE["rules"], {"when": "http.token", "which": 9, "do": "noanswer"}]
    run(asks=["settles"], rules=early, end="7201s")
    refused(asks=["settles"], rules=early, end="2h")
    marked = [*BASE["rules"], {"id": "beat", "when": "ws.in.heartbeat", "do": "nothing"}]
    refused(asks=["settles"], rules=marked, end="7260s")
    run(asks=["settles"], limits={"settles": "1h"}, end="62m")
    refused(asks=["settles"], limits={"settles": "3h"})
    run(asks=["flag"], end="30m")
    run(asks=["settles"], rules=[], end="1m")
    # Where it heals, settles does not apply; only the run without needs the time.
    assert len(scenario(asks=["settles"], heal_twin="30m", end="7261s").runs) == 2


def test_a_rule_that_waits_for_another_begins_after_it() -> None:
    spec = run(
        rules=[
            {"id": "c", "at": "b + 1s", "from": "5s", "do": "fin"},
            {"id": "b", "when": "ws.connect", "from": "a#2 + 1s", "do": "fin"},
            {"id": "a", "at": "1m", "do": "fin"},
        ]
    )
    assert earliest_marks(spec.rules) == {None: 0, "a": 60 * SECOND, "b": 61 * SECOND, "c": 62 * SECOND}


def test_the_end_leaves_room_after_the_latest_time_of_a_healing() -> None:
    enough = 60 * MINUTE + ROOM
    assert run(heal="gaveup + 20m or 1h", end=f"{enough // 1000}ms").end_us == enough
    assert "end is too early" in refused(heal="gaveup + 20m or 1h", end=f"{enough // 1000 - 1}ms").sentence


def test_an_end_after_the_healing_leaves_room_too() -> None:
    run(heal="30m", end={"after": f"{ROOM // 1000}ms", "latest": "1h"})
    error = refused(heal="30m", end={"after": f"{ROOM // 1000 - 1}ms", "latest": "1h"})
    assert (error.path, "end is too early" in error.sentence) == (("end",), True)


def test_a_moment_has_come_at_any_rate_before_the_end() -> None:
    late = {"when": "http.token", "from": "gaveup or 3h", "do": "noanswer"}
    assert (
        refused(rules=[DROP, late], end="3h").sentence
        == "the run ends before gaveup or 3h has come at any rate"
    )
    run(rules=[DROP, late], end="181m")


def test_a_give_up_may_come_at_once_as_far_as_refusals_go() -> None:
    enough = 20 * MINUTE + ROOM
    run(heal="gaveup + 20m", end=f"{enough // 1000}ms")
    error = refused(heal="gaveup + 20m", end=f"{enough // 1000 - 1}ms")
    assert (error.path, "end is too early" in error.sentence) == (("end",), True)
    late = {"when": "http.token", "from": "gaveup + 3h", "do": "noanswer"}
    assert "the run ends before" in refused(rules=[DROP, late]).sentence


def test_a_restart_is_for_the_levels_adapter_and_runner() -> None:
    again = [{"at": "5m", "do": {"restart": "kill"}}]
    assert run(rules=again, levels=["adapter", "runner"]).rules
    error = refused(rules=again, levels=["runner", "process"])
    assert "restart is for the levels adapter and runner" in error.sentence
    assert error.path == ("rules", 0, "do")


def test_a_restart_and_another_platform_do_not_go_together() -> None:
    again = [{"at": "5m", "do": {"restart": "kill"}}]
    error = refused(rules=again, levels=["runner"], beside="healthy")
    assert "restart and beside: healthy do not go together" in error.sentence


def test_a_healed_run_is_as_much_longer_as_its_answers_take_longer() -> None:
    healed: dict[str, Any] = {"rules": [DROP], "heal": "5m", "end": "18m", "asks": ["recovers"]}
    assert run(**healed).heal
    assert "end is too early" in refused(**healed, answers={"after": "6m"}).sentence
    assert run(**{**healed, "end": "24m"}, answers={"after": "6m"}).answers


def test_the_bot_is_made_to_speak_at_the_adapter_level_only() -> None:
    speaks = [{"at": "5m", "do": {"speak": "hello", "to": "anna"}}]
    assert run(rules=speaks, levels=["adapter"], asks=["delivered"]).rules
    error = refused(rules=speaks, levels=["adapter", "runner"], asks=["delivered"])
    assert "speak calls the adapter: for the level adapter only" in error.sentence
    assert error.path == ("rules", 0, "do")


def test_delivered_is_asked_where_the_bot_is_made_to_speak() -> None:
    assert "no rule makes the bot speak" in refused(asks=["delivered"]).sentence
