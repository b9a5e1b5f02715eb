"""Files that are wrong on purpose: shipped scenarios spoiled in known ways, and arbitrary text and bytes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_qq_server.rules.verbs.registry import VERBS
from harness.scenario.loading import ScenarioError, catalogue_folder, load_file, load_text
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


def wrong_argument(rng: random.Random, document: Document) -> bool:
    rule = _some_rule(rng, document)
    if isinstance(rule.get("do"), dict):
        name = next(key for key in rule["do"] if key in VERBS)
        rule["do"] = {
            name: rng.choice([-1, [1], "\u0007?!", 10**12]),
            **{k: v for k, v in rule["do"].items() if k != name},
        }
        return name not in ("body", "frame") or not isinstance(rule["do"][name], str)
    return False


def asks_nonsense(rng: random.Random, document: Document) -> bool:
    document["asks"] = rng.choice(
        [[], ["nonsense"], ["flag", "flag"], {"adapter": []}, {}, "flag", {"process": ["back"]}]
    )
    return True


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


def _shipped() -> list[Document]:
    texts = [path.read_text() for path in sorted(catalogue_folder().glob("*.yaml"))]
    return [document for text in texts for document in yaml.safe_load_all(text)]


def spoiled() -> Iterator[tuple[str, str]]:
    """(what was done, the file's text), the same ones in every run."""
    rng = random.Random(14539)
    for number in range(28):
        for spoil in SPOILS:
            document = rng.choice(_SHIPPED)
            copy = deepcopy(document)
            if spoil(rng, copy):
                flow = rng.choice([None, False, True])
                yield (
                    f"{spoil.__name__} {number}",
                    yaml.safe_dump(copy, sort_keys=False, default_flow_style=flow),
                )


_SHIPPED = _shipped()


def test_the_scenarios_that_are_spoiled_below_are_good() -> None:
    for document in _SHIPPED:
        assert len(load_text(yaml.safe_dump(document, sort_keys=False))) == 1


def test_every_spoiled_scenario_is_refused_in_one_line(tmp_path: Path) -> None:
    mutants = list(spoiled())
    assert len({text for _, text in mutants}) >= 350
    let_through = []
    for what, text in mutants:
        try:
            load_text(text, "f.yaml")
        except ScenarioError as error:
            assert re.fullmatch(r"f\.yaml:[0-9]+: \S.{9,}", str(error)), f"{what}: {error}"
            assert 1 <= error.line <= text.count("\n") + 1
            assert len(error.sentence) < 400, error
        else:
            let_through.append((what, text))
    assert let_through == []


TEXTS = [path.read_text() for path in sorted(catalogue_folder().glob("*.yaml"))]
BITS = st.sampled_from(
    [
        "\t",
        "\n",
        ": ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "'",
        '"',
        "&a ",
        "*a",
        "!x ",
        "|",
        ">",
        "#",
        "%",
        "---\n",
        "?",
        "\0",
        "\x85",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_raises_nothing_else(data: st.DataObject) -> None:
    """Bits put into a real file, or a piece torn out: scenarios or a ScenarioError, never a traceback."""
    text = data.draw(st.sampled_from(TEXTS))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.sampled_from([0, 0, 1, 5, 40]))
        text = text[:at] + data.draw(BITS) + text[at + gone :]
    try:
        load_text(text, "f.yaml")
    except ScenarioError as error:
        assert re.fullmatch(r"f\.yaml:[0-9]+: .+", str(error))
        assert 1 <= error.line <= text.count("\n") + text.count("\x85") + 1


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=300), st.text(alphabet="{}[]:,-&*!|>'\"%@`?# \n\tab01", max_size=200)))
def test_arbitrary_text_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_text(text, "f.yaml")
    assert re.fullmatch(r"f\.yaml:[0-9]+: .+", str(caught.value))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300))
def test_arbitrary_bytes_are_refused(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "bytes.yaml"
    file.write_bytes(data)
    with pytest.raises(ScenarioError):
        load_file(file)
