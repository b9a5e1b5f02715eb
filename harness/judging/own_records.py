"""What of a journal the bot itself did: whether two runs differ for it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from harness.journal.record import Record
from harness.scenario.run_spec import RunSpec

FROM_THE_BOT = ("http.request", "ws.connect", "ws.in")
"""The kinds in which the platform tells what came from the bot."""


def own_records(records: Iterable[Record]) -> list[tuple[int, str, object]]:
    """Time, kind and event of what the bot did: what was seen inside it, and what the platform got of it."""
    return [
        (record.t, record.kind, vars(record.event))
        for record in records
        if record.src == "probe" or record.kind in FROM_THE_BOT
    ]


def acting_rules(spec: RunSpec, records: Iterable[Record]) -> list[int]:
    """The numbers, from 0, of the run's rules that acted in it and do more than leave a mark."""
    acted = {record.about.rule for record in records if record.kind == "rule.act"}
    return [
        number
        for number, rule in enumerate(spec.rules)
        if rule.key in acted and any(do.row.acts_on != "nothing" for do in rule.do)
    ]
