"""`forget: 90s`: a box on the line, such as a NAT, drops a connection that was idle for so long."""

from __future__ import annotations

from fake_qq_server.rules.conditions import Forget
from fake_qq_server.rules.verbs.arguments import duration
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register


def act(args: Args) -> Forget:
    """The condition: nothing changes until a connection was idle for so long."""
    return Forget(args.main)


register(
    Verb(
        name="forget",
        places=("link",),
        kind=Class.CONDITION,
        story="A box on the line forgets who was idle for so long: from then on no byte passes, either way.",
        seen_as="Nothing, as long as something goes; then a write that succeeds, and silence.",
        act=act,
        main=duration("forget", required=True, least_us=1000, means="how long it must be idle"),
    )
)
