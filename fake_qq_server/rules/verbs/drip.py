"""`drip: 1s`: the body comes one byte at a time, always just before anybody's read time-out."""

from __future__ import annotations

from dataclasses import replace

from fake_qq_server.platform.replies import HttpAsk, HttpReply
from fake_qq_server.rules.verbs.arguments import duration
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register


def act(args: Args, ask: HttpAsk) -> HttpReply:
    """The answer that was due, one byte every so often."""
    return replace(ask.default(), delivery="drip", drip_us=args.main)


register(
    Verb(
        name="drip",
        places=("http",),
        kind=Class.ANSWER,
        story="The answer's body is sent one byte per so much time.",
        seen_as="A read that makes progress and takes for ever; a time-out per read never fires.",
        act=act,
        main=duration("drip", required=True, least_us=1000, means="the time from one byte to the next"),
    )
)
