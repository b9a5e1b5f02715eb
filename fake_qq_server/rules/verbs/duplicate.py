"""`duplicate`: a frame is written twice."""

from __future__ import annotations

from fake_qq_server.platform.replies import OutAsk, OutReply
from fake_qq_server.rules.verbs.registry import Args, ArgumentError, Class, Verb, register


def act(args: Args, ask: OutAsk) -> OutReply | None:
    """The frame, and the same once more."""
    del args
    return None if ask.close is not None else OutReply((ask.text, ask.text))


def fits(event: str, args: Args) -> None:
    """Not at a close frame."""
    del args
    if event == "ws.out.close":
        raise ArgumentError("nothing follows a close frame: withhold, delay or change (body) it")


register(
    Verb(
        name="duplicate",
        places=("ws.out",),
        kind=Class.ANSWER,
        story="The frame is written twice, one right behind the other.",
        seen_as="Two equal frames, with the same s and the same message id.",
        act=act,
        fits=fits,
    )
)
