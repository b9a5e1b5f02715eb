"""The lanes that show what was done to the bot: acts of rules, and conditions while they held. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fake_qq_server.events import LinkClose, LinkCondition, RuleAct
from harness.journal.record import Record
from harness.judging.intervals import duration
from harness.judging.timeline import Timeline
from harness.reporting.marks import FAULT, Band, Lane, Tick
from harness.reporting.words import moment_text

LANES_AT_MOST = 6

_Key = tuple[str, int | None, str, str | None]
"""Of a condition: host, connection (None: the whole host), name, and the rule that began it."""


def fault_lanes(run: Timeline) -> list[Lane]:
    """A lane for each kind of fault, in the order in which they came; the later ones share the last."""
    acts, conditions = _acts(run.body), _conditions(run.body, run.end)
    lanes = [
        _lane(name, acts.get(name, {}), conditions.get(name, ()))
        for name in dict.fromkeys(_names(run.body))
        if name in acts or name in conditions
    ]
    rest = lanes[LANES_AT_MOST:]
    if not rest:
        return lanes
    bands = tuple(band for lane in rest for band in lane.bands)
    ticks = tuple(tick for lane in rest for tick in lane.ticks)
    return [*lanes[:LANES_AT_MOST], Lane("other faults", bands, ticks, True)]


def _names(body: Sequence[Record]) -> list[str]:
    """What happened, by verb or condition."""
    events = (record.event for record in body)
    named = (
        one.verb if isinstance(one, RuleAct) else one.name
        for one in events
        if isinstance(one, RuleAct | LinkCondition)
    )
    return list(named)


def _acts(body: Sequence[Record]) -> dict[str, dict[str | None, list[Record]]]:
    """Every act but those that only set a mark, by verb and rule."""
    found: dict[str, dict[str | None, list[Record]]] = {}
    for record in body:
        if isinstance(record.event, RuleAct) and not record.event.only_marks:
            found.setdefault(record.event.verb, {}).setdefault(record.about.rule, []).append(record)
    return found


def _lane(name: str, acts: Mapping[str | None, Sequence[Record]], conditions: Sequence[Band]) -> Lane:
    """A tick for each act, and a band from a rule's first to its last."""
    bands, ticks = list(conditions), []
    for rule, records in acts.items():
        ticks += [Tick(record.t, FAULT, name, record.n, name) for record in records]
        if len(records) > 1:
            first, last = records[0], records[-1]
            told = f"{name} (rule {rule})" if rule else name
            text = f"{told}: {len(records)} times, from {moment_text(first.t)} to {moment_text(last.t)}"
            bands.append(Band(first.t, last.t, FAULT, text, first.n))
    title = f"{len(ticks)}x {name}" if len(ticks) > 1 else name
    return Lane(title, tuple(bands), tuple(sorted(ticks, key=lambda tick: tick.n)), True)


def _conditions(body: Sequence[Record], end: int) -> dict[str, list[Band]]:
    """Each condition from when it came on until it went off, or its connection ended: no record says the one
    where the other does."""
    found: dict[str, list[Band]] = {}
    on: dict[_Key, Record] = {}

    def over(keys: Sequence[_Key], t: int) -> None:
        for key in keys:
            found.setdefault(key[2], []).append(_band(key, on.pop(key), t))

    for record in body:
        event, about = record.event, record.about
        if isinstance(event, LinkClose):
            over(
                [key for key in on if key[:2] == (event.host, about.conn) and about.conn is not None],
                record.t,
            )
        elif isinstance(event, LinkCondition):
            key = (event.host, about.conn, event.name, about.rule)
            if event.on:
                on.setdefault(key, record)
            else:  # an "off" that names no rule ends the condition whoever began it
                over([one for one in on if one[:3] == key[:3] and about.rule in (None, one[3])], record.t)
    over(list(on), end)
    return found


def _band(key: _Key, began: Record, end: int) -> Band:
    host, conn, name, _ = key
    where = f"connection {conn} of {host}" if conn is not None else f"the whole host {host}"
    text = f"{name} on {where}, {duration(end - began.t)}"
    return Band(began.t, end, FAULT, text, began.n, many=f"times {name}")
