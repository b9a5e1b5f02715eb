"""The options of a platform, and the profiles that set several of them.

Sources are labelled as in `protocol`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fake_qq_server.platform import protocol
from fake_qq_server.platform.units import MINUTE, SECOND


@dataclass(frozen=True)
class Options:
    """What can be set about a platform. All defaults are the documented or observed behaviour.

    heartbeat_ms: Hello's interval. heartbeat_timeout: close after that many intervals without a heartbeat;
    None (lenient) because botpy beats every 30 s whatever Hello says [run] and nothing public shows a limit.
    token_life_s, token_overlap_s: 7200 s, of which in the last 60 s a new token is given while the old one
    stays valid [doc dev-prepare/interface-framework/api-use.md].
    replay_window_us: how long after its connection ended a session can be resumed, 5 min [inf; openclaw
    keeps sessions that long]; replay_limit: events a session keeps [inf].
    forget_on_close: a close of ours with a code that forbids Resume ends the session [doc websocket.md].
    enforce_intents: a session gets only the events its intents name [doc event-emit.md].
    sessions_total, sessions_reset_ms, max_concurrency, shards: what /gateway/bot tells [doc openapi/wss];
    enforce_sessions: an Identify beyond it is refused [inf].
    proactive_limit: messages without msg_id per user or group, 4 a month [doc send.md].
    guild_quotas: those of channels and direct chats of guilds are counted too [doc post_messages.md,
    post_dms_messages.md; that the platform does: inf].
    count_notices: a typing notice is one of the replies to its message, with a msg_seq of its own [inf].
    any_credentials: whoever asks for a token gets one, and is a bot from then on.
    speed: how many times as fast as a client's clock the platform's is; the durations that it tells are
    divided by it. epoch_us: the date of `now` 0. refusals: rows that replace those of `protocol.REFUSALS`.
    """

    heartbeat_ms: int = protocol.HEARTBEAT_MS
    heartbeat_timeout: float | None = None
    token_life_s: int = 7200
    token_overlap_s: int = 60
    replay_window_us: int = 5 * MINUTE
    replay_limit: int = 1000
    forget_on_close: bool = True
    enforce_intents: bool = True
    intents: int = protocol.ALL_INTENTS
    gateway_url: str = protocol.GATEWAY_URL
    """What GET /gateway answers; where it is the default, `server.FakeQQ` puts its own there."""
    gateway_urls: Mapping[int, str] = field(default_factory=dict)
    """By bot number; the others get `gateway_url`."""
    media_url: str = protocol.MEDIA_URL
    """What the URLs of attachments begin with."""
    shards: int = 1
    sessions_total: int = 1000
    sessions_reset_ms: int = 14_400_000
    max_concurrency: int = 1
    enforce_sessions: bool = False
    proactive_limit: int = 4
    guild_quotas: bool = False
    count_notices: bool = False
    any_credentials: bool = False
    speed: float = 1.0
    epoch_us: int = 1_795_348_800 * SECOND
    seed: int = 0
    refusals: Mapping[str, protocol.Refusal] = field(default_factory=dict)

    def told(self, duration: int) -> int:
        """A duration of the platform's, in any unit, as it is told to a client: in the client's own time."""
        return round(duration / self.speed)

    def refusal(self, name: str) -> protocol.Refusal:
        """How a connection is turned down for this reason. Raises KeyError for an unknown one."""
        return self.refusals.get(name, protocol.REFUSALS[name])


LENIENT, STRICT = "lenient", "strict"

PROFILES: Mapping[str, Mapping[str, Any]] = {
    LENIENT: {},
    STRICT: {
        "heartbeat_timeout": 2.0,
        "replay_window_us": MINUTE,
        "replay_limit": 100,
        "enforce_sessions": True,
        "guild_quotas": True,
        "count_notices": True,
    },
}
"""What each profile sets. Where nothing public says what the real platform does, the default decides for the
client and `strict` against it; what is documented or was observed is the same in both."""


def written(value: Any) -> str:
    """An option's value as a command line has it."""
    return str(value).lower() if isinstance(value, bool) else str(value).removesuffix(".0")
