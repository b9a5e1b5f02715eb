"""`upgrade: 403`: the WebSocket upgrade is turned down."""

from __future__ import annotations

from fake_qq_server.platform.replies import HttpAsk, HttpReply
from fake_qq_server.rules.verbs.arguments import integer
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register


def act(args: Args, ask: HttpAsk) -> HttpReply:
    """A plain HTTP answer where 101 was due; 200 is one of the ways to turn an upgrade down."""
    del ask
    return HttpReply(args.main, {"message": "upgrade refused", "code": args.main})


register(
    Verb(
        name="upgrade",
        places=("ws.connect",),
        kind=Class.ANSWER,
        story="The WebSocket upgrade is answered with this HTTP status instead of 101.",
        seen_as="A failed handshake with that status; then the connection is closed.",
        act=act,
        main=integer("upgrade", 200, 599, example=403, required=True, means="the HTTP status"),
    )
)
