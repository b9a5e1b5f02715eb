"""The JSON Schema: valid itself, accepts every good document, and sees the common mistakes."""

from __future__ import annotations

from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from fake_qq_server.rules.language_errors import LanguageError
from fake_qq_server.rules.verbs.registry import VERBS, Class
from harness.scenario.document import parse_scenario
from harness.scenario.json_schema import scenario_schema
from harness.scenario.loading import catalogue_folder
from harness.scenario.vocabulary import REQUIRED

SCHEMA = scenario_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
SHIPPED = [
    pytest.param(document, id=f"{path.stem}:{document['scenario']}")
    for path in sorted(catalogue_folder().glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text())
]
BASE: dict[str, Any] = {
    "scenario": "one", "story": "It happens.", "issues": [], "levels": ["adapter"], "asks": ["flag"],
    "rules": [], "end": "1h",
}  # fmt: skip


def mistakes(**changes: Any) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors({**BASE, **changes})]


def test_the_schema_is_valid_in_its_draft() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("document", SHIPPED)
def test_the_schema_accepts_every_shipped_scenario(document: Any) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


def test_the_schema_has_every_verb_with_its_description() -> None:
    for kind in Class:
        forms = SCHEMA["$defs"][kind.value]["anyOf"]
        written = {name for form in forms for name in form.get("required", [])}
        assert {verb.name for verb in VERBS.values() if verb.kind is kind} <= written
        for form in forms:
            assert form.get("description") or form.get("enum")


GOOD: list[dict[str, Any]] = [
    {},
    {"answers": "raise"},
    {"asks": {"adapter": ["flag"]}, "start": "down", "handler": {"slow": "5s"}, "net": {"delay": "0.5ms"}},
    {
        "handler": "raise",
        "probes": ["dm", "group"],
        "environment": {"HTTPS_PROXY": "http://127.0.0.1:9", "no_proxy": ""},
        "answers": {"after": "6m", "length": 5000},
        "tags": ["a"],
        "limits": {"flag": "5s"},
        "heal": {"at": "ready + 5m", "held": "release"},
    },
    {"heal_twin": "20m", "variants": {"a": [], "b": {"rules": [], "end": "2h"}}},
    {"heal_twin": ["20m", "lost#2+5s"], "levels": ["process"], "restart": "always"},
    {
        "rules": [
            {"id": "a", "at": "ready", "every": "5s", "until": "1h", "do": ["fin", "rst"], "fires": "0.."}
        ]
    },
    {"rules": [{"when": "http.gateway", "which": "every 3", "do": "noanswer", "chance": 0.5}]},
    {
        "rules": [
            {"when": "ws.in.identify", "which": "2..", "do": ["noanswer", {"close": None, "after": "1s"}]}
        ]
    },
    {"rules": [{"when": "http.api", "where": {"path": "/v2/*"}, "do": {"body": {"a": [1]}}, "from": "5s"}]},
    {"rules": [{"when": "http.any", "where": {"what": "media", "scene": "group"}, "do": {"status": 401}}]},
    {"rules": [{"when": "http.answer.api", "where": {"status": "400..", "code": 22009}, "do": "fin"}]},
    {"rules": [{"when": "ws.out.dispatch", "where": {"s": "..40", "conn": 2}, "do": {"frame": {"op": 7}}}]},
    {
        "rules": [
            {"link": "ws.down", "do": {"latency": "900ms", "jitter": "400ms"}},
            {"link": "any", "do": "stall"},
        ]
    },
    {"rules": [{"when": "seam.receive", "do": {"message": {"type": "close", "code": 4008}, "hold": "6s"}}]},
    {
        "rules": [
            {"id": "a", "when": "ws.out.any", "do": "withhold"},
            {"id": "b", "when": "ws.out.ack", "which": 3, "instead": "a", "do": {"delay": "5s"}},
            {"when": "ws.out.ack", "which": "3..", "instead": ["a", "b"], "do": "nothing"},
            {"at": "5m", "do": [{"frame": {"op": 7}, "size": "5MiB"}, {"dispatch": "X_Y", "size": 9}]},
        ]
    },
    {
        "rules": [
            {"at": "5m", "do": {"dispatch": "C2C_MESSAGE_CREATE", "media": ["image", "voice"], "quotes": []}}
        ]
    },
    {"bot": {"markdown": False}},
    {"bot": {"markdown": True, "credentials": False}},
    {"forbids": [{"when": "ws.in.identify", "which": "2..", "where": {"conn": "2.."}, "because": "x"}]},
    {"variants": {"a": {"forbids": [{"id": "no", "when": "http.any", "until": "1h", "because": "x"}]}}},
]


