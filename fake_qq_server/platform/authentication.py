"""What an Identify or a Resume says, as far as a journal may hold it: never the token itself. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from fake_qq_server.events import WsAuth
from fake_qq_server.platform.platform import Platform
from fake_qq_server.platform.protocol import integer


def read(platform: Platform, op: Literal["identify", "resume"], d: Any, now: int) -> WsAuth:
    """Read the `d` of an Identify or a Resume, of whatever shape; nothing changes. `now`: microseconds."""
    said: Mapping[str, Any] = d if isinstance(d, Mapping) else {}
    credential = said.get("token")
    row = platform.token_row(credential) if isinstance(credential, str) else None
    newest = platform.newest_session(row.bot, now) if row else None
    return WsAuth(
        op,
        token=_token(platform, credential, now),
        intents=integer(said.get("intents")),
        shard=_shard(said.get("shard")),
        session=_session(platform, said.get("session_id")),
        seq=integer(said.get("seq")),
        resumable=newest.ordinal if newest else None,
    )


def _token(
    platform: Platform, credential: Any, now: int
) -> Literal["valid", "expired", "unknown", "missing"]:
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
