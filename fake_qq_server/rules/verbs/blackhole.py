"""`blackhole`: nothing passes in either direction, and neither side is told."""

from __future__ import annotations

from fake_qq_server.rules.conditions import Blackhole
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register


def act(args: Args) -> Blackhole:
    """The condition; it takes no arguments."""
    del args
    return Blackhole()


register(
    Verb(
        name="blackhole",
        places=("link",),
        kind=Class.CONDITION,
        story="Nothing passes either way, not even the end, to the end of the connection.",
        seen_as="Silence; a write succeeds until buffers are full, a close is never answered.",
        act=act,
    )
)
