"""The rows themselves: whole, consistent, and strict about what they take."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

import fake_qq_server.rules.verbs
from fake_qq_server.rules.language_verbs import EVENTS
from fake_qq_server.rules.verbs.registry import (
    VERBS,
    ArgumentError,
    Class,
    Verb,
    register,
)

FAULTS = Path(__file__).parents[2] / "faults"
HELPERS = {"__init__", "registry", "arguments"}
ROWS = pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS.keys())


def test_every_file_of_a_verb_is_imported() -> None:
    files = {path.stem for path in Path(fake_qq_server.rules.verbs.__file__).parent.glob("*.py")} - HELPERS
    assert files == set(fake_qq_server.rules.verbs.__all__)
    assert {name.removesuffix("_") for name in files} == set(VERBS)


@ROWS
def test_what_a_client_sees_of_a_verb_on_a_wire_is_tested(verb: Verb) -> None:
    """At a seam, and on the process, there is no client of ours to see it."""
    on_a_wire = verb.acts_on == "connection" and not all(place.startswith("seam") for place in verb.places)
    tests = "".join(file.read_text(encoding="utf-8") for file in FAULTS.glob("test_*.py"))
    assert not on_a_wire or re.search(rf"\b{verb.name}\b", tests), (
        f"no test in {FAULTS.name} uses {verb.name}"
    )


@ROWS
def test_a_row_says_what_people_need(verb: Verb) -> None:
    assert verb.story.endswith(".")
    assert verb.seen_as.endswith(".")
    assert "after" not in verb.more
    assert not set(verb.more) & set(VERBS)
    for argument in (*([verb.main] if verb.main else []), *verb.more.values()):
        assert argument.what
        jsonschema.Draft202012Validator.check_schema(dict(argument.schema))


@ROWS
def test_the_places_of_a_verb_exist(verb: Verb) -> None:
    if verb.kind is Class.ANSWER:
        for place in verb.places:
            assert any(event == place or event.startswith(place + ".") for event in EVENTS)
    else:
        assert verb.places == (("any",) if verb.kind is Class.PUSH else ("link",))


def test_a_name_is_registered_once() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        register(VERBS["fin"])


@pytest.mark.parametrize(
    ("verb", "argument", "wrong", "hint"),
    [
        ("status", "", 101, "from 200 to 599"),
        ("status", "", "500", "such as 500"),
        ("status", "", True, "number"),
        ("body", "", 5, "mapping"),
        ("body", "", None, "mapping"),
        ("body", "", {"a": {1, 2}}, "JSON"),
        ("body", "", "x" * 1_000_001, "longer"),
        ("body", "", {"a": "x" * 1_000_001}, "longer"),
        ("body", "", {"a": float("nan")}, "JSON"),
        ("error", "", 0, "such as 100016"),
        ("error", "http", 42, "such as 429"),
        ("upgrade", "", 101, "such as 403"),
        ("cut", "", -1, "from 0"),
        ("drip", "", "0s", "longer than that"),
        ("drip", "", 5, "no unit"),
        ("raise", "", "Oops", "built-in"),
        ("raise", "", "os.error", "not of os"),
        ("raise", "", "print", "built-in"),
        ("raise", "", "KeyboardInterrupt", "built-in"),
        ("raise", "", "OSError:x", "a type and a text"),
        ("raise", "", None, "a type and a text"),
        ("raise", "hold", "6", "not a duration"),
        ("message", "", "close", "such as {type: close"),
        ("message", "", {"type": "clos"}, "one of text"),
        ("message", "", {"code": 4008}, "one of text"),
        ("message", "", {"type": "close", "cod": 1}, "not cod"),
        ("message", "", {"type": "close", "code": "4008"}, "code is a number"),
        ("message", "", {"type": "close", "code": True}, "code is a number"),
        ("message", "", {"type": "close", "code": 65536}, "0 to 65535"),
        ("message", "", {"type": "text", "data": 5}, "data is a text"),
        ("frame", "", 7, "or a text in quotes"),
        ("frame", "", None, "or a text in quotes"),
        ("frame", "", "x" * 1_000_001, "longer"),
        ("frame", "", {"a": b""}, "JSON"),
        ("close", "", 65536, "0 to 65535"),
        ("close", "", "4009", "such as 4009"),
        ("close", "reason", 5, "in quotes"),
        ("dispatch", "", "c2c", "in capitals"),
        ("dispatch", "", "READY", "own answer"),
        ("dispatch", "", 5, "capitals"),
        ("dispatch", "fields", "x", "a mapping"),
        ("dispatch", "fields", {"a": {1}}, "JSON"),
        ("frame", "size", 0, "write 4KiB"),
        ("frame", "size", "5MB", "write 4KiB, 5MiB"),
        ("dispatch", "size", "33MiB", "up to 32MiB"),
        ("dispatch", "size", True, "is not a size"),
        ("delay", "", "0s", "longer than that"),
        ("delay", "", 5, "no unit"),
        ("latency", "", 900, "no unit"),
        ("latency", "jitter", "x", "not a duration"),
    ],
)
def test_a_wrong_argument_is_refused_with_a_hint(verb: str, argument: str, wrong: Any, hint: str) -> None:
    row = VERBS[verb].more[argument] if argument else VERBS[verb].main
    assert row is not None
    with pytest.raises(ArgumentError, match=hint.replace("{", r"\{")):
        row.parse(wrong)
