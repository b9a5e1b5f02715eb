"""`nothing`: the rule only counts, and its act is a mark that others may name."""

from __future__ import annotations

from fake_qq_server.rules.verbs.registry import Args, Class, Effect, Verb, register


def act(args: Args, target: None) -> Effect:
    """No effect on anything."""
    del args, target
    return Effect()


register(
    Verb(
        name="nothing",
        places=("any",),
        kind=Class.PUSH,
        story="Nothing happens: the rule's id is a mark, and instead of another rule it spares an event.",
        seen_as="Nothing.",
        act=act,
        acts_on="nothing",
    )
)
