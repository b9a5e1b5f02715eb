"""Files: every mistake is one sentence with a file and a line, and none is let through."""

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
from harness.errors import UsageError
from harness.scenario import loading, yaml_positions
from harness.scenario.loading import (
    ScenarioError,
    catalogue_folder,
    load_catalogue,
    load_file,
    load_files,
    load_text,
)

GOOD = """\
# A comment.
scenario: exhausted
story: It goes down and stays down.
issues: [14539]
levels: [adapter, runner]
asks: {adapter: [flag, settles], runner: [back]}
rules:
  - {id: drop, at: ready + 60s, do: {close: 4009}}
  - when: http.gateway
    from: drop
    do: {status: 500}
variants:
  plain: []
  seam:
    hypothetical: true
    rules:
      - {when: seam.receive, do: {raise: OSError}}
heal_twin: [30m, 2h]
end: 3h
"""
SECOND = GOOD.replace("scenario: exhausted", "scenario: second")


def refused(text: str | bytes, tmp_path: Path) -> ScenarioError:
    """The one error of a file with this text; as text it is one line, FILE:LINE: sentence."""
    file = tmp_path / "my scenario.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ScenarioError) as caught:
        load_file(file)
    error = caught.value
    lines = file.read_bytes().count(b"\n") + 1
    assert re.fullmatch(re.escape(str(file)) + r":[0-9]+: \S.*", str(error)), str(error)
    assert 1 <= error.line <= lines
    assert error.__suppress_context__ or error.__context__ is None
    return error


# ---- good files


def test_a_good_file() -> None:
    (scenario,) = load_text(GOOD, "f.yaml")
    assert scenario.source == "f.yaml:2"
    assert [run.name for run in scenario.runs] == [
        "exhausted/plain", "exhausted/plain+heals-30m", "exhausted/plain+heals-2h",
        "exhausted/seam", "exhausted/seam+heals-30m", "exhausted/seam+heals-2h",
    ]  # fmt: skip


def test_several_documents() -> None:
    one, two = load_text(GOOD + "---\n" + SECOND, "f.yaml")
    assert (one.source, two.source) == ("f.yaml:2", "f.yaml:22")


def test_anchors_aliases_and_other_ways_to_write_the_same() -> None:
    text = """\
scenario: "exhausted"
story: >
  It goes down
  and stays down.
issues: []
levels:
- adapter
asks: &asks [flag]
rules:
- &drop {"at": 'ready + 60s', do: {frame: &bad '{"op":10}'}}
- when: http.gateway
  do:
  - status: 0500
  - {frame: *bad, after: 1s}
end: 3h
...
"""
    with pytest.raises(ScenarioError, match="status is a number"):
        load_text(text)
    (scenario,) = load_text(text.replace("0500", "500").replace("levels:\n- adapter", "levels: [adapter]"))
    assert scenario.story == "It goes down and stays down."
    assert scenario.runs[0].rules[1].do[1].args.main == '{"op":10}'


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "bom.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_file(str(file))[0].name == "exhausted"


def test_an_error_is_a_mistake_of_the_users() -> None:
    with pytest.raises(ScenarioError) as caught:
        load_text("x: 1", "f.yaml")
    error = caught.value
    assert isinstance(error, UsageError)
    assert (error.file, error.line, error.exit_status) == ("f.yaml", 1, 2)
    assert str(error) == f"f.yaml:1: {error.sentence}"


# ---- the catalogue


def test_the_catalogue_is_whole() -> None:
    catalogue = load_catalogue()
    assert {
        "healthy", "exhausted", "exhausted-by-close", "exhausted-at-seam", "endless-4008",
        "one-failed-reconnect", "dead-peer", "op7-resume", "receive-raises",
    } <= set(catalogue)  # fmt: skip
    runs = [run.name for scenario in catalogue.values() for run in scenario.runs]
    assert len(runs) == len(set(runs))
    assert {
        "exhausted/gateway-500", "exhausted/gateway-500+heals-30m", "exhausted/token-500+heals-2h",
        "exhausted/upgrade-403", "exhausted/refused", "exhausted-by-close/rate-limit-4008",
        "exhausted-by-close/generic-4000", "exhausted-at-seam/close-4008", "exhausted-at-seam/exception",
    } <= set(runs)  # fmt: skip
    assert [run.name for s in catalogue.values() for run in s.runs if run.hypothetical] == ["receive-raises"]


