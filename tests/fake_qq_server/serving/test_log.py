"""One line a record: for people, and for programs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fake_qq_server.client.shapes import Record
from fake_qq_server.serving.log import as_json, as_text


def row(k: str, d: dict[str, Any], **about: Any) -> Record:
    known = {"conn": 1, "req": None, "bot": 1, "cause": None, "rule": None, **about}
    made: Record = {"n": 7, "t": 1_500_000, "src": "peer", "k": k, "d": d, **known}  # type: ignore[typeddict-item]
    return made


@pytest.mark.parametrize(
    ("k", "d", "place", "arrow"),
    [
        ("ws.in", {"op": "identify"}, "ws#1", "<-"),
        ("ws.out", {"op": "ready"}, "ws#1", "->"),
        ("http.request", {"path": "/gateway"}, "http#1", "<-"),
        ("link.close", {"host": "api"}, "api#1", "api#1"),
    ],
)
def test_a_line_says_when_where_which_way_and_what(k: str, d: Any, place: str, arrow: str) -> None:
    line = as_text(row(k, d))
    assert line is not None and line.startswith("     1.500  ")
    assert place in line and arrow in line and f" {k} " in line and next(iter(d.values())) in line


def test_what_a_bot_writes_neither_ends_a_line_nor_moves_the_cursor() -> None:
    line = as_text(row("http.request", {"path": "/a\n\x1b[2Jb c"}))
    assert line is not None and line.isprintable() and r"/a\n\u001b[2Jb c" in line


def test_what_is_empty_is_left_out_and_the_rule_is_named() -> None:
    line = as_text(row("rule.act", {"verb": "close", "bytes": 0, "why": None}, rule="drop"))
    assert line is not None and "why" not in line and line.endswith("(rule drop)")


@pytest.mark.parametrize("k", ["link.open", "ws.hello"])
def test_what_says_nothing_new_is_no_line(k: str) -> None:
    assert as_text(row(k, {})) is None


def test_for_programs_a_line_is_the_whole_record() -> None:
    one = row("ws.in", {"op": "other", "t": "\n好"})
    assert json.loads(as_json(one)) == one and "\n" not in as_json(one)
