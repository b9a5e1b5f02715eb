"""`duplicate`: a frame is written twice."""

from __future__ import annotations

from fake_qq_server.platform.replies import OutAsk, OutReply
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register


def act(args: Args, ask: OutAsk) -> OutReply:
    """The frame, and the same once more."""
    del args
    return OutReply((ask.text, ask.text))


register(
    Verb(
        name="duplicate",
        places=("ws.out",),
        kind=Class.ANSWER,
        story="The frame is written twice, one right behind the other.",
        seen_as="Two equal frames, with the same s and the same message id.",
        act=act,
    )
)
