"""`newsession`: a Resume is answered with a new session, which the platform keeps from then on.

The old session is over and what waited in it is lost, as if the bot had identified. The intents and the shard
are those of the bot's last Identify.
"""

from __future__ import annotations

from fake_qq_server.platform.replies import FrameAsk, FrameReply
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register


def act(args: Args, ask: FrameAsk) -> FrameReply | None:
    """READY of the new session. A Resume with a bad token is turned down all the same, and nothing acts."""
    del args
    return ask.renew()


register(
    Verb(
        name="newsession",
        places=("ws.in.resume",),
        kind=Class.ANSWER,
        story="A Resume is answered with a new session, which the platform keeps; the old one is over.",
        seen_as="READY with a new session id, and no RESUMED; the old id is refused with op 9 from then on.",
        act=act,
    )
)
