"""`fin`: the connection ends without a close frame."""

from __future__ import annotations

from fake_qq_server.rules.verbs.registry import Args, Class, Effect, PushTarget, Verb, register


def act(args: Args, target: PushTarget) -> Effect:
    """FIN after what is on its way."""
    del args
    return target.fin()


register(
    Verb(
        name="fin",
        places=("any",),
        kind=Class.PUSH,
        story="The platform ends the TCP connection in order, without a WebSocket close.",
        seen_as="EOF; WebSocket libraries call it 1006.",
        act=act,
    )
)
