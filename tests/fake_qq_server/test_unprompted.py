"""What the rules do unprompted is bounded within one instant, and the busiest rules are named."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.rules.decisions import Act, Push
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.unprompted import NAMED, UNPROMPTED_IN_AN_INSTANT, Unprompted, busiest


def push(key: str = "r") -> Push:
    (rule,) = parse_rules([{"id": key, "at": "1s", "do": "fin"}])
    return Push(rule, rule.do[0], 1, 0)


def answer(when: str, **do: Any) -> Act:
    (rule,) = parse_rules([{"id": "r", "when": when, "do": do}])
    return Act(rule, rule.do[0], 1)


def test_as_many_pushes_as_are_allowed_are_within_the_bound_and_one_more_is_not() -> None:
    unprompted = Unprompted()
    allowed = [unprompted.sends(push(), 5) for _ in range(UNPROMPTED_IN_AN_INSTANT)]
    assert all(allowed) and not unprompted.sends(push("other"), 5)
    assert unprompted.within(5) == {"r": UNPROMPTED_IN_AN_INSTANT, "other": 1}


def test_a_rule_that_only_sets_a_mark_sends_nothing() -> None:
    (rule,) = parse_rules([{"id": "r", "at": "1s", "do": "nothing"}])
    unprompted = Unprompted()
    assert unprompted.sends(Push(rule, rule.do[0], 1, 0), 5) and unprompted.within(5) == {}


def test_each_instant_has_a_bound_of_its_own() -> None:
    unprompted = Unprompted()
    assert all(unprompted.sends(push(), now) for now in range(UNPROMPTED_IN_AN_INSTANT + 5))
    assert unprompted.within(10**6) == {}


@pytest.mark.parametrize(
    ("act", "counts"),
    [
        (answer("seam.receive", message={"type": "text", "data": "x"}), True),
        (answer("seam.receive", message={"type": "ping"}), True),
        (answer("seam.receive", message={"type": "close", "code": 4009}), False),
        (answer("seam.receive", **{"raise": "OSError"}), False),
        (answer("http.gateway", status=500), False),
        (answer("ws.out.ack", duplicate=None), True),
        (answer("ws.out.ack", withhold=None), False),
    ],
)
def test_of_answers_those_are_counted_after_which_every_client_reads_on(act: Act, counts: bool) -> None:
    unprompted = Unprompted()
    assert unprompted.sends(act, 5)
    assert (unprompted.within(5) == {"r": 1}) is counts


def test_acts_of_conditions_are_counted_and_not_bounded() -> None:
    unprompted = Unprompted()
    for _ in range(UNPROMPTED_IN_AN_INSTANT):
        unprompted.holds("c", 5)
    assert unprompted.sends(push(), 5)
    assert unprompted.within(5) == {"c": UNPROMPTED_IN_AN_INSTANT, "r": 1}


def test_the_busiest_rules_are_named_without_those_that_acted_now_and_then() -> None:
    assert busiest({"a": 1, "b": 125, "c": 124}) == ("b", "c")
    assert len(busiest({str(n): 1 for n in range(100)})) == NAMED
    assert busiest({}) == ()
