"""`stall`: bytes are held back until the condition ends."""

from __future__ import annotations

from fake_qq_server.rules.conditions import Stall
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register


def act(args: Args) -> Stall:
    """The condition; it takes no arguments."""
    del args
    return Stall()


register(
    Verb(
        name="stall",
        places=("link",),
        kind=Class.CONDITION,
        story="The bytes of this direction are held and come, in order, when the condition ends.",
        seen_as="Nothing for a while, then everything at once.",
        act=act,
    )
)
