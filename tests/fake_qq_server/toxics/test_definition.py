"""Definitions: what is taken as Toxiproxy takes it, and what is refused, each with one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.toxics.definition import KINDS, ToxicError, parse
from fake_qq_server.toxics.latency import Latency


def test_stream_toxicity_and_name_are_toxiproxys_defaults() -> None:
    found = parse({"type": "latency", "attributes": {"latency": 200}})
    assert (found.name, found.stream, found.toxicity) == ("latency_downstream", "downstream", 1.0)
    assert found.toxic == Latency(200, 0)


def test_there_are_the_seven_types_of_the_server_and_down() -> None:
    expected = "bandwidth down latency limit_data reset_peer slicer slow_close timeout"
    assert sorted(KINDS) == expected.split()


def test_each_type_is_called_as_the_machine_that_it_makes() -> None:
    names = {kind: row.make().type for kind, row in KINDS.items() if kind != "down"}
    assert all(kind == name for kind, name in names.items())


@pytest.mark.parametrize(
    ("value", "key", "words"),
    [
        ("latency", (), "a mapping"),
        ({"attributes": {}}, (), "a mapping"),
        ({"type": "lag"}, ("type",), "there are latency, down"),
        ({"type": "latency", "on": "ws"}, ("on",), "it has name, type"),
        ({"type": "latency"}, ("attributes",), "latency needs latency: a number of milliseconds"),
        ({"type": "latency", "attributes": {"latency": "1s"}}, ("attributes", "latency"), "of milliseconds"),
        ({"type": "latency", "attributes": {"latency": 1.5}}, ("attributes", "latency"), "whole number"),
        ({"type": "latency", "attributes": {"latency": True}}, ("attributes", "latency"), "whole number"),
        ({"type": "latency", "attributes": {"lag": 1}}, ("attributes", "lag"), "it has latency, jitter"),
        ({"type": "bandwidth", "attributes": {"rate": 0}}, ("attributes", "rate"), "from 1"),
        ({"type": "latency", "stream": "down", "attributes": {"latency": 1}}, ("stream",), "upstream"),
        ({"type": "latency", "toxicity": -0.1, "attributes": {"latency": 1}}, ("toxicity",), "share"),
        ({"type": "down", "stream": "upstream"}, ("type",), "whole proxy"),
        (
            {"type": "slicer", "attributes": {"average_size": 10, "size_variation": 10}},
            ("attributes", "size_variation"),
            "less than average_size",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(value: Any, key: tuple[str, ...], words: str) -> None:
    with pytest.raises(ToxicError, match=words) as told:
        parse(value)
    assert told.value.key == key


@pytest.mark.parametrize(("kind", "lingers"), [("reset_peer", True), ("timeout", False)])
def test_a_toxicity_of_0_spares_all_but_the_ends_under_a_reset_peer(kind: str, lingers: bool) -> None:
    spared = parse({"type": kind, "toxicity": 0, "attributes": {"timeout": 5}}).toxic
    assert (spared.interrupts, spared.lingers, spared.effect(0, 10)) == (False, lingers, None)
