"""`withhold`: a frame that is due is never written; what it was to tell has happened all the same."""

from __future__ import annotations

from fake_qq_server.platform.replies import OutAsk, OutReply
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register


def act(args: Args, ask: OutAsk) -> OutReply:
    """No frame at all."""
    del args, ask
    return OutReply()


register(
    Verb(
        name="withhold",
        places=("ws.out",),
        kind=Class.ANSWER,
        story="The frame is not written; what it tells of (a session, a message) happened all the same.",
        seen_as="Every frame but that one.",
        act=act,
    )
)
