"""`raise: "OSError: [Errno 5]"`: the client's own call raises (injected inside the client)."""

from __future__ import annotations

import builtins
import re
from typing import Any

from fake_qq_server.platform.replies import SeamReply
from fake_qq_server.rules.verbs.arguments import checked, duration
from fake_qq_server.rules.verbs.registry import Args, ArgumentError, Class, Verb, register

MODULES = ("aiohttp", "asyncio", "httpx", "json", "ssl")
"""Where a dotted name may come from; whether the class exists there, the seam finds out in the worker."""

_WRITTEN = re.compile(r"([A-Za-z_][A-Za-z0-9_.]{0,99})(?:: (.{0,500}))?")


def act(args: Args, ask: object) -> SeamReply:
    """The exception, after `hold`."""
    del ask
    return SeamReply(raises=args.main, hold_us=args.more.get("hold", 0))


def parse(value: Any) -> str:
    """`Type` or `Type: text`; a plain type is a built-in exception, others name their module."""
    match = _WRITTEN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ArgumentError('raise is a type and a text, such as "OSError: [Errno 5]"')
    name = match[1]
    module, dot, _ = name.partition(".")
    if dot:
        if module not in MODULES:
            raise ArgumentError(f"raise knows exceptions of {', '.join(MODULES)}, not of {module}")
        return str(value)
    known = getattr(builtins, name, None)
    if not (isinstance(known, type) and issubclass(known, Exception)):
        raise ArgumentError(f"raise: {name} is no built-in exception; others need their module (aiohttp.X)")
    return str(value)


register(
    Verb(
        name="raise",
        places=("seam",),
        kind=Class.ANSWER,
        story="The client's call raises this, inside the client.",
        seen_as="That exception, out of its own token, gateway, open, receive or send call.",
        act=act,
        main=checked(
            "raise",
            parse,
            {"type": "string", "pattern": r"^[A-Za-z_][A-Za-z0-9_.]*(: .*)?$"},
            means='"Type: text", or with its module "aiohttp.Type: text"',
        ),
        more={"hold": duration("hold", means="how long the call waits before that")},
    )
)
