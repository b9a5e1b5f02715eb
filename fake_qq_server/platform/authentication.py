"""What an Identify or a Resume says: what it asks for, and what a journal may hold of it. Pure.

The token itself never leaves here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fake_qq_server.events import WsAuth
from fake_qq_server.platform.platform import Platform
from fake_qq_server.platform.protocol import integer
from fake_qq_server.platform.rows import Bot


@dataclass(frozen=True)
class IdentifyRequest:
    """An Identify that can be granted. `shard` is its own list, [0, 1] where it sent none."""

    bot: Bot
    intents: int
    shard: tuple[int, int]


@dataclass(frozen=True)
class ResumeRequest:
    """A Resume whose token is good; whether there is such a session is another question."""

    bot: Bot
    session_id: str
    seq: int


def identify_request(platform: Platform, d: Any, now: int) -> IdentifyRequest | str:
    """What the `d` of an Identify asks for, or the name of the refusal that is due to it."""
    token, intents = _text(d, "token"), integer(d.get("intents")) if isinstance(d, Mapping) else None
    if token is None or intents is None:
        return "bad-payload"
    raw = [0, 1] if d.get("shard") is None else d["shard"]
    if not isinstance(raw, list) or len(raw) != 2 or any(integer(n) is None for n in raw):
        return "bad-payload"
    bot = platform.authenticated(token, now)
    if bot is None:
        return "bad-token"
    if not 0 <= raw[0] < raw[1]:
        return "bad-shard"
    if intents < 0 or intents & ~platform.options.intents:
        return "bad-intents"
    if not platform.may_begin(bot, now):
        return "too-many-sessions"
    return IdentifyRequest(bot, intents, (raw[0], raw[1]))


def resume_request(platform: Platform, d: Any, now: int) -> ResumeRequest | str:
    """What the `d` of a Resume asks for, or the name of the refusal that is due to it. A null or missing seq
    counts as 0."""
    token, session_id = _text(d, "token"), _text(d, "session_id")
    seq = (0 if d.get("seq") is None else integer(d["seq"])) if isinstance(d, Mapping) else None
    if token is None or session_id is None or seq is None:
        return "bad-payload"
    bot = platform.authenticated(token, now)
    return "bad-token" if bot is None else ResumeRequest(bot, session_id, seq)


def token_of(d: Any) -> str | None:
    """The token that it carries, None where it is missing or no text."""
    return _text(d, "token")


def _text(d: Any, key: str) -> str | None:
    value = d.get(key) if isinstance(d, Mapping) else None
    return value if isinstance(value, str) else None


def read(platform: Platform, op: Literal["identify", "resume"], d: Any, now: int) -> WsAuth:
    """Read the `d` of an Identify or a Resume, of whatever shape; nothing changes. `now`: microseconds."""
    said: Mapping[str, Any] = d if isinstance(d, Mapping) else {}
    credential = said.get("token")
    row = platform.token_row(credential) if isinstance(credential, str) else None
    newest = platform.newest_session(row.bot, now) if row else None
    return WsAuth(
        op,
        token=worth(platform, credential, now),
        intents=integer(said.get("intents")),
        shard=_shard(said.get("shard")),
        session=_session(platform, said.get("session_id")),
        seq=integer(said.get("seq")),
        resumable=newest.ordinal if newest else None,
    )


Worth = Literal["valid", "expired", "unknown", "missing"]


def worth(platform: Platform, credential: Any, now: int) -> Worth:
    """What a token is worth: revoked is expired, and unknown was never given out."""
    if not isinstance(credential, str) or not credential:
        return "missing"
    if platform.token_row(credential) is None:
        return "unknown"
    return "expired" if platform.authenticated(credential, now) is None else "valid"


def _shard(value: Any) -> tuple[int, ...] | None:
    """A list of numbers as it was sent; None where it is missing or anything else."""
    if not isinstance(value, list) or len(value) > 2 or any(integer(one) is None for one in value):
        return None
    return tuple(value)


def _session(platform: Platform, session_id: Any) -> int | Literal["unknown"] | None:
    """The ordinal of the session of that id; its window may have passed long ago."""
    if session_id is None:
        return None
    ordinal = platform.session_ordinals.get(session_id) if isinstance(session_id, str) else None
    return "unknown" if ordinal is None else ordinal
