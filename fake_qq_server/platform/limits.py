"""When a bot may send: replies to a message, in time and few enough, and so much that answers nothing. Pure.

Each function gives the name of the error that a request is answered with, None where it is fine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from fake_qq_server.platform import payloads, protocol
from fake_qq_server.platform.api import Call
from fake_qq_server.platform.rows import Replyable
from fake_qq_server.platform.sends import INPUT_NOTIFY
from fake_qq_server.platform.units import DAY, MINUTE

WINDOWS: Mapping[payloads.Scene, int] = {
    "c2c": 60 * MINUTE,
    "group": 5 * MINUTE,
    "channel": 5 * MINUTE,
    "dm": 5 * MINUTE,
}
"""How long a message can be replied to, microseconds [doc server-inter/message/send-receive/send.md]."""


REPLIES_PER_MESSAGE = 5
"""Passive replies to one msg_id, C2C and group [doc server-inter/message/send-receive/send.md]."""


def passive(call: Call, body: Mapping[str, Any]) -> str | None:
    """The rules of a reply: a message of this bot and this target, in time, not repeated, at most five.

    Unless notices are counted, a typing notice knows nothing of the last two, and no message is refused for
    the msg_seq of a notice [inf].
    """
    named = replyable(call, body)
    if named is None:
        return "bad-msg-id"
    if call.scene and call.request.now - named.at > WINDOWS[call.scene]:
        return "reply-too-late"
    notice = body.get("msg_type") == INPUT_NOTIFY and not call.platform.options.count_notices
    if call.scene not in ("c2c", "group") or notice:
        return None
    seq = protocol.integer(body.get("msg_seq"))
    seq = 1 if seq is None else seq
    if seq in named.seqs:
        return "repeated"
    if len(named.seqs) >= REPLIES_PER_MESSAGE:
        return "too-many-replies"
    named.seqs.add(seq)
    return None


def replyable(call: Call, body: Mapping[str, Any]) -> Replyable | None:
    """The message (msg_id) or event (event_id) that is answered, where this bot may answer it here."""
    named = call.platform.replyables.get(str(body.get("msg_id") or body.get("event_id")))
    if named is None or named.bot != call.bot or named.scene not in (None, call.scene):
        return None
    return named if named.target in (None, call.target) else None


def proactive(call: Call) -> str | None:
    """Without msg_id: four a month for each user or group, then 40034102 [doc send.md; log nanobot#1307]."""
    key = (call.bot.number, call.target)
    if call.scene in GUILD_QUOTAS:
        return _guild_push(call, key, GUILD_QUOTAS[call.scene])
    if call.platform.proactive[key] >= call.platform.options.proactive_limit:
        return "no-push-right"
    call.platform.proactive[key] += 1
    return None


GUILD_QUOTAS: Mapping[payloads.Scene | None, int] = {"channel": 20, "dm": 2}
"""Messages a day that answer nothing [doc server-inter/message/post_messages.md,
server-inter/message/dms/post_dms_messages.md]."""


def _guild_push(call: Call, key: tuple[int, str], quota: int) -> str | None:
    """Counted only where that is set; a day ends 24 hours after its message [inf; so is the error]."""
    if not call.platform.options.guild_quotas:
        return None
    sent = call.platform.guild_pushes.setdefault(key, deque(maxlen=quota))
    if len(sent) == quota and call.request.now - sent[0] < DAY:
        return "too-many-replies"
    sent.append(call.request.now)
    return None