def test_where_the_catalogue_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "harness"
    package.mkdir()
    monkeypatch.setattr(loading, "__file__", str(package / "scenario" / "loading.py"))
    assert catalogue_folder() == tmp_path / "scenarios"
    (package / "_scenarios").mkdir()
    assert catalogue_folder() == package / "_scenarios"
    assert load_catalogue() == {}


def test_only_scenario_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(GOOD)
    (tmp_path / "a.yml").write_text(SECOND)
    (tmp_path / "notes.txt").write_text("{")
    assert list(load_catalogue(tmp_path)) == ["second", "exhausted"]


def test_a_name_comes_once(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"^f.yaml:22: a second .* exhausted: the first is at f.yaml:2$"):
        load_text(GOOD + "---\n" + GOOD, "f.yaml")
    one, two = tmp_path / "1.yaml", tmp_path / "2.yaml"
    one.write_text(GOOD)
    two.write_text(SECOND + "---\n" + GOOD)
    with pytest.raises(ScenarioError) as caught:
        load_files([one, two])
    assert str(caught.value) == f"{two}:22: a second scenario is called exhausted: the first is at {one}:2"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    unreadable: list[tuple[Path | str, str]] = [
        (tmp_path / "no.yaml", "No such file"),
        (tmp_path, "directory"),
        ("a\0b", "not the name"),
    ]
    for path, hint in unreadable:
        with pytest.raises(ScenarioError, match=hint) as caught:
            load_file(path)
        assert caught.value.line == 0
        assert "\n" not in str(caught.value)
    with pytest.raises(ScenarioError, match="no such folder"):
        load_catalogue(tmp_path / "no")


# ---- lines


@pytest.mark.parametrize(
    ("old", "new", "line", "hint"),
    [
        ("end: 3h", "end: 3", 19, "has no unit"),
        ("end: 3h", "end: 130m", 19, "end is too early"),
        ("end: 3h\n", "", 2, "end is missing"),
        ("status: 500", "stauts: 500", 11, "did you mean status"),
        ("from: drop", "from: dorp", 10, "did you mean drop"),
        ("raise: OSError", "raise: Oops", 17, "no built-in"),
        ("hypothetical: true", "hypothetical: false", 17, "hypothetical: true"),
        ("heal_twin: [30m, 2h]", "heal_twin:\n- 30m\n- 30s", 20, "heals before"),
        (
            "{adapter: [flag, settles], runner",
            "{adapter: [flag,\n    setles], runner",
            7,
            "did you mean settles",
        ),
        ("issues: [14539]", "issues: [14539]\nissues: []", 5, "written twice"),
        ("  plain: []", "  plain: []\n  plain: []", 14, "written twice"),
        ("    from: drop", "    on: drop", 10, "YAML reads on as true: the key for an event is when"),
        ("    from: drop", "    off: drop", 10, "YAML reads off as a boolean"),
        ("hypothetical: true", "hypothetical: yes", 15, "YAML reads yes as a boolean"),
        ("    from: drop", "\tfrom: drop", 10, "a tab"),
        ("    from: drop", "   from: drop", 10, "not YAML"),
        ("    from: drop", "    1: drop", 10, "a key is a word"),
        ("    from: drop", "    ? [a, b]\n    : drop", 10, "a key is a word"),
        ("    from: drop", "    <<: {from: drop}", 10, "merge keys"),
        ("    from: drop", "    from: !!python/object:os.system drop", 10, "tag"),
        ("    from: drop", "    from: !drop drop", 10, "tag"),
        ("    from: drop", "    from: !!int drop", 10, "whole number"),
        ("    from: drop", "    from: !!binary drop", 10, "tag"),
        ("    from: drop", "    from: !!null drop", 10, "tag"),
        ("    from: drop", "    from: *drop", 10, "alias"),
        ("    from: drop", "    from: 'drop", 10, "not YAML"),
        ("rules:\n", "rules: &r\n  - *r\n", 7, "contains itself"),
        ("rules:\n", "rules: !!set\n", 7, "tag"),
        ("plain: []", "plain: !list []", 13, "tag"),
        ("plain: []", "plain: !!set {}", 13, "tag"),
        ("[14539]", f"[{'9' * 5000}]", 4, "too many digits"),
        ("[14539]", "[007]", 4, "no issue's number"),
        ("[14539]", "[0x1]", 4, "no issue's number"),
        ("[14539]", "[1_000]", 4, "no issue's number"),
        ("[14539]", "[2026-01-01]", 4, "no issue's number"),
        ("[14539]", "[1:30]", 4, "no issue's number"),
        ("[14539]", "[.inf]", 4, "no issue's number"),
        ("[14539]", "[14539", 5, "not YAML"),
        ("[14539]", "[" * 200, 4, "nested more than 30 deep"),
        ("[14539]", "[14539]\n\x07: 1", 5, "a character that YAML does not allow"),
        ("end: 3h\n", "end: 3h\n---\n", 21, "an empty document"),
        ("end: 3h\n", "end: 3h\n--- 5\n", 20, "a scenario is a mapping"),
        ("# A comment.\n", "--- \n---\n", 2, "an empty document"),
        ("# A comment.\n", "%YAML 9.9\n", 1, "not YAML"),
    ],
)
def test_every_mistake_has_its_line(old: str, new: str, line: int, hint: str, tmp_path: Path) -> None:
    assert old in GOOD
    error = refused(GOOD.replace(old, new, 1), tmp_path)
    assert hint in error.sentence
    assert error.line == line


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"# nothing\n", "empty"),
        (b"\x00\x01\x02", "a character"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not UTF-8"),
        (b"\xff\xfes\x00", "not UTF-8"),
        (b"\x7fELF\x02\x01", "a character"),
        (b"scenario: caf\xe9", "not UTF-8"),
        (b"\n\nscenario: a\xff", "not UTF-8"),
        (b"null", "an empty document"),
        (b"[]", "a scenario is a mapping"),
        (b"- 1", "a scenario is a mapping"),
        (b"hello", "a scenario is a mapping"),
        (b"{}", "scenario is missing"),
        (b"]", "not YAML"),
        (b"@", "not YAML"),
        (b"\t", "tab"),
        (b"&a", "an empty document"),
        (b"&a *a", "not YAML"),
        (b"a: " * 3000, "not YAML"),
        (b"{" * 5000, "nested"),
        (b"- " * 5000, "nested"),
        (b"? " * 5000, "nested"),
        (b"x" * 500_000, "more than 400000 characters"),
        (b"---\n" * 501, "more than 500 documents"),
    ],
)
def test_what_is_no_scenario_at_all(data: bytes, hint: str, tmp_path: Path) -> None:
    assert hint in refused(data, tmp_path).sentence


