"""What rules with toxics may not say, alone and together."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.language_errors import LanguageError


def lag(ms: int = 200, **more: Any) -> dict[str, Any]:
    return {"toxic": {"type": "latency", "attributes": {"latency": ms}, **more}}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"link": "ws", "where": {"conn": 1}, "do": lag()}, "leave where out"),
        ({"link": "ws", "chance": 0.5, "do": lag()}, "write toxicity inside it"),
        ({"link": "ws.down", "do": lag()}, "has no direction"),
        ({"link": "ws", "do": [lag(1), lag(2)]}, "two toxics are called latency_downstream"),
        ({"at": "5s", "do": lag()}, "belongs to a rule with link"),
        ({"link": "ws", "do": lag(toxicity=2)}, "share of connections"),
        ({"link": "ws", "do": {**lag(), "every": "10s"}}, "belong together"),
        ({"link": "ws", "do": {**lag(), "every": "10s", "for": "10s"}}, "shorter than every"),
    ],
)
def test_a_rule_that_no_proxy_could_follow_is_refused(rule: Any, words: str) -> None:
    with pytest.raises(LanguageError, match=words):
        parse_rules([rule])


def test_a_name_stays_with_its_type_and_stream() -> None:
    other = {"toxic": {"name": "a", "type": "timeout", "attributes": {"timeout": 0}}}
    with pytest.raises(LanguageError, match="a is a latency downstream in another rule"):
        parse_rules([{"link": "ws", "do": lag(name="a")}, {"link": "any", "do": other}])


def test_the_same_name_on_another_host_is_another_toxic() -> None:
    other = {"toxic": {"name": "a", "type": "timeout", "attributes": {"timeout": 0}}}
    assert len(parse_rules([{"link": "ws", "do": lag(name="a")}, {"link": "api", "do": other}])) == 2
