"""`rst`: the connection is reset."""

from __future__ import annotations

from fake_qq_server.rules.verbs.registry import Args, Class, Effect, PushTarget, Verb, register


def act(args: Args, target: PushTarget) -> Effect:
    """RST, as a router or a crashed peer sends it."""
    del args
    return target.rst()


register(
    Verb(
        name="rst",
        places=("any",),
        kind=Class.PUSH,
        story="The TCP connection is reset.",
        seen_as="ECONNRESET on the next read or write.",
        act=act,
    )
)
