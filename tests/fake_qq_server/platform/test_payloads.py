"""The events that the platform dispatches: what their payloads hold, and where a reply to each goes."""

import json
from dataclasses import replace

import pytest

from fake_qq_server.platform.payloads import EVENT_TYPES, Names, payload, target_of

NAMES = Names(message="ROBOT1.0_m!", user="U", place="G", channel="C", epoch_us=1_795_348_800_000_000)


def test_a_c2c_message_has_what_hermes_and_nonebot_need() -> None:
    d = payload("C2C_MESSAGE_CREATE", NAMES, {})
    assert d["author"] == {"id": "U", "user_openid": "U", "union_openid": "U"}
    assert (d["message_type"], d["timestamp"]) == (0, "2026-11-22T20:00:00+08:00")


def test_a_group_message_has_what_nonebot_needs() -> None:
    d = payload("GROUP_AT_MESSAGE_CREATE", NAMES, {})
    assert {"id", "member_openid", "union_openid", "bot", "member_role"} == set(d["author"])
    assert d["group_id"] == d["group_openid"] == "G"


def test_a_direct_message_is_marked_as_one() -> None:
    d = payload("DIRECT_MESSAGE_CREATE", NAMES, {})
    assert d["direct_message"] is True and d["src_guild_id"] == "C"


@pytest.mark.parametrize("t", EVENT_TYPES)
def test_every_payload_is_json(t: str) -> None:
    assert json.loads(json.dumps(payload(t, NAMES, {})))


def test_fields_are_laid_over_the_payload_deeply() -> None:
    d = payload("C2C_MESSAGE_CREATE", NAMES, {"content": "yo", "author": {"user_openid": "V"}})
    assert (d["content"], d["author"]) == ("yo", {"id": "U", "user_openid": "V", "union_openid": "U"})


def test_an_unlisted_type_is_its_fields_alone() -> None:
    assert payload("NEW_THING", NAMES, {"a": 1}) == {"a": 1}


@pytest.mark.parametrize(
    ("t", "target"),
    [
        ("C2C_MESSAGE_CREATE", "U"),
        ("GROUP_AT_MESSAGE_CREATE", "G"),
        ("AT_MESSAGE_CREATE", "C"),
        ("DIRECT_MESSAGE_CREATE", "G"),
        ("FRIEND_ADD", "U"),
        ("GROUP_ADD_ROBOT", "G"),
        ("NEW_THING", None),
    ],
)
def test_a_reply_goes_to_the_openid_or_channel_of_its_event(t: str, target: str | None) -> None:
    assert target_of(t, payload(t, NAMES, {})) == target


def test_a_message_in_a_channel_names_the_bot_by_its_id() -> None:
    d = payload("AT_MESSAGE_CREATE", replace(NAMES, bot={"id": "77", "username": "b", "bot": True}), {})
    assert d["content"] == "<@!77> hi" and [one["id"] for one in d["mentions"]] == ["77"]


@pytest.mark.parametrize("t", ["MESSAGE_CREATE", "DIRECT_MESSAGE_CREATE"])
def test_a_message_that_is_not_addressed_by_name_names_nobody(t: str) -> None:
    d = payload(t, NAMES, {})
    assert (d["content"], d["mentions"]) == ("hi", [])


def test_a_guild_message_has_a_channel_of_its_own_and_an_author_with_a_name() -> None:
    d = payload("AT_MESSAGE_CREATE", replace(NAMES, name="alice"), {})
    assert (d["channel_id"], d["guild_id"], d["author"]["username"]) == ("C", "G", "alice")
