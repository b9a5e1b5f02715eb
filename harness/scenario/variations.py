"""The same run under other circumstances: with another delay of its links, or without one of its rules. Pure.

They are for comparing what the bot does: a run without a rule asks `awake` only, as what its scenario asks
may no longer apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_qq_server.platform.units import format_duration
from harness.scenario.parse_run import from_resolved
from harness.scenario.run_spec import RunSpec


def with_delay(spec: RunSpec, delay_us: int) -> RunSpec:
    """The run with this delay of its links, one way, in virtual microseconds."""
    return from_resolved({**spec.resolved, "net": {"delay": format_duration(delay_us)}})


def without_rule(spec: RunSpec, number: int) -> RunSpec:
    """The run in which its rule of this number, from 0, changes nothing. What waits for the rule still does.

    A rule about events goes on counting them, with the verb `nothing`; one about a link is a mark.
    """
    rules = list(spec.resolved["rules"])
    rules[number] = _without_effect(rules[number])
    document = {key: value for key, value in spec.resolved.items() if key != "forbids"}
    asks = {level: ["awake"] for level in spec.levels}
    return from_resolved({**document, "rules": rules, "asks": asks})


def _without_effect(rule: Mapping[str, Any]) -> dict[str, Any]:
    dropped = (
        ("do", "fires", "where") if "at" in rule else ("do", "fires")
    )  # at a moment nothing has no connection
    kept = {key: value for key, value in rule.items() if key not in dropped}
    if "link" in rule:
        kept = {"at": rule.get("from", "0s"), **({"id": rule["id"]} if "id" in rule else {})}
    return {**kept, "do": "nothing", "fires": "0.."}
