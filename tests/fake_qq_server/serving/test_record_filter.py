"""Which records are asked for, and what no record can be."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.events import Envelope, WsIn
from fake_qq_server.rules.language_errors import LanguageError
from fake_qq_server.serving.history import History
from fake_qq_server.serving.record_filter import check_filter, matches


@pytest.mark.parametrize(
    ("kind", "where", "met"),
    [
        ("ws.in", {}, True),
        ("ws.in", {"op": "resume", "s": 4, "bot": 2, "conn": 3}, True),
        ("ws.in", {"op": "identify"}, False),
        ("ws.in", {"nothing": None}, False),
        ("ws.out", {}, False),
    ],
)
def test_a_record_matches_by_its_fields_and_whom_it_concerns(
    kind: str, where: dict[str, Any], met: bool
) -> None:
    history = History(lambda row: None)
    history("peer", WsIn("resume", 4), Envelope(conn=3, bot=2))
    assert matches(history.records[0], kind, where) is met


@pytest.mark.parametrize(
    ("kind", "where", "sentence"),
    [
        ("forbidden", {}, "no record is of the kind 'forbidden': did you mean forbidden.seen?"),
        ("session", {"wat": 1}, "no field of this name session has: did you mean what?"),
        ("ws.in", {"what": 1}, "no field of this name ws.in has: there is "),
        (None, {"statuss": 1}, "no field of this name any record has: did you mean status?"),
    ],
)
def test_what_no_record_can_be_is_refused(kind: str | None, where: dict[str, Any], sentence: str) -> None:
    with pytest.raises(LanguageError) as problem:
        check_filter(kind, where)
    assert problem.value.sentence.startswith(sentence)


@pytest.mark.parametrize(("kind", "where"), [(None, {}), (None, {"what": 1, "op": 2}), ("ws.in", {"bot": 1})])
def test_what_a_record_can_be_is_not_refused(kind: str | None, where: dict[str, Any]) -> None:
    check_filter(kind, where)
