"""`noanswer`: what was asked is never answered; the connection stays open."""

from __future__ import annotations

from fake_qq_server.platform.replies import FrameAsk, FrameReply, HttpAsk, HttpReply
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register


def act(args: Args, ask: HttpAsk | FrameAsk) -> HttpReply | FrameReply:
    """Nothing: no bytes for a request, no frames for a frame. The default is not even worked out."""
    del args
    if isinstance(ask, FrameAsk):
        return FrameReply()
    return HttpReply(200, delivery="none")


register(
    Verb(
        name="noanswer",
        places=("http", "ws.connect", "ws.in"),
        kind=Class.ANSWER,
        story="The request, the upgrade or the frame is read and never answered.",
        seen_as="Silence on an open connection: its own time-out, or none.",
        act=act,
    )
)
