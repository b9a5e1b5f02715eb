"""Moments, ranges, `which` and `where`: how they are written, and what they hold."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.platform.units import MINUTE, SECOND
from fake_qq_server.rules.language_errors import LanguageError
from fake_qq_server.rules.moments import Moment, Span, Where, Which, parse_moment
from tests.fake_qq_server.rules.rule_parsing import CLOSE, refused, rule


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("20m", Moment(None, 1, 20 * MINUTE)),
        ("0s", Moment(None)),
        ("ready", Moment("ready")),
        ("ready + 60s", Moment("ready", 1, 60 * SECOND)),
        ("ready+60s", Moment("ready", 1, 60 * SECOND)),
        ("lost#3", Moment("lost", 3)),
        ("resumed#2 + 5s", Moment("resumed", 2, 5 * SECOND)),
        ("drop + 1m", Moment("drop", 1, MINUTE)),
        ("gaveup", Moment("gaveup")),
        ("gaveup + 20m", Moment("gaveup", 1, 20 * MINUTE)),
        ("gaveup + 20m or 3h", Moment("gaveup", 1, 20 * MINUTE, 180 * MINUTE)),
        ("lost#3 or 90s", Moment("lost", 3, 0, 90 * SECOND)),
        ("heal", Moment("heal")),
    ],
)
def test_a_moment_is_read_and_written_back(written: str, moment: Moment) -> None:
    assert parse_moment(written, (), ["drop"]) == moment
    assert parse_moment(moment.text(), (), ["drop"]) == moment


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("redy + 60s", "did you mean ready"),
        ("dorp", "did you mean drop"),
        ("zzz", "there is drop, gaveup, heal, lost, ready, resumed"),
        ("ready - 5s", "not a moment"),
        ("ready + 60", "not a duration"),
        ("ready#0", "not a moment"),
        ("gaveup#2", "the first give-up and has no number"),
        ("Ready", "not a duration"),
        (60, "no unit"),
        (None, "not a duration"),
        ([], "not a duration"),
        ("gaveup or later", "not a duration"),
        ("3h or gaveup", "not a duration"),
    ],
)
def test_what_is_no_moment_is_refused_with_a_hint(written: Any, hint: str) -> None:
    with pytest.raises(LanguageError, match=hint) as caught:
        parse_moment(written, ("end",), ["drop"])
    assert caught.value.path == ("end",)


@pytest.mark.parametrize(
    ("which", "held"),
    [
        (Which(), [1, 2, 3, 4, 5, 6, 7]),
        (Which(Span(2, 2)), [2]),
        (Which(Span(2)), [2, 3, 4, 5, 6, 7]),
        (Which(Span(2, 5)), [2, 3, 4, 5]),
        (Which(Span(3), 3), [3, 6]),
    ],
)
def test_which_holds_for_the_events_that_it_names(which: Which, held: list[int]) -> None:
    assert [n for n in range(1, 8) if which.holds(n)] == held


def test_a_rhythm_begins_at_the_start_of_its_span() -> None:
    assert [n for n in range(1, 9) if Which(Span(2), 3).holds(n)] == [2, 5, 8]


@pytest.mark.parametrize(
    ("where", "about", "holds"),
    [
        (Where(), (None, None, None), True),
        (Where(conn=Span(2, 3)), (2, None, None), True),
        (Where(conn=Span(2, 3)), (4, None, None), False),
        (Where(conn=Span(2, 3)), (None, None, None), False),
        (Where(path="/v2/*"), (None, "/v2/users/7/messages?x=1", None), True),
        (Where(path="/v2/*"), (None, "/gateway", None), False),
        (Where(path="/v2"), (None, "/v2?page=2", None), True),
        (Where(path="/v2/*"), (None, None, None), False),
        (Where(s=Span(1, 40)), (None, None, 40), True),
        (Where(s=Span(1, 40)), (None, None, 41), False),
        (Where(s=Span(1, 40)), (None, None, None), False),
        (Where(Span(1), "/a", Span(1)), (1, "/b", 1), False),
    ],
)
def test_where_holds_only_for_events_that_have_what_it_names(
    where: Where, about: tuple[int | None, str | None, int | None], holds: bool
) -> None:
    assert where.holds(*about) is holds


@pytest.mark.parametrize(("span", "text"), [(Span(2), "2.."), (Span(2, 5), "2..5"), (Span(2, 2), "2")])
def test_a_range_is_written_in_one_canonical_way(span: Span, text: str) -> None:
    assert span.text() == text
    assert Which(span).text() == text


@pytest.mark.parametrize(
    ("written", "which"),
    [
        (2, Which(Span(2, 2))),
        ("2", Which(Span(2, 2))),
        ("2..", Which(Span(2))),
        ("2..5", Which(Span(2, 5))),
        ("..5", Which(Span(1, 5))),
        ("every 3", Which(Span(3), 3)),
    ],
)
def test_which_is_a_number_a_range_or_a_rhythm(written: Any, which: Which) -> None:
    assert rule(when="http.gateway", which=written, do=CLOSE).which == which


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        (0, "counts from 1"), ("0..3", "counts from 1"), ("5..3", "ends before it"), ("", "3, 3.., 3..9"),
        ("..", "3, 3.., 3..9"), ("every 0", "every 3"), ("every", "every 3"), ("every x", "every 3"),
        (-1, "3, 3.., 3..9"), (True, "3, 3.., 3..9"), (1.5, "3, 3.., 3..9"), (None, "3, 3.., 3..9"),
        (10**9, "3, 3.., 3..9"), ("2...5", "3, 3.., 3..9"), ("2-5", "3, 3.., 3..9"), ("2 5", "3, 3.., 3..9"),
    ],
)  # fmt: skip
def test_what_is_no_which_is_refused_with_a_hint(written: Any, hint: str) -> None:
    error = refused({"when": "http.gateway", "which": written, "do": CLOSE})
    assert hint in error.sentence
    assert error.path == ("rules", 0, "which")


def test_where_names_connections_paths_and_sequence_numbers() -> None:
    where = rule(when="ws.out.dispatch", where={"conn": "2..", "s": "..40"}, do="fin").where
    assert where == Where(Span(2), None, Span(1, 40))
    assert rule(when="http.api", where={"path": "/v2/*"}, do={"status": 500}).where == Where(path="/v2/*")


def test_a_pattern_may_be_long_or_begin_with_a_star() -> None:
    assert rule(when="http.api", where={"path": "*/messages"}, do="noanswer").where == Where(
        path="*/messages"
    )
    rule(when="http.api", where={"path": "/" * 500}, do="noanswer")


@pytest.mark.parametrize(
    ("item", "path", "hint"),
    [
        ({"where": {}}, ("where",), "conn, path or s"),
        ({"where": 3}, ("where",), "conn, path or s"),
        ({"where": {"con": 1}}, ("where", "con"), "did you mean conn"),
        ({"where": {"path": "v2"}}, ("where", "path"), "/v2/*"),
        ({"where": {"path": None}}, ("where", "path"), "/v2/*"),
        ({"where": {"conn": 0}}, ("where", "conn"), "counts from 1"),
        ({"where": {"s": "x"}}, ("where", "s"), "not a range"),
        ({"where": {"s": 1}}, ("where", "s"), "only frames"),
        ({"where": {"conn": 1}}, ("where", "conn"), "nothing is pushed"),
    ],
)
def test_what_is_no_where_is_refused_with_its_place(
    item: dict[str, Any], path: tuple[str, ...], hint: str
) -> None:
    error = refused({"when": "http.gateway", "do": {"status": 500}, **item})
    assert hint in error.sentence
    assert error.path == ("rules", 0, *path)
