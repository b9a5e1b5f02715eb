"""Values of a foreign journal are of the types that its kinds declare, or the line is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fake_qq_server.events import HttpAnswer, WsOut
from harness.journal.field_types import wrong_field
from harness.journal.record import KINDS, JournalError, parse_line
from harness.journal.run_kinds import ClockBlocked, RunOpen
from tests.harness.journals import at_once


def opening() -> dict[str, Any]:
    """The first line of a journal, as JSON."""
    records = at_once().done(60)
    line: dict[str, Any] = json.loads(records[0].as_json())
    return line


@pytest.mark.parametrize(
    ("kind", "values", "wrong"),
    [
        (WsOut, {"op": "close", "code": 4009}, None),
        (WsOut, {"op": "close", "code": None}, None),
        (WsOut, {"op": "close", "code": {}}, "code"),
        (WsOut, {"op": "close", "code": True}, "code"),
        (WsOut, {"op": "a word of a later version"}, None),
        (WsOut, {"op": 3}, "op"),
        (HttpAnswer, {"endpoint": "api", "status": 2.5}, "status"),
        (ClockBlocked, {"seconds": 2}, None),
        (ClockBlocked, {"seconds": "2"}, "seconds"),
        (RunOpen, {"schema": "1"}, "schema"),
        (RunOpen, {"scenario": []}, "scenario"),
        (RunOpen, {"fix": "by name alone"}, None),
        (RunOpen, {"fix": 3}, "fix"),
    ],
)
def test_a_value_of_another_type_is_named(kind: Any, values: dict[str, Any], wrong: str | None) -> None:
    assert wrong_field(kind, values) == wrong


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.KIND)
def test_every_kind_s_types_are_understood(kind: Any) -> None:
    assert wrong_field(kind, {}) is None


@pytest.mark.parametrize("x", [None, 3, [], "x"])
def test_what_is_laid_beside_a_record_is_a_mapping(x: Any) -> None:
    with pytest.raises(JournalError, match=r"line 1 is no journal record: .*x is"):
        parse_line(json.dumps({**opening(), "x": x}), 1)


def test_nesting_that_no_journal_has_is_refused() -> None:
    line = json.dumps(opening()).replace('"x": {}', '"x": {"a": ' + "[" * 200_000 + "]" * 200_000 + "}")
    with pytest.raises(JournalError, match="line 1 is no journal record"):
        parse_line(line, 1)


def test_what_a_run_writes_is_what_its_kinds_declare() -> None:
    for record in at_once().done(60):
        assert parse_line(record.as_json(), 1).as_json() == record.as_json()
