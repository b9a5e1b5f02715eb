"""`silent`: the peer reads everything and answers nothing."""

from __future__ import annotations

from fake_qq_server.rules.conditions import Silent
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register


def act(args: Args) -> Silent:
    """The condition; it takes no arguments."""
    del args
    return Silent()


register(
    Verb(
        name="silent",
        places=("link",),
        kind=Class.CONDITION,
        story="The bytes of this direction vanish; TCP stays up and the rest goes on.",
        seen_as="A peer that reads everything and says nothing; its FIN would still arrive.",
        act=act,
    )
)
