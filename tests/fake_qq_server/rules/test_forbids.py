"""Prohibitions: how they are written, what is refused, and which events break them."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.rules.engine import Engine
from fake_qq_server.rules.forbids import MOST_FORBIDS, Forbid, parse_forbids
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.language_errors import LanguageError
from tests.fake_qq_server.rules.engine_run import DROP, us

AGAIN = {"when": "ws.in.identify", "because": "it must resume"}
IDENTIFY = "ws.in.identify"


def engine(*forbids: dict[str, Any]) -> Engine:
    rules = parse_rules([DROP])
    return Engine(rules, forbids=parse_forbids(list(forbids), ids=["drop"]))


def broken(one: Engine, event: str, t: float, **about: Any) -> list[str]:
    return [forbid.key for forbid in one.decide(event, us(t), **about).forbidden]


def refused(*items: Any, ids: tuple[str, ...] = ()) -> LanguageError:
    with pytest.raises(LanguageError) as caught:
        parse_forbids(list(items), ids=ids)
    return caught.value


class TestParsing:
    def test_without_an_id_its_own_text_names_a_prohibition(self) -> None:
        (forbid,) = parse_forbids([{**AGAIN, "which": "2..", "where": {"conn": "2.."}, "until": "1h"}])
        assert forbid.key == "forbid ws.in.identify which 2.. where {conn: 2..} until 1h"
        assert parse_forbids([{**AGAIN, "id": "again"}])[0].key == "again"

    @pytest.mark.parametrize(
        ("item", "path", "hint"),
        [
            ("x", (), "a prohibition is a mapping"),
            ({"when": IDENTIFY}, (), "because is missing"),
            ({"because": "x"}, (), "when is missing"),
            ({**AGAIN, "do": "fin"}, ("do",), "a prohibition has no 'do'"),
            ({**AGAIN, "when": "ws.in.hello"}, ("when",), "never receives hello"),
            ({**AGAIN, "because": " "}, ("because",), "because is one line"),
            ({**AGAIN, "because": "a\nb"}, ("because",), "because is one line"),
            ({**AGAIN, "id": "A"}, ("id",), "is not an id"),
            ({**AGAIN, "which": 0}, ("which",), "counts from 1"),
            ({**AGAIN, "from": "dorp"}, ("from",), "no mark or rule is called"),
            ({**AGAIN, "from": "2h", "until": "1h"}, ("until",), "nothing lies between 2h and 1h"),
            ({**AGAIN, "where": {"path": "/x"}}, ("where", "path"), "ws.in.identify has no path"),
            ({**AGAIN, "when": "http.api", "where": {"conn": 1}}, ("where", "conn"), "http.api has no conn"),
            ({**AGAIN, "when": "ws.connect", "where": {"s": 1}}, ("where", "s"), "ws.connect has no s"),
        ],
    )
    def test_what_is_wrong_is_refused_where_it_stands(self, item: Any, path: Any, hint: str) -> None:
        error = refused(AGAIN, item)
        assert hint in error.sentence
        assert error.path == ("forbids", 1, *path)

    def test_forbids_is_a_list_of_bounded_length(self) -> None:
        with pytest.raises(LanguageError, match="forbids is a list"):
            parse_forbids(AGAIN)
        assert refused(*[AGAIN] * (MOST_FORBIDS + 1)).path == ("forbids",)

    def test_two_equal_prohibitions_or_a_rule_of_that_name_are_refused(self) -> None:
        assert refused(AGAIN, {**AGAIN, "because": "y"}).path == ("forbids", 1)
        assert refused({**AGAIN, "id": "drop"}, ids=("drop",)).path == ("forbids", 0)


class TestMatching:
    def test_an_event_is_forbidden_from_the_number_on_that_which_says_and_told_once(self) -> None:
        one = engine({**AGAIN, "id": "again", "which": "3.."})
        assert [broken(one, IDENTIFY, t) for t in range(4)] == [[], [], ["again"], []]

    def test_where_narrows_by_connection(self) -> None:
        one = engine({**AGAIN, "id": "again", "where": {"conn": "2.."}})
        assert broken(one, IDENTIFY, 1, conn=1) == []
        assert broken(one, IDENTIFY, 1, conn=2) == ["again"]

    def test_events_outside_the_window_are_neither_forbidden_nor_counted(self) -> None:
        one = engine({**AGAIN, "id": "again", "which": 2, "from": "ready", "until": "9s"})
        assert broken(one, IDENTIFY, 1) == []
        one.mark("ready", us(2))
        assert [broken(one, IDENTIFY, t) for t in (3, 4, 10)] == [[], ["again"], []]

    def test_a_window_goes_on_beyond_the_healing_and_may_begin_with_it(self) -> None:
        one = engine({**AGAIN, "id": "ever"}, {**AGAIN, "id": "then", "from": "heal + 1s"})
        one.mark("heal", us(5))
        assert [broken(one, IDENTIFY, t) for t in (5.5, 6)] == [["ever"], ["then"]]

    def test_what_a_rule_brought_about_is_not_forbidden(self) -> None:
        one = engine({"id": "no", "when": "ws.out.invalid", "because": "x"})
        assert broken(one, "ws.out.invalid", 1, by="drop") == []
        assert broken(one, "ws.out.invalid", 1) == ["no"]

    def test_a_prohibition_whose_window_never_began_is_told(self) -> None:
        one = engine({**AGAIN, "id": "later", "from": "drop"}, {**AGAIN, "id": "always"})
        unwatched: tuple[Forbid, ...] = one.unwatched()
        assert [forbid.key for forbid in unwatched] == ["later"]
