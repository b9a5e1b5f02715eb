"""`close: 4009`: the platform closes the WebSocket with a code of its own."""

from __future__ import annotations

from fake_qq_server.rules.verbs.arguments import integer, text
from fake_qq_server.rules.verbs.registry import Args, Class, Effect, PushTarget, Verb, register


def act(args: Args, target: PushTarget) -> Effect:
    """A close frame, with no payload at all where no code is given, then FIN once it is answered."""
    return target.close(args.main, args.more.get("reason", ""))


register(
    Verb(
        name="close",
        places=("any",),
        kind=Class.PUSH,
        story="The platform closes the WebSocket with this code (any two bytes), or without one.",
        seen_as="A close frame with that code and reason, then EOF.",
        act=act,
        # 0 to 65535: whatever the two bytes can hold. The link has an encoder for what no library sends.
        main=integer(
            "close", 0, 65535, example=4009, means="the close code (without one the frame is empty)"
        ),
        more={"reason": text("reason", default="", means="the reason in the close frame")},
    )
)
