"""Rules that set each other off without end are refused where the file proves it, and only there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.harness.scenario import files
from tests.harness.scenario.documents import refused, run

HELLO = {"frame": {"op": 10, "d": {"heartbeat_interval": 41250}}}
AFTER_HELLO = {"when": "ws.out.hello", "do": HELLO}
EVENT = {"dispatch": "C2C_MESSAGE_CREATE"}
RECONNECT = {"frame": {"op": 7}}


@pytest.mark.parametrize(
    "rule",
    [
        AFTER_HELLO,
        {"when": "ws.out.any", "do": HELLO},
        {"when": "ws.out.any", "do": {"frame": "no JSON"}},
        {"when": "ws.out.hello", "do": [{"frame": "no JSON"}, HELLO]},
        {"when": "ws.out.hello", "from": "ready", "until": "20m", "which": "3..", "do": HELLO},
        {"when": "ws.out.dispatch", "do": EVENT},
        {"when": "ws.out.hello", "do": ["withhold", HELLO]},
    ],
)
def test_a_rule_that_pushes_what_it_waits_for_is_refused(rule: dict[str, Any]) -> None:
    error = refused(rules=[{"at": "5m", "do": RECONNECT}, rule])
    assert error.path == ("rules", 1)
    assert "pushes it too" in error.sentence and "which" in error.sentence


@pytest.mark.parametrize(
    "rules",
    [
        [
            {"id": "a", "when": "ws.out.hello", "do": RECONNECT},
            {"id": "b", "when": "ws.out.reconnect", "do": HELLO},
        ],
        [
            {"id": "a", "when": "ws.out.ready", "do": EVENT},
            {"id": "b", "when": "ws.out.dispatch", "do": {"frame": {"op": 0, "t": "READY", "s": 1}}},
        ],
    ],
)
def test_rules_that_set_each_other_off_are_refused_at_the_later_one(rules: list[dict[str, Any]]) -> None:
    error = refused(rules=[*rules, {"at": "5m", "do": RECONNECT}])
    assert error.path == ("rules", 1)
    assert "this rule and 'a' set each other off without end" in error.sentence


@pytest.mark.parametrize(
    "rules",
    [
        [{**AFTER_HELLO, "which": 1}],
        [{**AFTER_HELLO, "which": "..3"}],
        [{**AFTER_HELLO, "which": "every 2"}],
        [{**AFTER_HELLO, "chance": 0.5}],
        [{**AFTER_HELLO, "where": {"conn": 2}}],
        [{**AFTER_HELLO, "until": "ready"}],
        [{**AFTER_HELLO, "do": {**HELLO, "after": "1s"}}],
        [AFTER_HELLO, {"when": "ws.out.hello", "do": {"close": 4009}}],
        [{"when": "ws.out.hello", "do": RECONNECT}],
        [{"when": "ws.out.hello", "do": EVENT}, {"when": "ws.out.dispatch", "do": HELLO}],
        [
            {"when": "ws.out.hello", "until": "5m", "do": RECONNECT},
            {"when": "ws.out.reconnect", "from": "5m", "do": HELLO},
        ],
        [{"when": "ws.out.any", "do": {"close": 4009}}],
        [{"when": "ws.out.any", "do": "duplicate"}],
        [
            {"id": "again", **AFTER_HELLO},
            {"when": "ws.out.hello", "which": "3..", "instead": "again", "do": "nothing"},
        ],
        [{"when": "ws.in.any", "do": {"frame": {"op": 1}}}],
    ],
)
def test_rules_that_need_not_set_each_other_off_without_end_are_allowed(rules: list[dict[str, Any]]) -> None:
    assert len(run(rules=rules).rules) == len(rules)


def test_a_healing_at_the_rules_first_act_ends_it() -> None:
    run(rules=[{"id": "again", **AFTER_HELLO}], heal="again", end="1h")


def test_the_error_names_the_line_of_the_rule(tmp_path: Path) -> None:
    rule = "  - {when: ws.out.hello, do: {frame: '{\"op\":10}'}}\n"
    error = files.refused(files.GOOD.replace("variants:", rule + "variants:"), tmp_path)
    assert error.line == files.GOOD[: files.GOOD.index("variants:")].count("\n") + 1
