"""What the pushes ask of a connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fake_qq_server.platform.payloads import SOMEBODY, Said
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.verbs.registry import Effect
from tests.fake_qq_server.rules.rule_parsing import refused


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

    def dispatch(self, event_type: str, fields: Mapping[str, Any], said: Said = SOMEBODY) -> Effect:
        return self._note("dispatch", event_type, dict(fields), said)

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
        ({"dispatch": "C2C_MESSAGE_CREATE"}, ("dispatch", "C2C_MESSAGE_CREATE", {}, SOMEBODY)),
        ({"frame": {"op": 7}, "size": 10}, ("frame", '{"op":7}  ')),
        ({"frame": "你好", "size": 8}, ("frame", "你好  ")),
        ({"frame": "longer", "size": 3}, ("frame", "longer")),
        ({"dispatch": "X_Y", "size": 3}, ("dispatch", "X_Y", {"content": "xxx"}, SOMEBODY)),
        (
            {"dispatch": "X_Y", "fields": {"content": "ab", "id": "1"}, "size": 3},
            ("dispatch", "X_Y", {"content": "abx", "id": "1"}, SOMEBODY),
        ),
        (
            {"dispatch": "GROUP_AT_MESSAGE_CREATE", "fields": {"content": "你好"}},
            ("dispatch", "GROUP_AT_MESSAGE_CREATE", {"content": "你好"}, SOMEBODY),
        ),
    ],
)
def test_each_push_asks_its_target_for_one_thing(do: Any, asked: tuple[Any, ...]) -> None:
    (act,) = parse_rules([{"at": "1s", "do": do}])[0].do
    target = Target()
    assert act.row.act(act.args, target) == Effect(bytes=1)
    assert target.asked == [asked]


C2C = "C2C_MESSAGE_CREATE"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"text": "hello"}, [Said("hello")]),
        ({"text": "hello", "from": "alice"}, [Said("hello", "alice")]),
        ({"text": ["one", "two"], "from": "alice"}, [Said("one", "alice"), Said("two", "alice")]),
        ({"text": "again", "count": 2}, [Said("again 1"), Said("again 2")]),
        ({"count": 2, "from": "bob"}, [Said("hi 1", "bob"), Said("hi 2", "bob")]),
        ({"count": 1}, [SOMEBODY]),
        ({"media": ["image", "voice"]}, [Said(media=("image", "voice"))]),
        ({"text": "this", "quotes": ["file"]}, [Said("this", quotes=("file",))]),
        ({"quotes": []}, [Said(quotes=())]),
        ({"media": []}, [SOMEBODY]),
        ({"text": ["a", "b"], "media": ["file"]}, [Said(one, media=("file",)) for one in "ab"]),
    ],
)
def test_a_dispatch_says_who_writes_what_in_how_many_messages(more: Any, said: list[Said]) -> None:
    (act,) = parse_rules([{"at": "1s", "do": {"dispatch": C2C, **more}}])[0].do
    target = Target()
    effect = act.row.act(act.args, target)
    assert target.asked == [("dispatch", C2C, {}, one) for one in said]
    assert effect.bytes == sum(range(1, len(said) + 1))


@pytest.mark.parametrize(
    ("do", "key", "hint"),
    [
        ({"dispatch": C2C, "text": []}, "text", "a list of 1 to 100"),
        ({"dispatch": C2C, "text": 5}, "text", "what a user writes"),
        ({"dispatch": C2C, "text": ["a", " "]}, "text", "what a user writes"),
        ({"dispatch": C2C, "from": "Alice"}, "from", "a name such as alice"),
        ({"dispatch": C2C, "count": 0}, "count", "from 1 to 100"),
        ({"dispatch": C2C, "text": ["a"], "count": 2}, "dispatch", "leave count out"),
        ({"dispatch": "FRIEND_ADD", "text": "a"}, "dispatch", "are of messages: AT_MESSAGE_CREATE"),
        ({"dispatch": "FRIEND_ADD", "media": ["image"]}, "dispatch", "are of messages: AT_MESSAGE_CREATE"),
        ({"dispatch": "FRIEND_ADD", "quotes": []}, "dispatch", "are of messages: AT_MESSAGE_CREATE"),
        ({"dispatch": C2C, "media": "image"}, "media", "are lists of image, voice, file, video, at most 10"),
        ({"dispatch": C2C, "media": ["picture"]}, "media", "are lists of image, voice, file, video"),
        ({"dispatch": C2C, "media": [["image"]]}, "media", "are lists of image, voice, file, video"),
        ({"dispatch": C2C, "quotes": ["image"] * 11}, "quotes", "at most 10"),
        ({"dispatch": C2C, "quotes": None}, "quotes", "are lists of image"),
    ],
)
def test_what_no_user_can_write_is_refused(do: Any, key: str, hint: str) -> None:
    error = refused({"at": "1s", "do": do})
    assert hint in error.sentence and error.path == ("rules", 0, "do", key)


def test_the_bot_is_not_made_to_say_nothing() -> None:
    error = refused({"at": "1s", "do": {"speak": "  ", "to": "anna"}})
    assert "speak is what the bot is to say" in error.sentence


def test_the_bot_is_not_made_to_speak_to_nobody() -> None:
    assert "speak needs to" in refused({"at": "1s", "do": {"speak": "hi"}}).sentence


def test_a_bot_is_down_for_two_minutes_at_most() -> None:
    error = refused({"at": "1s", "do": {"restart": "kill", "down": "121s"}})
    assert error.sentence == "restart: down is 2m at most"
