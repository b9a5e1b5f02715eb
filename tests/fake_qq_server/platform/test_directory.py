"""Guilds, channels, members, roles; messages that are read again and retracted."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.platform import rest
from fake_qq_server.platform.api import Request
from fake_qq_server.platform.directory import RETRACTABLE_US
from fake_qq_server.platform.platform import Platform
from fake_qq_server.platform.protocol import encode


class Api:
    """A platform with a bot that is connected, and what its API answers."""

    def __init__(self) -> None:
        self.platform = Platform()
        self.bot = self.platform.register("1", "one")
        self.session = self.platform.open_session(self.bot, 1 << 30, (0, 1), 1, 0)
        self.now = 0

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"authorization": f"QQBot {self.platform.token(self.bot, self.now).text}"}
        data = b"" if body is None else encode(body).encode()
        reply = rest.respond(self.platform, Request("api", method, path, headers, data, self.now))
        return reply.status, reply.payload

    def told_in_a_channel(self) -> dict[str, Any]:
        """A message that the bot was sent."""
        self.platform.dispatch(self.session, "AT_MESSAGE_CREATE", {}, self.now)
        (pair,) = self.platform.guild_of.items()
        return {"channel": pair[0], "guild": pair[1]}


@pytest.fixture
def api() -> Api:
    return Api()


def test_the_guilds_are_those_of_the_messages_that_came(api: Api) -> None:
    at = api.told_in_a_channel()
    assert [one["id"] for one in api.ask("GET", "/users/@me/guilds")[1]] == [at["guild"]]
    (channel,) = api.ask("GET", f"/guilds/{at['guild']}/channels")[1]
    assert (channel["id"], channel["guild_id"]) == (at["channel"], at["guild"])
    assert api.ask("GET", f"/channels/{at['channel']}")[1] == channel
    assert api.ask("GET", f"/guilds/{at['guild']}")[1]["id"] == at["guild"]


def test_the_bot_is_a_member_of_every_guild(api: Api) -> None:
    own = api.platform.user_of(api.bot)
    assert api.ask("GET", "/guilds/7/members?limit=10")[1][0]["user"] == own
    assert api.ask("GET", f"/guilds/7/members/{own['id']}")[1]["user"] == own
    assert api.ask("GET", "/guilds/7/members/123")[1]["user"]["id"] == "123"
    assert api.ask("GET", "/guilds/7/roles")[1]["roles"][0]["id"] == "1"


def test_a_reply_in_a_channel_has_the_guild_of_its_channel(api: Api) -> None:
    at = api.told_in_a_channel()
    said = api.ask("POST", f"/channels/{at['channel']}/messages", {"content": "hi"})[1]
    assert (said["channel_id"], said["guild_id"]) == (at["channel"], at["guild"])


def test_a_direct_message_session_is_the_same_for_the_same_user(api: Api) -> None:
    ask = {"recipient_id": "U", "source_guild_id": "G"}
    one, again = (api.ask("POST", "/users/@me/dms", ask)[1] for _ in range(2))
    assert one == again and one["guild_id"].isdigit()
    assert api.ask("POST", "/users/@me/dms", {})[0] == 400


def test_a_sent_message_can_be_read_and_retracted_once(api: Api) -> None:
    at = api.told_in_a_channel()
    said = api.ask("POST", f"/channels/{at['channel']}/messages", {"content": "hi"})[1]
    path = f"/channels/{at['channel']}/messages/{said['id']}"
    assert api.ask("GET", path)[1]["id"] == said["id"]
    assert api.ask("DELETE", path + "?hidetip=true") == (200, {})
    assert api.ask("DELETE", path)[1]["code"] == 306002


def test_an_old_message_and_one_of_another_place_cannot_be_retracted(api: Api) -> None:
    said = api.ask("POST", "/v2/users/U/messages", {"content": "hi"})[1]
    assert api.ask("DELETE", f"/v2/users/V/messages/{said['id']}")[1]["code"] == 306002
    api.now = RETRACTABLE_US + 1
    assert api.ask("DELETE", f"/v2/users/U/messages/{said['id']}")[1]["code"] == 306011


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_reaction_is_a_success_without_a_body(api: Api, method: str) -> None:
    assert api.ask(method, "/channels/1/messages/2/reactions/1/4") == (204, None)


def test_a_piece_of_a_stream_names_what_it_answers(api: Api) -> None:
    path = "/v2/users/U/stream_messages"
    assert api.ask("POST", path, {"content": "x", "msg_id": "nothing"})[1]["code"] == 40034024
    assert api.ask("POST", path, {"msg_id": "nothing"})[1]["code"] == 50006


def test_chunks_are_refused_by_a_number_of_the_doc(api: Api) -> None:
    assert api.ask("POST", "/v2/users/U/upload_prepare", {})[1]["code"] == 304082


def test_the_members_of_a_group_are_a_page_without_another(api: Api) -> None:
    for method in ("GET", "POST"):
        assert api.ask(method, "/v2/groups/G/members") == (200, {"members": [], "next_index": 0})
