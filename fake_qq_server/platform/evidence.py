"""What is known of each behaviour of the platform, and what is inferred. Pure.

Close codes, refusals, errors and routes carry their sources in their own tables (`protocol`, `sends`); here
are the behaviours that have no row there, and what a source is worth. Labels are those of `protocol`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fake_qq_server.platform.options import PROFILES, STRICT, written

Grade = Literal["documented", "log", "SDK", "inferred"]

_GRADES: dict[str, Grade] = {"doc": "documented", "log": "log", "src": "SDK", "run": "SDK", "inf": "inferred"}
_LABEL = re.compile(r"\b(doc|log|src|run|inf)\b(?=[ ,;]|$)")


def grades(source: str) -> tuple[Grade, ...]:
    """What a source is: the official documentation, a real server's log that was published, what clients are
    written for, or none; several where its parts differ. The best is first."""
    found = {_GRADES[label] for label in _LABEL.findall(source)}
    return tuple(grade for grade in ("documented", "log", "SDK", "inferred") if grade in found)


@dataclass(frozen=True)
class Behaviour:
    """One behaviour: what the platform does, where that is known from, and the option that changes it
    (a field of `options.Options`, or of none)."""

    does: str
    source: str
    option: str = ""

    @property
    def strict(self) -> str:
        """What the profile `strict` makes of it: NAME=VALUE; "the same" where a part of it is inferred and
        there is no stricter reading, or it is this one; nothing where all of it is known."""
        if self.option in PROFILES[STRICT]:
            return f"{self.option}={written(PROFILES[STRICT][self.option])}"
        return "the same" if "inferred" in grades(self.source) else ""


_API_USE = "doc dev-prepare/interface-framework/api-use.md"
_REFERENCE = "doc dev-prepare/interface-framework/reference.md"
_EVENTS = "doc dev-prepare/interface-framework/event-emit.md"
_WSS = "doc openapi/wss"
_SEND = "doc server-inter/message/send-receive/send.md"

BEHAVIOURS: Sequence[Behaviour] = (
    # -- tokens
    Behaviour("`expires_in` is a string", _API_USE + ", its example; run botpy and botgo need it so"),
    Behaviour("a token lives for 7200 s", _API_USE, "token_life_s"),
    Behaviour(
        "asked again, the endpoint gives the same token with the seconds left",
        _API_USE + "; log botpy#189, qq-official-bot#98",
    ),
    Behaviour("in its last 60 s a new one is given, and both are good", _API_USE, "token_overlap_s"),
    Behaviour("errors of the token endpoint have status 200", "src nonebot-adapter-qq PR #164"),
    # -- the gateway
    Behaviour(
        "`/gateway/bot` tells shards, and a limit of sessions a day and within 5 s",
        _WSS,
        "sessions_total",
    ),
    Behaviour("that limit is told and not enforced", "inf", "enforce_sessions"),
    Behaviour(
        "Hello is the first frame, also to a client that does not wait for it", _REFERENCE + "; src nonebot"
    ),
    Behaviour("its interval is 41.25 s", "src hermes; the documentation's example has 45 s", "heartbeat_ms"),
    Behaviour("a client may identify without waiting for Hello", "src botgo does"),
    Behaviour("READY echoes the client's shard", "inf; the documentation prints [0, 0]"),
    Behaviour("missing heartbeats close nothing", "inf", "heartbeat_timeout"),
    Behaviour("Resume replays what came after `seq`, then says RESUMED", _REFERENCE + "; log QwenPaw#7946"),
    Behaviour(
        "a session can be resumed for 5 minutes",
        "inf; openclaw keeps sessions that long",
        "replay_window_us",
    ),
    Behaviour("a session keeps 1000 events", "inf", "replay_limit"),
    Behaviour(
        "a close of the platform's that forbids Resume ends the session",
        "doc dev-prepare/error-trace/websocket.md; that the session is gone: inf",
        "forget_on_close",
    ),
    Behaviour("a session gets only the events that its intents name", _EVENTS, "enforce_intents"),
    Behaviour(
        "an intent that the bot may not have is refused at Identify",
        _EVENTS + "; log openclaw-qqbot#18",
        "intents",
    ),
    Behaviour("a Resume displaces the older connection", "inf, one reading of log bot-node-sdk#94"),
    Behaviour("two connections that identified for one shard are both served", "log sealdice#1488"),
    Behaviour("a close frame that is not answered ends the connection after 10 s", "inf"),
    Behaviour("a frame has at most 1 MiB", "inf"),
    # -- messages
    Behaviour("a reply names a message of this bot and place", "log AstrBot#6931"),
    Behaviour("it comes within 60 minutes to a user, 5 minutes to a group or guild", _SEND),
    Behaviour("a message has at most 5 replies, users and groups", _SEND),
    Behaviour(
        "the same `msg_seq` to one message is refused; it is 1 unless said", _SEND + "; log LangBot#2290"
    ),
    Behaviour(
        "4 messages a month that answer nothing, by user or group; the month does not end",
        _SEND + "; that it does not end: inf",
        "proactive_limit",
    ),
    Behaviour("quotas of guilds are not counted", "inf; the documentation has some", "guild_quotas"),
    Behaviour(
        "a typing notice is none of the replies, and its `msg_seq` repeats nothing", "inf", "count_notices"
    ),
    Behaviour("a guild message needs the bot on the gateway", "doc openapi/error/error.md"),
    Behaviour("what has not its type's content is refused as empty", "inf"),
    Behaviour("an id of a message looks like `ROBOT1.0_...`, its timestamp is RFC 3339", "log AstrBot#6931"),
    Behaviour("user ids are 32 hex digits; ids of guilds are numbers", "doc, its examples"),
    Behaviour("events are delivered once, but for a Resume", "inf; the documentation allows twice"),
    # -- serving
    Behaviour("an HTTP connection that nobody uses ends after two minutes", "inf"),
    Behaviour("a body has at most 32 MiB", "inf"),
)