def test_aliases_cannot_blow_up(tmp_path: Path) -> None:
    laughs = "a: &a0 [x]\n" + "".join(
        f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 20)
    )
    assert "aliases written out" in refused(laughs, tmp_path).sentence


def test_an_alias_is_its_own_copy_and_keeps_its_lines(tmp_path: Path) -> None:
    text = GOOD.replace("do: {status: 500}", "do: &no {status: 500}").replace(
        "plain: []", "plain: [{at: 3m, do: *no}]"
    )
    error = refused(text, tmp_path)
    assert "answer: it belongs to a rule with when" in error.sentence
    assert error.line in (11, 13)


# ---- malformed on purpose: hundreds of good documents spoiled, each known to be wrong


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
    del document[rng.choice(["scenario", "story", "issues", "levels", "asks", "rules", "end"])]
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
    document["end"] = rng.choice(["1s", "0s", "59s", "500ms"])
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


def test_what_the_mutants_are_made_of_is_good() -> None:
    for document in _SHIPPED:
        assert len(load_text(yaml.safe_dump(document, sort_keys=False))) == 1


def test_every_malformed_file_is_one_clear_error(tmp_path: Path) -> None:
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
def test_a_damaged_file_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
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
def test_any_text_at_all_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_text(text, "f.yaml")
    assert re.fullmatch(r"f\.yaml:[0-9]+: .+", str(caught.value))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300))
def test_any_bytes_at_all_are_refused_in_one_line(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "bytes.yaml"
    file.write_bytes(data)
    with pytest.raises(ScenarioError):
        load_file(file)


def test_the_limits_are_as_documented() -> None:
    assert (yaml_positions.DEEPEST, yaml_positions.MOST_CHARACTERS, yaml_positions.MOST_DOCUMENTS) == (
        30,
        400_000,
        500,
    )
