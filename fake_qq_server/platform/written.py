"""What a text that is written on the gateway amounts to: the events to report of it. Pure.

It may be a frame of the platform's own, one that a rule changed, or any text that a rule sends.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fake_qq_server import events
from fake_qq_server.platform import protocol
from fake_qq_server.platform.exchange import Out
from fake_qq_server.platform.payloads import MESSAGE_EVENTS
from fake_qq_server.platform.protocol import integer
from fake_qq_server.platform.told import told_by


def read(text: str, session: int | None) -> tuple[events.Event, ...]:
    """The events of a text on a connection that has this session (its ordinal), as far as the text tells."""
    frame = protocol.parse(text) or {}
    op, s, t, d = protocol.op_name(frame), integer(frame.get("s")), frame.get("t"), frame.get("d")
    t = t if isinstance(t, str) else None
    out = events.WsOut(op, s, t, resumable=d is True if op == "invalid" else None)
    if op == "ready":
        return (out, events.Session("ready", session))
    if op == "resumed":
        return (out, events.Session("resumed", session))
    if op == "hello":
        return (out, events.WsHello(_interval(d)))
    if t in MESSAGE_EVENTS and s is not None and isinstance(d, Mapping) and isinstance(d.get("id"), str):
        return (out, told_by(t, d).laid_over(events.EventSent(d["id"], t, s, replay=False)))
    return (out,)


def as_before(event: events.Event, out: Out) -> events.Event:
    """Of a changed frame: what its text alone does not say is as it was in `out`."""
    if isinstance(event, events.EventSent) and out.message is not None and out.message.id == event.id:
        return replace(event, replay=out.message.replay, probe=out.message.probe)
    if isinstance(event, events.Session):
        return next((one for one in out.events if _tells(one, event.what)), event)
    return event


def _tells(event: events.Event, what: str) -> bool:
    return isinstance(event, events.Session) and event.what == what


def _interval(d: Any) -> float | None:
    value = d.get("heartbeat_interval") if isinstance(d, Mapping) else None
    return value if isinstance(value, float) and math.isfinite(value) else integer(value)
