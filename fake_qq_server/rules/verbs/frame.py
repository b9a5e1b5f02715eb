"""`frame: '{"op":7,"d":null}'`: one more text frame on the open connection, exactly as written.

With `size: 5MiB` it is as large as that: blanks behind it, which JSON allows.
"""

from __future__ import annotations

from fake_qq_server.rules.verbs.arguments import as_json, json_or_text, size
from fake_qq_server.rules.verbs.registry import Args, Class, Effect, PushTarget, Verb, register


def act(args: Args, target: PushTarget) -> Effect:
    """The text goes out whole, in one frame."""
    text = args.main if isinstance(args.main, str) else as_json(args.main, "frame")
    missing = args.more.get("size", 0) - len(text.encode())
    return target.frame(text + " " * missing)


register(
    Verb(
        name="frame",
        places=("any",),
        kind=Class.PUSH,
        story="The platform sends this text frame.",
        seen_as="One text message with exactly that content.",
        act=act,
        main=json_or_text(
            "frame",
            example="{op: 7, d: null}",
            means="the text as it is sent, or a mapping that becomes JSON",
        ),
        more={"size": size("size", means="how large the frame becomes, by blanks behind the text")},
    )
)
