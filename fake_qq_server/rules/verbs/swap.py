"""`swap`: a frame changes places with the next one of its connection."""

from __future__ import annotations

from fake_qq_server.platform.replies import OutAsk, OutReply
from fake_qq_server.rules.verbs.registry import Args, ArgumentError, Class, Verb, register


def act(args: Args, ask: OutAsk) -> OutReply | None:
    """The frame as it is, behind the next one; of two that both match, the first is held."""
    del args
    return None if ask.close is not None else OutReply((ask.text,), behind_next=True)


def fits(event: str, args: Args) -> None:
    """Not at a close frame."""
    del args
    if event == "ws.out.close":
        raise ArgumentError("nothing follows a close frame: withhold, delay or change (body) it")


register(
    Verb(
        name="swap",
        places=("ws.out",),
        kind=Class.ANSWER,
        story="The frame is held until the next frame of its connection was written, and follows that one.",
        seen_as="Two frames in the wrong order.",
        act=act,
        fits=fits,
    )
)
