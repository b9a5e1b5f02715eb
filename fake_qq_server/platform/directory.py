"""What the API tells of guilds, channels, members and roles, and what it does to sent messages. Pure.

Guilds are not kept: each id that a bot names is one. The shapes are the doc's [doc openapi/guild, channel,
member, role, reaction; dms]; that an id which was never given out is a guild too is [inf].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fake_qq_server.platform import payloads
from fake_qq_server.platform.api import Call, route
from fake_qq_server.platform.units import MINUTE

RETRACTABLE_US = 2 * MINUTE
"""How old a message may be that is to be retracted [doc retract]."""


def _joined(call: Call) -> str:
    return payloads.rfc3339(call.platform.options.epoch_us)


def _guild(call: Call, id: str) -> dict[str, Any]:
    return {
        "id": id,
        "name": f"guild {id}",
        "icon": "",
        "owner_id": "1",
        "owner": False,
        "joined_at": _joined(call),
        "member_count": 2,
        "max_members": 300,
        "description": "",
    }


def _channel(id: str, guild: str) -> dict[str, Any]:
    return {
        "id": id,
        "guild_id": guild,
        "name": f"channel {id}",
        "type": 0,
        "sub_type": 0,
        "position": 1,
        "parent_id": "0",
        "owner_id": "1",
    }


def _member(call: Call, user: Mapping[str, Any]) -> dict[str, Any]:
    return {"user": dict(user), "nick": user["username"], "roles": ["1"], "joined_at": _joined(call)}


def _user(id: str) -> dict[str, Any]:
    return {"id": id, "username": f"user-{id[-4:]}", "avatar": "", "bot": False}


def _guilds(call: Call) -> Sequence[Any]:
    return [_guild(call, id) for id in dict.fromkeys(call.platform.guild_of.values())]


def _one_guild(call: Call) -> Mapping[str, Any]:
    return _guild(call, call.target)


def _channels(call: Call) -> Sequence[Any]:
    of = call.platform.guild_of.items()
    return [_channel(channel, guild) for channel, guild in of if guild == call.target]


def _one_channel(call: Call) -> Mapping[str, Any]:
    return _channel(call.target, call.platform.guild_of.get(call.target, "1"))


def _members(call: Call) -> Sequence[Any]:
    return [_member(call, call.platform.user_of(call.bot))]


def _one_member(call: Call) -> Mapping[str, Any]:
    own = call.platform.user_of(call.bot)
    return _member(call, own if own["id"] == call.more else _user(call.more))


def _roles(call: Call) -> Mapping[str, Any]:
    everybody = {"id": "1", "name": "everybody", "color": 0, "hoist": 0, "number": 2, "member_limit": 300}
    return {"guild_id": call.target, "roles": [everybody], "role_num_limit": "30"}


def _direct(call: Call) -> Mapping[str, Any] | str:
    """A session for direct messages: a guild of its own for each user."""
    body = call.request.json() or {}
    if not isinstance(body.get("recipient_id"), str) or not isinstance(body.get("source_guild_id"), str):
        return "bad-form"
    names = [
        int(call.platform.hexes(f"{kind} {body['recipient_id']}", 0, 15), 16) for kind in ("dm", "channel")
    ]
    at = (call.platform.options.epoch_us + call.request.now) // 1_000_000
    return {"guild_id": str(names[0]), "channel_id": str(names[1]), "create_time": str(at)}


def _group_members(call: Call) -> Mapping[str, Any]:
    """[doc: POST with limit and start_index; newer clients GET it]"""
    del call
    return {"members": [], "next_index": 0}


def _retract(call: Call) -> Mapping[str, Any] | str:
    """A message of its own, not older than two minutes [doc retract; the codes: error.md]."""
    sent = call.platform.sent.get(call.more)
    if sent is None or sent.bot != call.bot or sent.target != call.target:
        return "bad-message-id"
    if call.request.now - sent.at > RETRACTABLE_US:
        return "retract-too-late"
    del call.platform.sent[call.more]
    return {}


def _message(call: Call) -> Mapping[str, Any] | str:
    """A message of its own in a channel, by its id."""
    sent = call.platform.sent.get(call.more)
    if sent is None or sent.bot != call.bot or sent.target != call.target:
        return "bad-message-id"
    at = payloads.rfc3339(call.platform.options.epoch_us + sent.at)
    guild = call.platform.guild_of.get(call.target, "1")
    author = call.platform.user_of(call.bot)
    return {"id": sent.id, "channel_id": call.target, "guild_id": guild, "timestamp": at, "author": author}


def _nothing(call: Call) -> None:
    del call


def _no_chunks(call: Call) -> str:
    """Files in chunks are not played."""
    del call
    return "upload"


_REACTION = "/channels/ID/messages/MORE/reactions/ANY/ANY"
ROUTES = (
    route("GET", "/users/@me/guilds", _guilds),
    route("POST", "/users/@me/dms", _direct),
    route("GET", "/guilds/ID", _one_guild),
    route("GET", "/guilds/ID/channels", _channels),
    route("GET", "/guilds/ID/members", _members),
    route("GET", "/guilds/ID/members/MORE", _one_member),
    route("GET", "/guilds/ID/roles", _roles),
    route("GET", "/channels/ID", _one_channel),
    route("GET", "/channels/ID/messages/MORE", _message),
    route("DELETE", "/channels/ID/messages/MORE", _retract),
    route("DELETE", "/dms/ID/messages/MORE", _retract),
    route("DELETE", "/v2/users/ID/messages/MORE", _retract),
    route("DELETE", "/v2/groups/ID/messages/MORE", _retract),
    route("PUT", _REACTION, _nothing, status=204),
    route("DELETE", _REACTION, _nothing, status=204),
    route("GET", "/v2/groups/ID/members", _group_members),
    route("POST", "/v2/groups/ID/members", _group_members),
    route("POST", "/v2/users/ID/upload_(?:prepare|part_finish)", _no_chunks),
    route("POST", "/v2/groups/ID/upload_(?:prepare|part_finish)", _no_chunks),
)
"""Rows of the API beside those of `rest`, which send."""
