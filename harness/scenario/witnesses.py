"""Which things can really come out of the client's own calls: point, what, and the witness.

A `seam` rule injects inside the client. Where a row here matches what it injects, something on a wire brings
about the same, and `witness` says what. Where none does, the scenario is hypothetical and must say so. "Not
in this table" means "not found yet", never "impossible"; a new row needs a wire rule or a source to cite.

aiohttp's `receive()` has no row for exceptions: it turns every fault of the peer into a message, and raises
only when it is called twice at once or runs into a time-out that the adapter does not set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fake_qq_server.rules.language import Rule, When


@dataclass(frozen=True)
class Point:
    """`point` is the call; `kind` what comes out of it ("raise" or "message"); `what` the exception's type
    or the message's."""

    point: str
    kind: str
    what: str
    witness: str


SEAM_POINTS = (
    Point("receive", "message", "text", "every frame the platform sends"),
    Point(
        "receive", "message", "close", "a close frame, with any code of {close: CODE} that RFC 6455 allows"
    ),
    Point("receive", "message", "closed", "{fin}: aiohttp reports the end of the stream so"),
    Point(
        "receive", "message", "error", "a close code that RFC 6455 forbids: aiohttp reports a protocol error"
    ),
    Point("open", "raise", "aiohttp.ClientConnectorError", "{refuse} on the ws host"),
    Point("open", "raise", "aiohttp.WSServerHandshakeError", "{upgrade: 403}"),
    Point("open", "raise", "asyncio.TimeoutError", "{noanswer} at ws.connect: aiohttp's total of 300 s"),
    Point("open", "raise", "TimeoutError", "the same since Python 3.11"),
    Point("token", "raise", "httpx.ConnectError", "{refuse} on the token host"),
    Point("token", "raise", "httpx.ReadTimeout", "{noanswer} at http.token"),
    Point("token", "raise", "httpx.RemoteProtocolError", "{cut: 1} at http.token"),
    Point("gateway", "raise", "httpx.ConnectError", "{refuse} on the api host"),
    Point("gateway", "raise", "httpx.ReadTimeout", "{noanswer} at http.gateway"),
    Point("gateway", "raise", "httpx.RemoteProtocolError", "{cut: 1} at http.gateway"),
)

_KNOWN: Mapping[tuple[str, str, str], Point] = {(row.point, row.kind, row.what): row for row in SEAM_POINTS}


def unwitnessed(rule: Rule) -> str | None:
    """What this rule injects without a witness ("OSError out of receive"), or None."""
    if not isinstance(rule.trigger, When) or not rule.trigger.event.startswith("seam."):
        return None
    point = rule.trigger.event.removeprefix("seam.")
    for do in rule.do:
        if do.verb == "raise":
            what = str(do.args.main).partition(":")[0]
        elif do.verb == "message":
            what = str(do.args.main["type"])
        else:
            continue
        if (point, do.verb, what) not in _KNOWN:
            return f"{what} out of {point}"
    return None
