"""`cut: 10`: the answer breaks off in the middle of its body."""

from __future__ import annotations

from dataclasses import replace

from fake_qq_server.platform.replies import HttpAsk, HttpReply
from fake_qq_server.rules.verbs.arguments import integer
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register


def act(args: Args, ask: HttpAsk) -> HttpReply:
    """The head promises the whole body; so many bytes of it come, then FIN."""
    return replace(ask.default(), delivery="cut", cut_after=args.main)


register(
    Verb(
        name="cut",
        places=("http",),
        kind=Class.ANSWER,
        story="The answer ends after so many bytes of its body.",
        seen_as="An incomplete read: fewer bytes than Content-Length promised, then EOF.",
        act=act,
        main=integer(
            "cut", 0, 1_000_000, example=10, required=True, means="how many bytes of the body are still sent"
        ),
    )
)
