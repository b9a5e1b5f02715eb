"""A ruling: the rule's reply, and the one report of what became of the event."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.rules.decisions import Act, Decision
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.ruling import Ruling
from fake_qq_server.rules.verbs.registry import Effect

(RULE,) = parse_rules([{"id": "r", "when": "http.api", "do": {"status": 500}}])
ANSWER = Decision((Act(RULE, RULE.do[0], 1),))


def reported(decision: Decision, cause: int | None) -> tuple[Ruling, list[Any]]:
    reports: list[Any] = []
    return Ruling(decision, cause, lambda act, *rest: reports.append((act.do.verb, *rest))), reports


def test_a_rules_answer_replies_in_the_defaults_stead() -> None:
    ruling, _ = reported(ANSWER, 7)
    assert (ruling.answered, ruling.rule, ruling.verb) == (True, "r", "status")
    assert ruling.reply(None).status == 500


def test_without_an_answer_there_is_no_reply_and_nothing_to_report() -> None:
    ruling, reports = reported(Decision(), 7)
    assert (ruling.answered, ruling.rule, ruling.verb, ruling.reply(None)) == (False, None, None, None)
    ruling.finish(Effect(bytes=3))
    assert reports == []


def test_an_answer_is_reported_with_its_effect_and_its_cause() -> None:
    ruling, reports = reported(ANSWER, 7)
    ruling.finish(Effect(bytes=3))
    assert reports == [("status", Effect(bytes=3), 7)]


def test_an_answer_that_changed_nothing_is_not_reported() -> None:
    ruling, reports = reported(ANSWER, 7)
    ruling.finish(None)
    assert reports == []


@pytest.mark.parametrize("decision", [Decision(), ANSWER])
def test_the_cause_may_be_known_only_at_the_end(decision: Decision) -> None:
    ruling, reports = reported(decision, None)
    ruling.finish(Effect(), cause=9)
    assert ruling.cause == 9
    assert [cause for _, _, cause in reports] == [9] * len(decision.answers)


def test_a_ruling_cannot_be_finished_twice() -> None:
    ruling, reports = reported(ANSWER, 7)
    ruling.finish(Effect())
    with pytest.raises(RuntimeError, match="finished once"):
        ruling.finish(Effect())
    assert len(reports) == 1


def test_a_ruling_cannot_have_two_causes() -> None:
    ruling, reports = reported(ANSWER, 7)
    with pytest.raises(RuntimeError, match="one cause"):
        ruling.finish(Effect(), cause=8)
    assert reports == []
