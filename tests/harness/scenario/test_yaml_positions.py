"""YAML text: every mistake has its line, and what the language has no use for is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.scenario import yaml_positions
from harness.scenario.loading import catalogue_folder
from tests.harness.scenario.files import GOOD, refused


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
def test_a_file_that_is_no_scenario_is_refused_with_the_reason(
    data: bytes, hint: str, tmp_path: Path
) -> None:
    assert hint in refused(data, tmp_path).sentence


def test_a_name_of_any_length_is_not_quoted_whole(tmp_path: Path) -> None:
    sentence = refused(f"a: *{'x' * 5000}", tmp_path).sentence
    assert "undefined alias 'xxx" in sentence and len(sentence) < 200


def test_aliases_of_aliases_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    laughs = "a: &a0 [x]\n" + "".join(
        f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 20)
    )
    assert "aliases written out" in refused(laughs, tmp_path).sentence


def test_a_mistake_in_an_alias_has_the_line_of_its_use_or_of_its_anchor(tmp_path: Path) -> None:
    text = GOOD.replace("do: {status: 500}", "do: &no {status: 500}").replace(
        "plain: []", "plain: [{at: 3m, do: *no}]"
    )
    error = refused(text, tmp_path)
    assert "answer: it belongs to a rule with when" in error.sentence
    assert error.line in (11, 13)


def test_the_limits_on_depth_characters_and_documents_are_as_documented() -> None:
    assert (yaml_positions.DEEPEST, yaml_positions.MOST_CHARACTERS, yaml_positions.MOST_DOCUMENTS) == (
        30,
        400_000,
        500,
    )


ONLY_LIBYAML = ["a: [x\t, y]", "a:\tb", "a: [b?]", 'a: ["c", b?]', "a: |#", "a: b\n\ufeff\nc: d"]


@pytest.mark.parametrize("text", ONLY_LIBYAML)
def test_what_libyaml_alone_would_take_is_refused_with_it_too(text: str) -> None:
    assert yaml_positions._documents(yaml_positions._Fastest(text))
    with pytest.raises(yaml_positions.YamlError):
        yaml_positions.read_documents(text)


def test_a_question_mark_between_quotes_does_not_slow_the_reading_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(yaml_positions, "_InPython")
    (document,) = yaml_positions.read_documents('a: "are you there?"')
    assert document.data == {"a": "are you there?"}


@pytest.mark.parametrize("path", sorted(catalogue_folder().glob("*.yaml")), ids=lambda path: path.stem)
def test_a_scenario_is_the_same_with_and_without_libyaml(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = path.read_text(encoding="utf-8")
    found = yaml_positions.read_documents(text)
    monkeypatch.setattr(yaml_positions, "_Fastest", yaml_positions._InPython)
    assert yaml_positions.read_documents(text) == found
