"""`latency: 900ms`, with `jitter: 400ms`: everything comes later."""

from __future__ import annotations

from fake_qq_server.rules.conditions import Latency
from fake_qq_server.rules.verbs.arguments import duration
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register


def act(args: Args) -> Latency:
    """The delay comes on top of the link's own."""
    return Latency(args.main, args.more.get("jitter", 0))


register(
    Verb(
        name="latency",
        places=("link",),
        kind=Class.CONDITION,
        story="Every chunk is delivered this much later, give or take `jitter`; order is kept.",
        seen_as="The same bytes, later.",
        act=act,
        main=duration("latency", required=True, means="how much later everything comes"),
        more={"jitter": duration("jitter", means="how much more or less than that, drawn for each chunk")},
    )
)
