"""Rules, arguments and handlers in plain words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fake_qq_server.rules.forbids import parse_forbids
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.verbs.registry import VERBS
from harness.commands.catalogue import verb_in_words
from harness.scenario.in_words import (
    answers_in_words,
    bot_in_words,
    forbid_in_words,
    handler_in_words,
    rule_in_words,
    schema_in_words,
)
from harness.scenario.run_spec import Answers, BotConfig, Handler

DROP = {"id": "drop", "at": "ready + 60s", "do": {"close": 4009}}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (DROP, "drop: at 1m after ready → close: 4009"),
        ({"at": "3m", "every": "65s", "until": "8m", "do": "rst"}, "at 3m, then every 65s until 8m → rst"),
        (
            {"when": "http.gateway", "from": "drop", "do": {"status": 500}},
            "whenever the gateway's address is asked for from drop → status: 500",
        ),
        (
            {"when": "http.api", "which": "2..4", "where": {"path": "/v2/*"}, "do": "noanswer"},
            "whenever the API is called (of these: 2..4) where path: /v2/* → noanswer",
        ),
        ({"link": "ws.down", "from": "ready", "do": "silent"},
         "on every connection of host ws to the client from ready → silent"),
        ({"link": "any", "chance": 0.5, "do": {"latency": "900ms", "jitter": "400ms"}},
         "on every connection of host any with chance 0.5 → latency: \"900ms\", jitter: \"400ms\""),
        ({"when": "ws.in.any", "do": "fin"}, "whenever the platform receives anything → fin"),
        ({"when": "ws.out.hello", "do": "fin"}, "whenever the platform sends hello → fin"),
        ({"when": "ws.out.any", "do": "withhold"}, "whenever the platform sends anything → withhold"),
        ({"when": "http.any", "do": [{"close": 4009, "after": "1s"}, "rst"]},
         "whenever any request arrives → close: 4009, after: 1s and rst"),
        ({"when": "seam.receive", "do": {"raise": "OSError"}},
         "whenever the client itself calls receive (injected inside the client) → raise: \"OSError\""),
        ({"at": "lost#2 + 5s", "do": "fin"}, "at 5s after lost number 2 → fin"),
        ({"at": "gaveup + 5m", "do": "fin"}, "at 5m after the give-up → fin"),
        ({"at": "gaveup + 5m or 3h", "do": "fin"}, "at 5m after the give-up, at 3h at the latest → fin"),
    ],
)  # fmt: skip
def test_a_rule_is_told_in_words(rule: dict[str, Any], words: str) -> None:
    parsed = parse_rules([DROP, rule] if rule.get("from") == "drop" else [rule])[-1]
    assert rule_in_words(parsed) == words


def test_a_rule_says_instead_of_which_it_acts() -> None:
    general = {"id": "mute", "when": "ws.out.ack", "do": "withhold"}
    special = {"when": "ws.out.ack", "which": 3, "instead": "mute", "do": "nothing"}
    words = "whenever the platform sends ack (of these: 3) instead of mute → nothing"
    assert rule_in_words(parse_rules([general, special])[1]) == words


@pytest.mark.parametrize(
    ("forbid", "words"),
    [
        ({"when": "ws.in.identify", "which": "2..", "because": "it must resume"},
         "the platform receives identify (of these: 2..): it must resume"),
        ({"id": "away", "when": "http.api", "where": {"path": "/v2/*"}, "from": "lost", "until": "2h",
          "because": "it is away"},
         "away: the API is called where path: /v2/* from lost until 2h: it is away"),
    ],
)  # fmt: skip
def test_a_prohibition_is_told_in_words(forbid: dict[str, Any], words: str) -> None:
    assert forbid_in_words(parse_forbids([forbid])[0]) == words


@pytest.mark.parametrize(
    "body",
    [{"expires_in": "90"}, {"a": {"b": {"c": [{}]}}}, {}, "{", "}}", {"{": "}"}, {"long": ["x" * 70] * 20}],
)
def test_a_nested_value_is_told_whole_with_each_of_its_braces(body: Any) -> None:
    (rule,) = parse_rules([{"when": "http.token", "do": {"body": body}}])
    words = rule_in_words(rule).removeprefix("whenever a token is asked for → body: ")
    assert json.loads(words) == body


def test_a_path_keeps_its_braces() -> None:
    (rule,) = parse_rules([{"when": "http.api", "where": {"path": "/v2/{x}"}, "do": "fin"}])
    assert rule_in_words(rule) == "whenever the API is called where path: /v2/{x} → fin"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 200, "maximum": 599}, "a number from 200 to 599"),
        ({"type": ["string", "object"]}, "a text or a mapping"),
        ({"enum": ["duplicate", "none"]}, "one of duplicate, none"),
        ({}, "anything"),
    ],
)
def test_a_schema_is_told_as_what_may_be_written_there(schema: dict[str, Any], words: str) -> None:
    assert schema_in_words(schema) == words


@pytest.mark.parametrize("name", sorted(VERBS))
def test_a_verb_says_what_its_arguments_mean(name: str) -> None:
    verb = VERBS[name]
    for argument in (*([verb.main] if verb.main else []), *verb.more.values()):
        assert argument.means or "enum" in argument.schema, f"{name}: {argument.what} has no `means`"
    assert max(map(len, verb_in_words(verb))) <= 120


def test_each_fatal_handler_is_told_in_words() -> None:
    assert handler_in_words(Handler("slow", 5_000_000)) == "takes 5s to return"
    assert {handler_in_words(Handler(kind)) for kind in ("record", "raise", "disconnect")} == {
        "returns at once",
        "raises",
        "calls the adapter's disconnect()",
    }


def test_a_bot_in_words_is_what_is_not_as_usual() -> None:
    assert bot_in_words(BotConfig()) == ""
    assert bot_in_words(BotConfig(markdown=False)) == "writes plain text, no markdown"
    assert bot_in_words(BotConfig(False, False)) == "has no credentials and writes plain text, no markdown"


def test_answers_in_words_say_what_the_handler_of_messages_does() -> None:
    assert answers_in_words(Answers("raise")) == "raises"
    assert answers_in_words(Answers(after_us=360_000_000)) == "answers after 6m"
    assert answers_in_words(Answers(length=5000)) == "answers after 1s with 5000 characters"
