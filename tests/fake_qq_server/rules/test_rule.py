"""One rule: its id, window, chance and `fires`, its text, and what is refused in it."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.rules.language_verbs import At, Link
from fake_qq_server.rules.moments import Moment, Span, Where, Which
from tests.fake_qq_server.rules.rule_parsing import DROP, refused, rule, rules


def test_only_requests_have_a_path() -> None:
    assert "path" in refused({"when": "ws.in.resume", "where": {"path": "/*"}, "do": "fin"}).sentence
    assert rule(when="ws.connect", where={"path": "/*"}, do={"upgrade": 403}).where


def test_a_connection_may_be_named_for_a_push_after_a_request() -> None:
    assert rule(when="http.gateway", where={"conn": 1}, do="rst").where == Where(conn=Span(1, 1))


def test_a_condition_may_be_for_some_websocket_connections_and_for_no_others() -> None:
    assert rule(link="ws.down", where={"conn": 1}, do="silent").where == Where(conn=Span(1, 1))
    for host in ("any", "api", "token"):
        error = refused({"link": host, "where": {"conn": 1}, "do": "stall"})
        assert "conn counts WebSocket connections" in error.sentence


def test_a_rule_that_only_sets_a_mark_acts_on_no_connection() -> None:
    assert "no connection" in refused({"at": "5m", "where": {"conn": 1}, "do": "nothing"}).sentence


def test_the_start_and_the_healing_are_the_windows_own_edges() -> None:
    assert rule(when="ws.connect", do="fin", **{"from": "0s", "until": "heal"}) == rule(
        when="ws.connect", do="fin"
    )


@pytest.mark.parametrize(
    ("key", "moment"), [("from", "heal"), ("from", "heal + 1s"), ("until", "heal + 1s"), ("until", "heal#2")]
)
def test_nothing_acts_after_the_healing(key: str, moment: str) -> None:
    error = refused({"when": "ws.connect", "do": "fin", key: moment})
    assert "heal ends every rule" in error.sentence
    assert error.path == ("rules", 0, key)
    assert "heal ends every rule" in refused({"at": "heal", "do": "fin"}).sentence


def test_windows_of_different_marks_may_be_any_way_round() -> None:
    rule(when="ws.connect", do="fin", **{"from": "ready + 2s", "until": "lost"})
    rule(when="ws.connect", do="fin", **{"from": "ready#2", "until": "ready#3"})
    rule(when="ws.connect", do="fin", **{"from": "ready", "until": "ready + 1ms"})


@pytest.mark.parametrize("name", ["Drop", "", "3", "a b", 5, None, "a" * 41, "ready+"])
def test_what_is_no_id_is_refused(name: Any) -> None:
    error = refused({**DROP, "id": name})
    assert "not an id" in error.sentence
    assert error.path == ("rules", 0, "id")


@pytest.mark.parametrize("name", ["ready", "resumed", "lost", "gaveup", "heal"])
def test_an_id_is_no_mark_of_the_language(name: str) -> None:
    assert "is a mark" in refused({**DROP, "id": name}).sentence


@pytest.mark.parametrize("chance", [0, 1.1, -0.5, "0.5", True, None])
def test_what_is_no_chance_is_refused(chance: Any) -> None:
    assert "0.5" in refused({**DROP, "chance": chance}).sentence


def test_a_chance_is_a_number_above_0_up_to_1() -> None:
    assert rule(at="3m", do="fin", chance=1).chance == 1.0
    assert rule(at="3m", do="fin", chance=0.25).chance == 0.25


@pytest.mark.parametrize(
    ("written", "span"),
    [
        (3, Span(3)),
        ("3", Span(3)),
        ("3..", Span(3)),
        ("0..", Span(0)),
        ("0..2", Span(0, 2)),
        ("2..2", Span(2, 2)),
    ],
)
def test_a_plain_number_of_fires_is_the_least(written: Any, span: Span) -> None:
    assert rule(at="3m", do="fin", fires=written).fires == span


def test_a_rule_without_an_id_is_named_by_its_own_text() -> None:
    equal = {"when": "http.gateway", "from": "60s", "do": {"status": 500}}
    spelt_differently = {
        "when": "http.gateway",
        "from": "1m",
        "do": [{"status": 500}],
        "which": "1..",
        "fires": 1,
    }
    first, second, third = rules(equal | {"which": 1}, equal | {"which": 2}, equal | {"which": 3})
    assert first.key == "when http.gateway which 1 from 1m do {status: 500}"
    assert len({first.key, second.key, third.key}) == 3
    chance = {"chance": 0.5}
    texts = [r.key for r in rules(equal | chance, spelt_differently | chance, DROP, equal | chance)]
    assert texts[1:] == [texts[0] + " #2", "drop", texts[0] + " #3"]


def test_the_text_has_every_word_that_was_written() -> None:
    whole = rule(
        at="ready + 60s", every="5s", until="lost#2", where={"conn": 1}, chance=0.5, fires="0..",
        do=[{"close": 4009, "reason": "x", "after": "1s"}, "fin"], which="every 2",
    )  # fmt: skip
    assert whole.text() == (
        "at ready + 1m every 5s which every 2 where {conn: 1} until lost#2 chance 0.5 "
        'do {close: 4009, reason: "x", after: 1s}, {fin} fires 0..'
    )
    where = rule(when="ws.out.any", where={"s": "3"}, do="fin")
    assert where.text() == "when ws.out.any where {s: 3} do {fin}"
    assert rule(link="ws.up", do="stall").text() == "link ws.up do {stall}"
    assert (
        rule(when="http.api", where={"path": "/v2/*"}, do="fin").text()
        == "when http.api where {path: /v2/*} do {fin}"
    )


@pytest.mark.parametrize(
    ("item", "path", "hint"),
    [
        ({"chance": 2}, ("chance",), "2 is no chance"),
        ({"fires": "x"}, ("fires",), "fires: 'x' is not a range"),
        ({"which": "x"}, ("which",), "which: 'x' is not a range"),
        ({"which": "5..3"}, ("which",), "which: '5..3' ends before"),
        ({"which": "every x"}, ("which",), "which: 'every x' is not a rhythm"),
        ({"which": "1234567890"}, ("which",), "which: '1234567890' is not a range"),
        ({"where": {"conn": "x"}}, ("where", "conn"), "conn: 'x' is not a range"),
        ({"where": {"s": "x"}}, ("where", "s"), "s: 'x' is not a range"),
        ({"where": {"cone": 1}}, ("where", "cone"), "where has no 'cone'"),
        ({"where": {"path": "/" * 501}}, ("where", "path"), "a pattern"),
        ({"id": "x" * 90}, ("id",), "'" + "x" * 56 + "... is not an id"),
    ],
)
def test_sentences_quote_what_was_written(item: dict[str, Any], path: tuple[str, ...], hint: str) -> None:
    error = refused({"when": "http.gateway", "do": "fin", **item})
    assert hint in error.sentence
    assert error.path == ("rules", 0, *path)


def test_triggers_and_places_are_written_in_one_canonical_way() -> None:
    assert At(Moment("ready")).text() == "at ready"
    assert (Link("ws").text(), Link("ws", "up").text()) == ("link ws", "link ws.up")
    assert Where(Span(1, 1), "/a", Span(2)).text() == "{conn: 1, path: /a, s: 2..}"
    assert Which(Span(3), 3).text() == "every 3"
