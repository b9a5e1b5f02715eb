"""What the platform asks of a client, and what politeness does. See docs on the protocol for the sources."""

from __future__ import annotations

INTENTS = 1 << 25 | 1 << 30 | 1 << 12 | 1 << 26
"""Messages of single users and of groups, of guild channels, direct messages of guilds, and clicks."""

REPLY_PATHS = {
    "C2C_MESSAGE_CREATE": "/v2/users/{d[author][user_openid]}/messages",
    "GROUP_AT_MESSAGE_CREATE": "/v2/groups/{d[group_openid]}/messages",
    "AT_MESSAGE_CREATE": "/channels/{d[channel_id]}/messages",
    "DIRECT_MESSAGE_CREATE": "/dms/{d[guild_id]}/messages",
}
"""Where a message of each kind is answered."""

SCENES = {
    "C2C_MESSAGE_CREATE": "dm",
    "GROUP_AT_MESSAGE_CREATE": "group",
    "AT_MESSAGE_CREATE": "channel",
    "DIRECT_MESSAGE_CREATE": "guild dm",
}
"""Where each kind is written."""

PROXIES = ("WSS_PROXY", "wss_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
"""The variables that may name a proxy for the gateway; the first one counts."""

SHOWN_TYPING = ("dm",)
"""Where somebody can be shown that the bot is typing."""

FATAL = frozenset({4001, 4002, 4010, 4011, 4012, 4013, 4014, 4914, 4915})
"""Close codes after which neither Resume nor Identify can help."""

NO_RESUME = frozenset({4006, 4007, *range(4900, 4914)})
"""Close codes that end the session: the next connection identifies."""

WRONG_TOKEN, TOO_FAST = 4004, 4008
TOO_FAST_S = 60.0

WRONG_CREDENTIALS = frozenset({10004, 100007, 100016})
"""Errors of the token endpoint that no retry cures."""

BACKOFF_S = (2.0, 5.0, 10.0, 30.0, 60.0)
MOST_ATTEMPTS = 100
ATTEMPT_S = 45.0
STEP_S = 15.0
CLOSING_S = 5.0
TOKEN_EVERY_S = 31.0
"""Between two token requests: fewer than 20 in any ten minutes."""

IDENTIFY_EVERY_S = 5.5
MOST_RESUMES = 3
"""Resumes in a row without a connection that held; then a fresh Identify."""

HEARTBEAT_S = 41.25
MISSED_ACKS = 2
HELD_HEARTBEATS = 3
"""A connection that lived this long counts as a success; a shorter one as one more failure."""

REMEMBERED = 1000
"""Message ids kept to tell a message that comes twice."""

REPLY_PAUSES_S = (2.0, 5.0, 10.0)
"""Between the tries of one reply."""

TYPES_AFTER_S = 5.0
TYPING_S = 60
"""For so long a typing notice is shown; the next one comes five seconds before its end."""

FETCH_S = 5.0
"""For a picture; without it the message goes on."""

TOO_MANY = 22009
"""A message over the limit; a later try may be within it."""

REPEATED = 40054005
"""The error for a reply that was taken already: the one with this msg_seq."""


class Lost(Exception):
    """The connection is over. `code`: the close frame's, None where there was none."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(f"connection lost, code {code}")
        self.code = code


class Fatal(Exception):
    """The bot gives up. `code` says why in a word; `retryable`: a later try may succeed."""

    def __init__(self, code: str, *, retryable: bool) -> None:
        super().__init__(code)
        self.code = code
        self.retryable = retryable


class Refused(Exception):
    """The platform does not take this reply. `code`: its error, or the HTTP status."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"refused with {code}")
        self.code = code
