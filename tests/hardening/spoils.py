"""Ways to make a scenario wrong, each of which must be refused: a name misspelt, a key lost, a value of
another type, two things that exclude each other."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import yaml

from fake_qq_server.rules.verbs.registry import VERBS
from harness.scenario.loading import catalogue_folder
from harness.scenario.vocabulary import REQUIRED

Document = dict[str, Any]
Spoil = Callable[[random.Random, Document], bool]
"""Makes a document wrong in one way; false where there was nothing to spoil."""


def _some_rule(rng: random.Random, document: Document) -> dict[str, Any]:
    rules = [*document["rules"]]
    for variant in document.get("variants", {}).values():
        rules += variant if isinstance(variant, list) else variant.get("rules", [])
    chosen = rng.choice(rules) if rules else {}
    assert isinstance(chosen, dict)
    return chosen


def _typo(rng: random.Random, word: str) -> str:
    at = rng.randrange(len(word))
    return rng.choice(
        [word[:at] + "q" + word[at:], word[:at] + "Q" + word[at + 1 :], word + "_", word.upper() + "x"]
    )


def _renamed(rng: random.Random, mapping: dict[str, Any]) -> bool:
    key = rng.choice(sorted(mapping))
    mapping[_typo(rng, key)] = mapping.pop(key)
    return True


def spoil_key(rng: random.Random, document: Document) -> bool:
    return _renamed(rng, document)


def spoil_rule_key(rng: random.Random, document: Document) -> bool:
    rule = _some_rule(rng, document)
    return bool(rule) and _renamed(rng, rule)


def spoil_verb(rng: random.Random, document: Document) -> bool:
    rule = _some_rule(rng, document)
    if isinstance(rule.get("do"), str):
        rule["do"] = _typo(rng, rule["do"])
        return True
    return isinstance(rule.get("do"), dict) and _renamed(rng, rule["do"])


def lose_key(rng: random.Random, document: Document) -> bool:
    del document[rng.choice(REQUIRED)]
    return True


def lose_rule_key(rng: random.Random, document: Document) -> bool:
    rule = _some_rule(rng, document)
    key = rng.choice([key for key in ("do", "when", "at", "link") if key in rule] or ["-"])
    return rule.pop(key, None) is not None


def wrong_type(rng: random.Random, document: Document) -> bool:
    key = rng.choice(sorted(set(document) - {"scenario", "story"}))
    document[key] = rng.choice([-3, 1.5, "?!", [["x"]], {"x": {"y": 1}}, None])
    return True


def wrong_name(rng: random.Random, document: Document) -> bool:
    document["scenario"] = rng.choice([3, None, [], {}, True, "", "A b", "a/b", "x" * 61, "ä"])
    return True


def wrong_rule_value(rng: random.Random, document: Document) -> bool:
    rule = _some_rule(rng, document)
    if not rule:
        return False
    key = rng.choice(sorted(rule))
    rule[key] = rng.choice([-3, 1e9, "?!", [], {}, [[1]], {"x": 1}, None, True])
    return True


def wrong_rule(rng: random.Random, document: Document) -> bool:
    wrong: Any = rng.choice(
        [3, None, "fin", [], {}, {"do": "fin"}, {"when": "ws.connect"}, {"at": "1m", "do": []}]
    )
    document["rules"].insert(rng.randrange(len(document["rules"]) + 1), wrong)
    return True


def unknown_mark(rng: random.Random, document: Document) -> bool:
    rule = _some_rule(rng, document)
    key = rng.choice([key for key in ("at", "from", "until") if key in rule] or ["from"])
    rule[key] = rng.choice(
        ["reddy", "zzz + 3s", "ready - 3s", "ready +", "+ 3s", "ready + 3", "ready#x", "ready ready"]
    )
    return len(rule) > 1


def two_triggers(rng: random.Random, document: Document) -> bool:
    rule = _some_rule(rng, document)
    missing = [(k, v) for k, v in (("when", "ws.connect"), ("at", "1m"), ("link", "ws")) if k not in rule]
    rule.update([rng.choice(missing)])
    return len(missing) < 3


def wrong_place(rng: random.Random, document: Document) -> bool:
    rule = _some_rule(rng, document)
    if "when" in rule:
        rule["do"] = "stall"
    elif "at" in rule:
        rule["do"] = rng.choice(["noanswer", "stall", {"status": 500}])
    elif "link" in rule:
        rule["do"] = rng.choice(["fin", "noanswer", {"close": 4009}])
    return bool(rule)


TAKE_ANY_TEXT = ("body", "frame", "speak")


def wrong_argument(rng: random.Random, document: Document) -> bool:
    rule = _some_rule(rng, document)
    if isinstance(rule.get("do"), dict):
        name = next(key for key in rule["do"] if key in VERBS)
        rule["do"] = {
            name: rng.choice([-1, [1], "\u0007?!", 10**12]),
            **{k: v for k, v in rule["do"].items() if k != name},
        }
        return name not in TAKE_ANY_TEXT or not isinstance(rule["do"][name], str)
    return False


def asks_nonsense(rng: random.Random, document: Document) -> bool:
    document["asks"] = rng.choice(
        [[], ["nonsense"], ["flag", "flag"], {"adapter": []}, {}, "flag", {"process": ["back"]}]
    )
    return bool(document["asks"] != {"process": ["back"]} or document["levels"] != ["process"])


def too_short(rng: random.Random, document: Document) -> bool:
    document["end"] = rng.choice(["1s", "0s", "9s", "500ms"])
    return any("at" in rule or "from" in rule for rule in document["rules"]) or "heal" in document


def heals_twice(rng: random.Random, document: Document) -> bool:
    document["heal"], document["heal_twin"] = "40m", ["50m"]
    return True


def same_id(rng: random.Random, document: Document) -> bool:
    rule = {"id": "drop", "at": "5m", "do": "fin"}
    document["rules"] += [rule, dict(rule)]
    return True


def two_answers(rng: random.Random, document: Document) -> bool:
    answer = {"when": "http.api", "do": {"status": rng.randrange(400, 599)}}
    document["rules"] += [answer, {"when": rng.choice(["http.api", "http.any"]), "do": "noanswer"}]
    return True


SPOILS: tuple[Spoil, ...] = (
    spoil_key, spoil_rule_key, spoil_verb, lose_key, lose_rule_key, wrong_type, wrong_name, wrong_rule_value,
    wrong_rule, unknown_mark, two_triggers, wrong_place, wrong_argument, asks_nonsense, too_short,
    heals_twice, same_id, two_answers,
)  # fmt: skip


def shipped() -> list[Document]:
    """Every scenario of the catalogue, as its file has it."""
    texts = [path.read_text() for path in sorted(catalogue_folder().glob("*.yaml"))]
    return [document for text in texts for document in yaml.safe_load_all(text)]
