"""`refuse`: new connections are refused."""

from __future__ import annotations

from fake_qq_server.rules.conditions import Refuse
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register


def act(args: Args) -> Refuse:
    """The condition; it takes no arguments."""
    del args
    return Refuse()


register(
    Verb(
        name="refuse",
        places=("link",),
        kind=Class.CONDITION,
        story="Nobody listens on this host; connections that are open stay open.",
        seen_as="ECONNREFUSED on connect.",
        act=act,
    )
)