@pytest.mark.parametrize("changes", GOOD)
def test_the_schema_is_not_stricter_than_the_parser(changes: dict[str, Any]) -> None:
    parse_scenario({**BASE, **changes})
    assert mistakes(**changes) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"stroy": "x"},
        {"story": 5},
        {"asks": ["falg"]},
        {"asks": []},
        {"levels": []},
        {"levels": ["adaptor"]},
        {"issues": ["1"]},
        {"end": 3600},
        {"end": "ready"},
        {"heal": "1h", "heal_twin": "1h"},
        {"heal": {"held": "keep"}},
        {"limits": {"awake": "5s"}},
        {"forbids": [{"when": "http.any"}]},
        {"forbids": [{"when": "http.any", "because": "x", "do": "fin"}]},
        {"handler": "slow"},
        {"net": {}},
        {"variants": {}},
        {"variants": {"a": {"scenario": "b"}}},
        {"rules": [{"do": "fin"}]},
        {"rules": [{"at": "5m"}]},
        {"rules": [{"at": "5m", "link": "ws", "do": "fin"}]},
        {"rules": [{"at": "5m", "do": "stall"}]},
        {"rules": [{"at": "5m", "do": {"status": 500}}]},
        {"rules": [{"link": "ws", "do": "fin"}]},
        {"rules": [{"link": "ws.left", "do": "stall"}]},
        {"rules": [{"when": "http.gatway", "do": "noanswer"}]},
        {"rules": [{"when": "http.gateway", "every": "5s", "do": "noanswer"}]},
        {"rules": [{"at": "5m", "instead": "a", "do": "fin"}]},
        {"rules": [{"when": "http.gateway", "instead": [], "do": "fin"}]},
        {"rules": [{"when": "ws.out.ack", "do": "delay"}]},
        {"rules": [{"at": "5m", "do": {"frame": "x", "size": "5MB"}}]},
        {"rules": [{"when": "http.gateway", "do": "status"}]},
        {"rules": [{"when": "http.gateway", "do": {"status": "500"}}]},
        {"rules": [{"when": "http.gateway", "do": {"status": 500, "after": "5s"}}]},
        {"rules": [{"when": "http.gateway", "do": {"stauts": 500}}]},
        {"rules": [{"when": "http.gateway", "do": {"fin": 5}}]},
        {"rules": [{"when": "http.gateway", "do": []}]},
        {"rules": [{"when": "http.gateway", "which": "2...3", "do": "noanswer"}]},
        {"rules": [{"when": "http.gateway", "where": {}, "do": "noanswer"}]},
        {"rules": [{"when": "http.gateway", "chance": 0, "do": "noanswer"}]},
        {"rules": [{"at": "ready - 5s", "do": "fin"}]},
        {"rules": [{"at": "5m", "do": {"dispatch": "C2C_MESSAGE_CREATE", "media": "image"}}]},
        {"rules": [{"at": "5m", "do": {"dispatch": "C2C_MESSAGE_CREATE", "media": ["picture"]}}]},
        {"rules": [{"at": "5m", "do": {"dispatch": "C2C_MESSAGE_CREATE", "quotes": ["image"] * 11}}]},
        {"bot": {}},
        {"bot": "plain"},
        {"bot": {"markdwon": False}},
        {"bot": {"markdown": "no"}},
    ],
)
def test_the_schema_refuses_what_the_parser_refuses(changes: dict[str, Any]) -> None:
    with pytest.raises(LanguageError):
        parse_scenario({**BASE, **changes})
    assert mistakes(**changes)


@pytest.mark.parametrize("key", REQUIRED)
def test_the_schema_says_which_key_is_missing(key: str) -> None:
    document = {name: value for name, value in BASE.items() if name != key}
    assert [error.message for error in VALIDATOR.iter_errors(document)] == [f"'{key}' is a required property"]


@pytest.mark.parametrize(
    "heal", [{"heal": "gaveup + 20m or 2h"}, {"heal_twin": ["30m", "gaveup + 20m", "gaveup"]}]
)
def test_the_schema_knows_the_mark_of_the_give_up(heal: dict[str, Any]) -> None:
    assert mistakes(**heal, rules=[{"at": "gaveup + 5m", "do": "fin"}]) == []
