"""A JSON Schema (draft 2020-12) of scenario documents, for editors. Made from the registry and the grammar.

It accepts every document that the parser accepts. The parser knows more: what marks exist, which verb fits
which place, whether the end leaves room. A schema that is stricter than the parser is a defect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fake_qq_server.events import HELD
from fake_qq_server.rules.forbids import LONGEST_REASON
from fake_qq_server.rules.language_verbs import EVENTS, HOSTS
from fake_qq_server.rules.moments import SCENES, SENDS, WHERE_KEYS
from fake_qq_server.rules.rule import KEYS
from fake_qq_server.rules.verbs.arguments import DURATION_SCHEMA
from fake_qq_server.rules.verbs.registry import VERBS, Class, Verb
from harness.scenario import service_unit, vocabulary
from harness.scenario.parse_surroundings import LONGEST_ANSWER, LONGEST_VALUE

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_DURATION = {"$ref": "#/$defs/duration"}
_MOMENT = {"$ref": "#/$defs/moment"}
_SPAN = {"$ref": "#/$defs/span"}
_RULES = {"type": "array", "items": {"$ref": "#/$defs/rule"}}
_CHECKS = {"$ref": "#/$defs/checks"}
_ID = {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"}
_NAME = {"type": "string", "pattern": f"^{vocabulary.NAME.pattern}$"}


def scenario_schema() -> dict[str, Any]:
    """The schema of one document."""
    properties = _document_properties()
    override = {key: properties[key] for key in vocabulary.VARIANT_KEYS}
    variant = {"anyOf": [_RULES, _closed(override)]}
    properties["variants"] = {"type": "object", "minProperties": 1, "additionalProperties": variant}
    return {
        "$schema": DIALECT,
        "title": "qqchaos scenario",
        **_closed({key: properties[key] for key in vocabulary.DOCUMENT_KEYS}, vocabulary.REQUIRED),
        "not": {"required": ["heal", "heal_twin"]},
        "$defs": _defs(),
    }


def _document_properties() -> dict[str, Any]:
    handler: dict[str, Any] = {
        "anyOf": [{"enum": list(vocabulary.HANDLERS)}, _closed({"slow": _DURATION}, ["slow"])]
    }
    heal = _closed({"at": _MOMENT, "held": {"enum": list(HELD)}}, ["at"])
    sooner = _closed({"after": _DURATION, "latest": _DURATION}, ["after", "latest"])
    per_level = {
        "type": "object",
        "additionalProperties": _CHECKS,
        "propertyNames": {"enum": list(vocabulary.LEVELS)},
    }
    return {
        "scenario": {**_NAME, "description": "Its name in commands and reports."},
        "story": {"type": "string", "minLength": 1, "description": "What happens, in a sentence or two."},
        "issues": {**_set({"type": "integer", "minimum": 1}), "description": "Issues of the subject."},
        "levels": {**_set({"enum": list(vocabulary.LEVELS)}), "minItems": 1},
        "asks": {"anyOf": [_CHECKS, per_level], "description": "The checks that decide the verdict."},
        "start": {"enum": list(vocabulary.STARTS)},
        "beside": {"enum": list(vocabulary.BESIDE)},
        "handler": handler,
        "answers": {
            "anyOf": [
                {"const": "raise"},
                {
                    **_closed(
                        {
                            "after": _DURATION,
                            "length": {"type": "integer", "minimum": 1, "maximum": LONGEST_ANSWER},
                        }
                    ),
                    "minProperties": 1,
                },
            ]
        },
        "bot": {**_closed({key: {"type": "boolean"} for key in vocabulary.BOT}), "minProperties": 1},
        "environment": {
            "type": "object",
            "additionalProperties": {"type": "string", "maxLength": LONGEST_VALUE},
            "propertyNames": {"enum": list(vocabulary.ENVIRONMENT)},
            "minProperties": 1,
        },
        "probes": {**_set({"enum": list(vocabulary.PROBES)}), "minItems": 1},
        "net": _closed({"delay": _DURATION}, ["delay"]),
        "hypothetical": {"type": "boolean"},
        "tags": _set(_NAME),
        "limits": {
            "type": "object",
            "additionalProperties": _DURATION,
            "propertyNames": {"enum": list(vocabulary.LIMITED)},
        },
        "restart": {"anyOf": [{"enum": list(service_unit.WORDS)}, _unit()]},
        "rules": _RULES,
        "forbids": {"type": "array", "items": {"$ref": "#/$defs/forbid"}},
        "heal": {"anyOf": [_MOMENT, heal]},
        "heal_twin": {"anyOf": [_MOMENT, {"type": "array", "items": _MOMENT, "minItems": 1}]},
        "end": {"anyOf": [_DURATION, sooner]},
    }


def _unit() -> dict[str, Any]:
    status = {
        "anyOf": [{"type": "integer", "minimum": 0, "maximum": 255}, {"type": "string", "pattern": "^SIG"}]
    }
    statuses = {"type": "array", "items": status, "minItems": 1, "maxItems": service_unit.MOST_STATUSES}
    return {
        **_closed(
            {
                "policy": {"enum": list(service_unit.POLICIES)},
                **dict.fromkeys(service_unit.LISTS, statuses),
                "burst": {"type": "integer", "minimum": 1, "maximum": service_unit.MOST_STARTS},
                **dict.fromkeys(service_unit.TIMES, _DURATION),
            },
            [],
        ),
        "dependentRequired": {"interval": ["burst"]},
    }


def _defs() -> dict[str, Any]:
    return {
        "duration": {**DURATION_SCHEMA, "description": "250ms, 41s, 20m, 3h or 2d"},
        "moment": {
            "type": "string",
            "pattern": r"^([0-9]|[a-z][a-z0-9-]*(#[0-9]+)?\s*(\+\s*[0-9]\S*\s*)?(\s+or\s+[0-9]\S*\s*)?$)",
            "description": "20m, or a mark or a rule's id: ready + 60s, gaveup + 20m or 3h",
        },
        "span": {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": r"^([0-9]+(\.\.([0-9]+)?)?|\.\.[0-9]+)$"},
            ],
            "description": "3, 3.., 3..9 or ..9",
        },
        "checks": {**_set({"enum": list(vocabulary.CHECKS)}), "minItems": 1},
        "forbid": _forbid(),
        "rule": {"anyOf": [_rule(trigger, kinds) for trigger, kinds in _TRIGGERS.items()]},
        **{kind.value: {"anyOf": list(_verbs(kind))} for kind in Class},
    }


_TRIGGERS: Mapping[str, tuple[Class, ...]] = {
    "when": (Class.ANSWER, Class.PUSH),
    "at": (Class.PUSH,),
    "link": (Class.CONDITION,),
}
_ONLY: Mapping[str, str] = {"every": "at", "instead": "when"}


def _match() -> dict[str, Any]:
    """The words with which rules and prohibitions say what they are about."""
    words: Mapping[str, Any] = {
        "path": {"type": "string"},
        "what": {"enum": list(SENDS)},
        "scene": {"enum": list(SCENES)},
    }
    where = {key: words.get(key, _SPAN) for key in WHERE_KEYS}
    return {
        "id": _ID,
        "when": {"enum": list(EVENTS)},
        "which": {"anyOf": [_SPAN, {"type": "string", "pattern": r"^every\s+[0-9]+$"}]},
        "where": {**_closed(where), "minProperties": 1},
        "from": _MOMENT,
        "until": _MOMENT,
    }


def _forbid() -> dict[str, Any]:
    because = {"type": "string", "minLength": 1, "maxLength": LONGEST_REASON}
    return _closed({**_match(), "because": because}, ["when", "because"])


def _rule(trigger: str, kinds: Iterable[Class]) -> dict[str, Any]:
    verb = {"anyOf": [{"$ref": f"#/$defs/{kind.value}"} for kind in kinds]}
    every_key: Mapping[str, Any] = {
        **_match(),
        "at": _MOMENT,
        "every": _DURATION,
        "link": {"enum": [f"{host}{way}" for host in HOSTS for way in ("", ".up", ".down")]},
        "chance": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "do": {"anyOf": [verb, {"type": "array", "items": verb, "minItems": 1}]},
        "fires": _SPAN,
        "instead": {"anyOf": [_ID, {**_set(_ID), "minItems": 1}]},
    }
    others = {*_TRIGGERS} - {trigger} | {key for key, owner in _ONLY.items() if owner != trigger}
    return _closed({key: every_key[key] for key in KEYS if key not in others}, [trigger, "do"])


def _verbs(kind: Class) -> Iterable[dict[str, Any]]:
    rows = [verb for _, verb in sorted(VERBS.items()) if verb.kind is kind]
    bare = [verb.name for verb in rows if verb.main is None or not verb.main.required]
    if bare:
        yield {"enum": bare}
    for verb in rows:
        yield _verb(verb)


def _verb(verb: Verb) -> dict[str, Any]:
    if verb.main is None:
        main: Mapping[str, Any] = {"type": "null"}
    elif verb.main.required:
        main = verb.main.schema
    else:
        main = {"anyOf": [verb.main.schema, {"type": "null"}]}
    properties = {verb.name: main, **{name: argument.schema for name, argument in verb.more.items()}}
    if verb.kind is Class.PUSH:
        properties["after"] = _DURATION
    required = [verb.name, *(name for name, argument in verb.more.items() if argument.required)]
    return {**_closed(properties, required), "description": verb.story}


def _closed(properties: Mapping[str, Any], required: Iterable[str] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _set(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(items), "uniqueItems": True}
