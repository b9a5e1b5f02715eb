"""What needs all rules of a run at once: ids given twice, waiting in a circle, two answers to one event."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.language_errors import LanguageError
from tests.fake_qq_server.rules.rule_parsing import DROP, refused, rules


def test_rules_are_a_list_of_at_most_500() -> None:
    wrongs: list[Any] = [None, {}, "x"]
    for wrong in wrongs:
        with pytest.raises(LanguageError, match="rules is a list"):
            parse_rules(wrong)
    with pytest.raises(LanguageError, match="more than 500"):
        parse_rules([{"at": "3m", "do": "fin"}] * 501)
    assert len(parse_rules([{"at": "3m", "do": "fin"}] * 500)) == 500


def test_errors_name_the_place_given_for_a_rule() -> None:
    with pytest.raises(LanguageError) as caught:
        parse_rules(
            [{"at": "3m", "do": "fin"}, {"at": "x", "do": "fin"}], [("rules", 0), ("variants", "v", 0)]
        )
    assert caught.value.path == ("variants", "v", 0, "at")


def test_an_id_is_given_once() -> None:
    error = refused(DROP, {"at": "3m", "do": "fin"}, {**DROP, "at": "5m"})
    assert "two rules are called drop" in error.sentence
    assert error.path == ("rules", 2, "id")


def test_rules_may_not_wait_for_each_other() -> None:
    a = {"id": "a", "at": "b + 1s", "do": "fin"}
    b = {"id": "b", "when": "ws.connect", "from": "a", "do": "fin"}
    error = refused(a, b)
    assert "can never begin: it waits for b" in error.sentence
    assert error.path == ("rules", 0)
    assert "waits for a" in refused({"id": "a", "when": "ws.connect", "from": "a", "do": "fin"}).sentence
    # An end that never comes is no reason not to begin.
    rules({"id": "a", "when": "ws.connect", "until": "a", "do": "fin"})
    rules({**b, "from": "c"}, {**a, "id": "c", "at": "ready"})


STATUS = {"when": "http.gateway", "do": {"status": 500}}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (STATUS, {"when": "http.gateway", "do": "noanswer"}),
        (STATUS, {"when": "http.any", "do": "noanswer"}),
        ({**STATUS, "when": "http.any"}, {"when": "http.gateway", "do": "noanswer"}),
        ({**STATUS, "which": "2.."}, {**STATUS, "which": "..2"}),
        ({**STATUS, "which": "every 3"}, {**STATUS, "which": "every 5"}),
        ({**STATUS, "which": "every 3"}, {**STATUS, "which": 9}),
        ({**STATUS, "from": "ready"}, {**STATUS, "from": "ready", "which": "7.."}),
        ({**STATUS, "which": 4000}, {**STATUS, "which": "4000.."}),
        # All that the one matches, the other matches too.
        (STATUS, {**STATUS, "from": "ready"}),
        ({**STATUS, "from": "ready + 5s", "which": 1}, STATUS),
        ({**STATUS, "from": "ready"}, {**STATUS, "from": "ready + 5s", "until": "1h"}),
        ({**STATUS, "until": "1h"}, {**STATUS, "until": "30m"}),
        ({**STATUS, "when": "http.any"}, {**STATUS, "where": {"path": "/gateway"}, "until": "30m"}),
    ],
)
def test_two_answers_to_one_event_are_refused_where_that_is_certain(one: Any, two: Any) -> None:
    error = refused(one, {"at": "3m", "do": "fin"}, two)
    assert "two rules answer" in error.sentence
    assert error.path == ("rules", 2)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (STATUS, {"when": "http.token", "do": "noanswer"}),
        (STATUS, {"when": "http.gateway", "do": "fin"}),
        ({**STATUS, "until": "ready"}, {**STATUS, "from": "ready"}),
        ({**STATUS, "chance": 0.5}, STATUS),
        ({**STATUS, "which": "2.."}, {**STATUS, "which": 1}),
        ({**STATUS, "which": "every 2"}, {**STATUS, "which": 9}),
        ({**STATUS, "which": "..3"}, {**STATUS, "which": "every 5"}),
        ({**STATUS, "which": 2}, {"when": "http.any", "which": 2, "do": "noanswer"}),
    ],
)
def test_two_answers_that_need_not_meet_are_allowed(one: Any, two: Any) -> None:
    assert len(rules(one, two)) == 2


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({**STATUS, "which": 1}, {**STATUS, "from": "ready"}),
        ({**STATUS, "from": "ready"}, {**STATUS, "until": "30m"}),
        ({**STATUS, "from": "ready or 1h"}, {**STATUS, "from": "ready + 5s or 30m"}),
        ({**STATUS, "from": "lost"}, {**STATUS, "from": "lost#2 + 5s"}),
        (STATUS, {**STATUS, "from": "ready", "fires": "0.."}),
        (STATUS, {**STATUS, "from": "ready", "chance": 0.5}),
    ],
)
def test_two_answers_are_allowed_where_they_may_never_meet(one: Any, two: Any) -> None:
    rules(one, two)


DOWN = {"id": "down", **STATUS}
THIRD = {"id": "third", "when": "http.gateway", "which": 3, "do": "noanswer"}


def test_two_answers_are_allowed_where_one_acts_instead_of_the_other() -> None:
    assert rules(DOWN, {**THIRD, "instead": "down"})[1].instead == ("down",)
    assert rules({**THIRD, "instead": "down"}, DOWN)[0].instead == ("down",)
    assert rules(DOWN, {**THIRD, "when": "http.any", "instead": ["down"]})[1].instead == ("down",)
    # Their windows are not the same, so the third of one may be the first of the other.
    rules({**DOWN, "which": 1, "from": "ready"}, {**THIRD, "instead": "down"})
    error = refused(DOWN, {**THIRD, "instead": "down"}, {**THIRD, "id": "other"})
    assert "two rules answer" in error.sentence


@pytest.mark.parametrize(
    ("items", "hint"),
    [
        ([DOWN, {**THIRD, "instead": "dwon"}], "did you mean down"),
        ([DOWN, {**THIRD, "instead": []}], "the id of another rule"),
        ([DOWN, {**THIRD, "instead": ["down", "down"]}], "each once"),
        ([DOWN, {**THIRD, "instead": "third"}], "the id of another rule"),
        ([DOWN, {**THIRD, "instead": None}], "no rule is called"),
        ([DOWN, {**THIRD, "instead": [["down"]]}], "no rule is called"),
        ([DOWN, {**THIRD, "instead": {}}], "no rule is called"),
        ([DOWN, {"at": "5m", "do": "fin", "instead": "down"}], "for a rule with when"),
        ([DROP, {**THIRD, "instead": "drop"}], "drop waits for no event"),
        ([DOWN, {"when": "http.api", "do": "noanswer", "instead": "down"}], "never meet"),
        ([{**DOWN, "which": "..2"}, {**THIRD, "instead": "down"}], "never meet: which 3 and 1..2"),
        ([{**DOWN, "instead": "third"}, {**THIRD, "instead": "down"}], "keep one instead"),
    ],
)
def test_instead_is_refused_where_it_cannot_be_meant(items: Any, hint: str) -> None:
    assert hint in refused(*items).sentence


def test_any_and_a_word_of_its_place_are_allowed_once_the_wider_one_is_numbered() -> None:
    refused({**STATUS, "which": 2}, {"when": "http.any", "do": "noanswer"})
    rules(STATUS, {"when": "http.any", "which": 2, "do": "noanswer"})
