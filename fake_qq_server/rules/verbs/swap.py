"""`swap`: a frame changes places with the next one of its connection."""

from __future__ import annotations

from fake_qq_server.platform.replies import OutAsk, OutReply
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register


def act(args: Args, ask: OutAsk) -> OutReply:
    """The frame as it is, behind the next one; of two that both match, the first is held."""
    del args
    return OutReply((ask.text,), behind_next=True)


register(
    Verb(
        name="swap",
        places=("ws.out",),
        kind=Class.ANSWER,
        story="The frame is held until the next frame of its connection was written, and follows that one.",
        seen_as="Two frames in the wrong order.",
        act=act,
    )
)
