"""A document: the variants and twins it stands for, and the mistakes in how it lays them out."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.platform.units import HOUR, MINUTE
from fake_qq_server.rules.moments import Moment
from harness.scenario.document import parse_scenario
from harness.scenario.run_spec import Healing
from tests.harness.scenario.documents import BASE, DROP, OSERROR, names, refused, scenario


def test_a_document_stands_for_variants_times_twins() -> None:
    assert names(variants={"a": [], "b": []}, heal_twin=["30m", "2h"]) == [
        "exhausted/a", "exhausted/a+heals-30m", "exhausted/a+heals-2h",
        "exhausted/b", "exhausted/b+heals-30m", "exhausted/b+heals-2h",
    ]  # fmt: skip
    assert names(heal_twin="30m") == ["exhausted", "exhausted+heals-30m"]
    assert names(heal_twin=["gaveup + 20m", "gaveup"])[1:] == [
        "exhausted+heals-20m-after-gaveup",
        "exhausted+heals-gaveup",
    ]
    assert names(heal_twin=["drop + 30m", "drop", "lost#2", "ready#2 + 5s"]) == [
        "exhausted", "exhausted+heals-30m-after-drop", "exhausted+heals-drop", "exhausted+heals-lost-2",
        "exhausted+heals-5s-after-ready-2",
    ]  # fmt: skip


def test_a_variants_rules_are_added_and_its_keys_override() -> None:
    token = {"when": "http.token", "do": {"status": 500}}
    a, b, c = scenario(
        variants={
            "a": [token],
            "b": {"rules": [token], "issues": [7], "end": "4h"},
            "c": {"story": "Else."},
        }
    ).runs
    assert [len(run.rules) for run in (a, b, c)] == [3, 3, 2]
    assert (a.issues, b.issues) == ((14539,), (7,))
    assert (a.end_us, b.end_us) == (3 * HOUR, 4 * HOUR)
    assert (a.story, c.story) == ("It goes down and stays down.", "Else.")


def test_a_variants_healing_replaces_the_documents() -> None:
    assert names(heal_twin="30m", variants={"a": {"heal": "1h"}}) == ["exhausted/a"]
    assert names(heal="30m", variants={"a": {"heal_twin": "1h"}}) == ["exhausted/a", "exhausted/a+heals-1h"]


def test_a_variant_with_a_twin_is_not_healed_as_its_document_is() -> None:
    plain, twin = scenario(heal="30m", variants={"a": {"heal_twin": "1h"}}).runs
    assert (plain.heal, twin.heal) == (None, Healing(Moment(None, 1, HOUR)))


def test_a_twin_asks_recovers_besides_what_its_document_asks() -> None:
    plain, twin = scenario(heal_twin="30m", levels=["adapter", "runner"], asks=["flag", "settles"]).runs
    assert plain.asks == {"adapter": ("flag", "settles"), "runner": ("flag", "settles")}
    assert twin.asks == {
        "adapter": ("flag", "settles", "recovers"), "runner": ("flag", "settles", "recovers"),
    }  # fmt: skip
    assert (plain.heal, twin.heal) == (None, Healing(Moment(None, 1, 30 * MINUTE)))


def test_a_scenario_has_the_issues_levels_and_tags_of_all_its_runs() -> None:
    whole = parse_scenario(
        {
            **BASE,
            "tags": ["one"],
            "variants": {
                "a": {"issues": [7, 14539], "levels": ["process", "adapter"]},
                "b": {"tags": ["two", "one"]},
            },
        },
        "f.yaml:3",
    )
    assert (whole.name, whole.issues, whole.levels) == ("exhausted", (7, 14539), ("adapter", "process"))
    assert (whole.tags, whole.source) == (("one", "two"), "f.yaml:3")


@pytest.mark.parametrize(
    ("changes", "path", "hint"),
    [
        ({"rules": {}}, ("rules",), "rules is a list"),
        ({"heal": "30m", "heal_twin": "40m"}, ("heal_twin",), "keep one"),
        ({"heal_twin": []}, ("heal_twin",), "1 to 20"),
        ({"heal_twin": ["30m"] * 21}, ("heal_twin",), "1 to 20"),
        ({"heal_twin": None}, ("heal_twin",), "not a duration"),
        ({"heal_twin": ["30m", 5]}, ("heal_twin", 1), "no unit"),
        ({"heal_twin": ["30m", "1h", "60m"]}, ("heal_twin", 2), "two twins heal at 1h"),
        ({"heal_twin": ["30m", "heal"]}, ("heal_twin", 1), "cannot wait for itself"),
        ({"variants": {}}, ("variants",), "1 to 200"),
        ({"variants": []}, ("variants",), "1 to 200"),
        ({"variants": {"A": []}}, ("variants", "A"), "not a name"),
        ({"variants": {"a": 5}}, ("variants", "a"), "a list of rules, or a mapping"),
        ({"variants": {"a": {"rules": 5}}}, ("variants", "a", "rules"), "a list of rules, or a mapping"),
        ({"variants": {"a": {"scenario": "b"}}}, ("variants", "a", "scenario"), "a variant has no"),
        ({"variants": {"a": {"variants": {}}}}, ("variants", "a", "variants"), "a variant has no"),
        ({"variants": {"a": {"stroy": "b"}}}, ("variants", "a", "stroy"), "did you mean story"),
        ({"variants": {"a": {"heal": "1h", "heal_twin": "1h"}}}, ("variants", "a", "heal_twin"), "keep one"),
        ({"variants": {"a": [DROP]}}, ("variants", "a", 0, "id"), "two rules are called drop"),
        (
            {"variants": {"a": [], "b": {"rules": [{"at": "x", "do": "fin"}]}}},
            ("variants", "b", "rules", 0, "at"),
            "x",
        ),
        ({"variants": {"a": {"end": 3}}}, ("variants", "a", "end"), "no unit"),
        ({"variants": {"a": []}, "end": 3}, ("end",), "no unit"),
        (
            {"variants": {"a": {"heal_twin": ["1h", "2"]}}},
            ("variants", "a", "heal_twin", 1),
            "not a duration",
        ),
    ],
)
def test_a_mistake_in_variants_or_twins_is_refused_where_it_stands(
    changes: dict[str, Any], path: tuple[Any, ...], hint: str
) -> None:
    error = refused(**changes)
    assert hint in error.sentence
    assert error.path == path


def test_too_many_runs_are_refused() -> None:
    variants: dict[str, Any] = {f"v{n}": {"rules": []} for n in range(100)}
    twins = [f"{n}m" for n in range(20, 40)]
    assert "2100 runs" in refused(variants=variants, heal_twin=twins).sentence


def test_a_mistake_stands_where_it_was_written() -> None:
    late = {"at": "3h", "do": "fin"}
    assert refused(rules=[late], variants={"a": {"rules": [DROP], "story": "x"}}).path == ("rules", 0)
    assert refused(variants={"a": {"rules": [late], "story": "x"}}).path == ("variants", "a", "rules", 0)
    assert refused(heal_twin="30m", variants={"a": [{**late, "at": "40m"}]}).path == ("heal_twin",)
    assert refused(heal_twin="30m", rules=[DROP, {**OSERROR, "from": "drop"}]).path == ("rules", 1)
