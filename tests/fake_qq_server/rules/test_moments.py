"""Moments, ranges, `which` and `where`: how they are written, and what they hold."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.platform.units import MINUTE, SECOND
from fake_qq_server.rules.language_errors import LanguageError
from fake_qq_server.rules.moments import Moment, Span, Where, Which, parse_moment


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
        ("zzz", "there is drop, heal, lost, ready, resumed"),
        ("ready - 5s", "not a moment"),
        ("ready + 60", "not a duration"),
        ("ready#0", "not a moment"),
        ("Ready", "not a duration"),
        (60, "no unit"),
        (None, "not a duration"),
        ([], "not a duration"),
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
