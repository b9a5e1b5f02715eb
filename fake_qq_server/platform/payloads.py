"""The events that the platform dispatches: one builder a type, the superset that every client parses.

The doc's own examples are not enough: nonebot-adapter-qq 1.7.3 drops its C2C example (no author.id) and its
group example (no author.id, bot, member_role); measured with the real clients. Which intent an event needs:
[doc dev-prepare/interface-framework/event-emit.md].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from fake_qq_server.platform import media
from fake_qq_server.platform.protocol import Intent

Scene = Literal["c2c", "group", "channel", "dm"]
_BEIJING = timezone(timedelta(hours=8))


def rfc3339(epoch_us: int) -> str:
    """A timestamp as the wire has it, "2026-11-22T20:00:00+08:00" [log AstrBot#6931]."""
    return datetime.fromtimestamp(epoch_us // 1_000_000, _BEIJING).isoformat()


@dataclass(frozen=True)
class Names:
    """What a builder needs: unique names, and the time (`epoch_us`, microseconds since 1970).

    `message` is the id of the message, `user` whoever wrote it, `place` its group or guild, `channel` that of
    the guild, `name` what the user is called, `text` what it says; `media` and `quotes` as in `Said`, whose
    URLs begin with `media_url`. `bot` is the bot as a user: id, username, bot.
    """

    message: str
    user: str
    place: str
    epoch_us: int
    text: str = "hi"
    media: Sequence[str] = ()
    quotes: Sequence[str] | None = None
    media_url: str = ""
    channel: str = ""
    name: str = "user"
    bot: Mapping[str, Any] = field(default_factory=lambda: {"id": "1", "username": "bot", "bot": True})


@dataclass(frozen=True)
class Said:
    """What somebody writes, and who. `text` None is the usual greeting.

    `sender` is a name of the scenario's: the same user, and the same group or guild, each time it is named;
    None is somebody new. `media`: kinds of `media.MEDIA` that come with it; `quotes`: those of the message
    that it quotes, None where it quotes none.
    """

    text: str | None = None
    sender: str | None = None
    media: Sequence[str] = ()
    quotes: Sequence[str] | None = None

    @property
    def words(self) -> str:
        """What the message says: a voice message has no text of its own."""
        if self.text is not None:
            return self.text
        return "" if "voice" in self.media else Names.text


SOMEBODY = Said()


def _c2c(n: Names) -> dict[str, Any]:
    return {
        "id": n.message,
        "content": n.text,
        "timestamp": rfc3339(n.epoch_us),
        "message_type": 0,
        "author": {"id": n.user, "user_openid": n.user, "union_openid": n.user},
        "message_scene": {"source": "default", "ext": []},
    }


def _group(n: Names) -> dict[str, Any]:
    author = {"id": n.user, "member_openid": n.user, "union_openid": n.user}
    return _c2c(n) | {
        "content": f" {n.text}",
        "group_id": n.place,
        "group_openid": n.place,
        "author": author | {"bot": False, "member_role": "member"},
    }


def _guild(n: Names) -> dict[str, Any]:
    joined = "2026-01-01T00:00:00+08:00"
    return {
        "id": n.message,
        "channel_id": n.channel,
        "guild_id": n.place,
        "content": n.text,
        "timestamp": rfc3339(n.epoch_us),
        "author": {"id": n.user, "username": n.name, "avatar": "", "bot": False},
        "member": {"joined_at": joined, "roles": ["1"]},
        "seq": 101,
        "seq_in_channel": "101",
        "mentions": [],
    }


def _mentioning(n: Names) -> dict[str, Any]:
    """A message in a channel that names the bot."""
    return _guild(n) | {"content": f"<@!{n.bot['id']}> {n.text}", "mentions": [dict(n.bot)]}


def _direct(n: Names) -> dict[str, Any]:
    """Its guild is one that the platform makes for the two [doc dms]."""
    return _guild(n) | {"direct_message": True, "src_guild_id": n.channel}


def _interaction(n: Names) -> dict[str, Any]:
    resolved = {"button_data": "data", "button_id": "1", "feature_id": "", "message_id": ""}
    return {
        "id": n.message,
        "type": 11,
        "scene": "c2c",
        "chat_type": 2,
        "timestamp": rfc3339(n.epoch_us),
        "user_openid": n.user,
        "application_id": "1",
        "version": 1,
        "data": {"type": 11, "resolved": resolved | {"user_id": n.user}},
    }


def _friend(n: Names) -> dict[str, Any]:
    return {"openid": n.user, "timestamp": n.epoch_us // 1_000_000}


def _robot(n: Names) -> dict[str, Any]:
    return {"group_openid": n.place, "op_member_openid": n.user, "timestamp": n.epoch_us // 1_000_000}


def _guild_create(n: Names) -> dict[str, Any]:
    return {
        "id": n.place,
        "name": "guild",
        "icon": "",
        "description": "",
        "owner_id": n.user,
        "member_count": 2,
        "max_members": 300,
        "joined_at": rfc3339(n.epoch_us),
        "op_user_id": n.user,
    }


@dataclass(frozen=True)
class EventType:
    """One event: the intent bit it needs, its builder, and for a message where it was written.

    `replies`: its event id may be named as event_id of a passive reply [doc send.md].
    """

    intent: Intent
    build: Callable[[Names], dict[str, Any]]
    scene: Scene | None = None
    replies: bool = False


_SOCIAL = Intent.GROUP_AND_C2C_EVENT
EVENT_TYPES: Mapping[str, EventType] = {
    "C2C_MESSAGE_CREATE": EventType(_SOCIAL, _c2c, "c2c"),
    "GROUP_AT_MESSAGE_CREATE": EventType(_SOCIAL, _group, "group"),
    "GROUP_MESSAGE_CREATE": EventType(_SOCIAL, _group, "group"),
    "AT_MESSAGE_CREATE": EventType(Intent.PUBLIC_GUILD_MESSAGES, _mentioning, "channel"),
    "MESSAGE_CREATE": EventType(Intent.GUILD_MESSAGES, _guild, "channel"),
    "DIRECT_MESSAGE_CREATE": EventType(Intent.DIRECT_MESSAGE, _direct, "dm"),
    "INTERACTION_CREATE": EventType(Intent.INTERACTION, _interaction, None, True),
    "FRIEND_ADD": EventType(_SOCIAL, _friend, None, True),
    "FRIEND_DEL": EventType(_SOCIAL, _friend),
    "C2C_MSG_REJECT": EventType(_SOCIAL, _friend),
    "C2C_MSG_RECEIVE": EventType(_SOCIAL, _friend, None, True),
    "GROUP_ADD_ROBOT": EventType(_SOCIAL, _robot, None, True),
    "GROUP_DEL_ROBOT": EventType(_SOCIAL, _robot),
    "GROUP_MSG_REJECT": EventType(_SOCIAL, _robot),
    "GROUP_MSG_RECEIVE": EventType(_SOCIAL, _robot, None, True),
    "GUILD_CREATE": EventType(Intent.GUILDS, _guild_create),
}

UNADDRESSED = frozenset({"GROUP_MESSAGE_CREATE", "MESSAGE_CREATE"})
"""Types of messages that do not name the bot: it hears them where it asks to, and may ignore them."""

IN_GUILDS: frozenset[str] = frozenset(t for t, row in EVENT_TYPES.items() if row.scene in ("channel", "dm"))
"""Types whose users, guilds and channels have numbers for names, as in every example of the doc."""

INTERACTION = "INTERACTION_CREATE"
"""The type whose delivery the platform reports as interaction.sent: somebody clicked a button."""

MESSAGE_EVENTS: frozenset[str] = frozenset(t for t, row in EVENT_TYPES.items() if row.scene)
"""The types whose delivery the platform reports as event.sent."""


def overlay(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid over `base`, mappings inside mappings likewise; neither is changed."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            value = overlay(old, value)
        merged[key] = value
    return merged


def payload(t: str, names: Names, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The `d` of an event of type `t` with `fields` laid over it; a type without a row is `fields` alone."""
    row = EVENT_TYPES.get(t)
    built = row.build(names) if row else {}
    return overlay(built | (_attached(names) if row and row.scene else {}), fields)


def _attached(names: Names) -> dict[str, Any]:
    """The fields of what comes with a message, where something does."""
    urls = [f"{names.media_url}{media.PATH}{names.message}/{media.MEDIA[one].name}" for one in names.media]
    rows = [media.attachment(kind, url) for kind, url in zip(names.media, urls, strict=True)]
    quoted = names.quotes
    if quoted is None:
        return {"attachments": rows} if rows else {}
    urls = [f"{names.media_url}{media.PATH}{names.message}/quoted/{media.MEDIA[one].name}" for one in quoted]
    return media.quote(quoted, urls) | ({"attachments": rows} if rows else {})


def scene_of(t: str) -> Scene | None:
    """Where a message of this type is written; None for what is no message."""
    row = EVENT_TYPES.get(t)
    return row.scene if row is not None else None


def target_of(t: str, d: Mapping[str, Any]) -> str | None:
    """Where a reply to this event is sent: the openid or channel id in the path, None where there is none."""
    author = d.get("author")
    row = EVENT_TYPES.get(t)
    if row is not None and row.scene == "c2c" and isinstance(author, Mapping):
        return _text(author.get("user_openid"))
    guild_key = {"channel": "channel_id", "dm": "guild_id"}.get(str(row.scene) if row else "")
    keys = (guild_key,) if guild_key else ("group_openid", "user_openid", "openid")
    return next((found for key in keys if (found := _text(d.get(key)))), None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
