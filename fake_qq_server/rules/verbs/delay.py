"""`delay: 5s`: a frame is written later than it was due, and frames that come after it may overtake it."""

from __future__ import annotations

from dataclasses import replace

from fake_qq_server.platform.replies import OutAsk, OutReply
from fake_qq_server.rules.verbs.arguments import duration
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register


def act(args: Args, ask: OutAsk) -> OutReply:
    """The frame as it is, after a while."""
    return replace(ask.unchanged, delay_us=args.main)


register(
    Verb(
        name="delay",
        places=("ws.out",),
        kind=Class.ANSWER,
        story="The frame is written this much later, and others do not wait for it (`latency` keeps order).",
        seen_as="The same frame, later, and behind frames that were due after it.",
        act=act,
        main=duration("delay", required=True, least_us=1000, means="how much later it is written"),
    )
)
