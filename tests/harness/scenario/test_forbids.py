"""What must not happen, in a document: its place in variants, twins and errors, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from harness.scenario.parse_run import from_resolved
from tests.harness.scenario.documents import refused, run, scenario

AGAIN = {"id": "again", "when": "ws.in.identify", "which": "2..", "because": "it must resume"}
GATEWAY = {"when": "http.gateway", "from": "drop + 5m", "because": "it has the address"}
WRONG = {"when": "ws.in.identify"}


def test_a_run_has_its_prohibitions_also_once_it_was_resolved() -> None:
    one = run(forbids=[AGAIN, GATEWAY])
    assert [forbid.key for forbid in one.forbids] == ["again", "forbid http.gateway from drop + 5m"]
    assert from_resolved(one.resolved).forbids == one.forbids


def test_a_document_without_prohibitions_is_resolved_as_before() -> None:
    assert "forbids" not in run().resolved
    assert run(forbids=[]).forbids == ()


def test_a_variant_adds_to_the_prohibitions_and_twins_have_them_too() -> None:
    variants = {"one": [], "two": {"rules": [], "forbids": [GATEWAY]}}
    runs = scenario(forbids=[AGAIN], variants=variants, heal_twin="30m").runs
    assert [len(one.forbids) for one in runs] == [1, 1, 2, 2]


def test_a_mistake_is_told_where_its_author_wrote_it() -> None:
    assert refused(forbids=[AGAIN, WRONG]).path == ("forbids", 1)
    variants = {"v": {"forbids": [AGAIN, WRONG]}}
    assert refused(forbids=[GATEWAY], variants=variants).path == ("variants", "v", "forbids", 1)
    assert refused(variants={"v": {"forbids": {}}}).path == ("variants", "v", "forbids")
    assert refused(forbids={}).path == ("forbids",)


@pytest.mark.parametrize(
    ("changes", "path", "hint"),
    [
        ({"asks": ["forbidden"]}, ("asks",), "add forbids"),
        ({"forbids": [{**AGAIN, "from": "heal"}]}, ("forbids", 0), "nothing heals"),
        ({"forbids": [{**AGAIN, "from": "3h"}]}, ("forbids", 0, "from"), "the run ends before"),
        ({"forbids": [{**AGAIN, "when": "runner.handler"}]}, ("forbids", 0, "when"), "levels: [runner]"),
    ],
)
def test_what_could_never_be_judged_is_refused(changes: dict[str, Any], path: Any, hint: str) -> None:
    error = refused(**changes)
    assert (error.path, hint in error.sentence) == (path, True)


def test_what_can_be_judged_is_allowed() -> None:
    run(asks=["forbidden"], forbids=[AGAIN])
    run(forbids=[{**AGAIN, "from": "heal + 1m"}], heal="30m")
    run(levels=["runner"], asks=["stops"], forbids=[{**AGAIN, "when": "runner.handler"}])
