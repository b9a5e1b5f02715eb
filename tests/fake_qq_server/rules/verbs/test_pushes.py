"""What the pushes ask of a connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.verbs.registry import Effect


class Target:
    """Writes down what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def _note(self, *words: Any) -> Effect:
        self.asked.append(words)
        return Effect(bytes=len(self.asked))

    def frame(self, text: str) -> Effect:
        return self._note("frame", text)

    def raw(self, data: bytes) -> Effect:
        return self._note("raw", data)

    def dispatch(self, event_type: str, fields: Mapping[str, Any]) -> Effect:
        return self._note("dispatch", event_type, dict(fields))

    def close(self, code: int | None, reason: str) -> Effect:
        return self._note("close", code, reason)

    def fin(self) -> Effect:
        return self._note("fin")

    def rst(self) -> Effect:
        return self._note("rst")


@pytest.mark.parametrize(
    ("do", "asked"),
    [
        ("fin", ("fin",)),
        ("rst", ("rst",)),
        ("close", ("close", None, "")),
        ({"close": None}, ("close", None, "")),
        ({"close": 4009, "reason": "Session timed out"}, ("close", 4009, "Session timed out")),
        ({"close": 0}, ("close", 0, "")),
        ({"frame": '{"op":7,"d":null}'}, ("frame", '{"op":7,"d":null}')),
        ({"frame": {"op": 7, "d": None}}, ("frame", '{"op":7,"d":null}')),
        ({"frame": "not JSON"}, ("frame", "not JSON")),
        ({"dispatch": "C2C_MESSAGE_CREATE"}, ("dispatch", "C2C_MESSAGE_CREATE", {})),
        ({"frame": {"op": 7}, "size": 10}, ("frame", '{"op":7}  ')),
        ({"frame": "你好", "size": 8}, ("frame", "你好  ")),
        ({"frame": "longer", "size": 3}, ("frame", "longer")),
        ({"dispatch": "X_Y", "size": 3}, ("dispatch", "X_Y", {"content": "xxx"})),
        (
            {"dispatch": "X_Y", "fields": {"content": "ab", "id": "1"}, "size": 3},
            ("dispatch", "X_Y", {"content": "abx", "id": "1"}),
        ),
        (
            {"dispatch": "GROUP_AT_MESSAGE_CREATE", "fields": {"content": "你好"}},
            ("dispatch", "GROUP_AT_MESSAGE_CREATE", {"content": "你好"}),
        ),
    ],
)
def test_each_push_asks_its_target_for_one_thing(do: Any, asked: tuple[Any, ...]) -> None:
    (act,) = parse_rules([{"at": "1s", "do": do}])[0].do
    target = Target()
    assert act.row.act(act.args, target) == Effect(bytes=1)
    assert target.asked == [asked]
