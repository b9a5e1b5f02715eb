"""`toxic: {type: latency, stream: downstream, attributes: {latency: 200}}`: one of Toxiproxy's, on its proxy.

The mapping is what Toxiproxy's API takes. What each type means is in `toxics/`. With `every: 10s, for: 5s` it
comes and goes within the rule's window.
"""

from __future__ import annotations

from typing import Any

from fake_qq_server.rules.conditions import OnProxy
from fake_qq_server.rules.verbs.arguments import checked, duration
from fake_qq_server.rules.verbs.registry import Args, ArgumentError, Class, Verb, register
from fake_qq_server.toxics.definition import KEYS, KINDS, Definition, ToxicError, parse
from fake_qq_server.toxics.proxy_link import OTHER

SCHEMA = {
    "type": "object",
    "required": ["type"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "type": {"enum": list(KINDS)},
        "stream": {"enum": list(OTHER)},
        "toxicity": {"type": "number", "minimum": 0, "maximum": 1},
        "attributes": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
    },
}
assert list(SCHEMA["properties"]) == list(KEYS)  # type: ignore[call-overload]


def act(args: Args) -> OnProxy:
    """The condition of that toxic."""
    return OnProxy(args.main)


def definition(value: Any) -> Definition:
    """The toxic that is written."""
    try:
        return parse(value)
    except ToxicError as error:
        place = ".".join(error.key)
        raise ArgumentError(f"toxic: {place}: {error}" if place else str(error)) from None


def check(args: Args) -> None:
    """Both or none, and it must go before it comes again."""
    every, stays = args.more.get("every"), args.more.get("for")
    if (every is None) != (stays is None):
        raise ArgumentError("every and for belong together: on again every 10s, for 5s")
    if every is not None and stays is not None and stays >= every:
        raise ArgumentError("for is shorter than every, else it would never go")


register(
    Verb(
        name="toxic",
        places=("link",),
        kind=Class.CONDITION,
        story="Toxiproxy stands before this host, with this toxic on it.",
        seen_as="What a client of Toxiproxy sees; no RST and no half-close passes.",
        act=act,
        more={
            "every": duration(
                "every", least_us=2000, means="within the rule's window it comes on again so often"
            ),
            "for": duration("for", least_us=1000, means="and stays for so long each time"),
        },
        check=check,
        main=checked(
            "toxic",
            definition,
            SCHEMA,
            means="what Toxiproxy's API takes: type, stream, toxicity, attributes",
        ),
    )
)
