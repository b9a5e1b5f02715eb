"""What the client's own calls are known to raise or return, each with an event on the wire that shows it.

A `seam` rule injects inside the client. Where a row here matches what it injects, something on a wire brings
about the same, and `witness` says what. Where none does, the scenario is hypothetical and must say so. "Not
in this table" means "not found yet", never "impossible"; a new row needs a wire rule or a source to cite.

aiohttp's `receive()` has no row for exceptions: it turns every fault of the peer into a message, and raises
only when it is called twice at once or runs into a time-out that the adapter does not set.
"""

from __future__ import annotations

from dataclasses import dataclass

from fake_qq_server.rules.language_verbs import When
from fake_qq_server.rules.rule import Rule


@dataclass(frozen=True)
class Witnessed:
    """`point` is the call; `kind` what comes out of it ("raise" or "message"); `what` the exception's type
    or the message's."""

    point: str
    kind: str
    what: str
    witness: str


WITNESSED = (
    Witnessed("receive", "message", "text", "every frame the platform sends"),
    Witnessed(
        "receive", "message", "close", "a close frame, with any code of {close: CODE} that RFC 6455 allows"
    ),
    Witnessed("receive", "message", "closed", "{fin}: aiohttp reports the end of the stream so"),
    Witnessed(
        "receive", "message", "error", "a close code that RFC 6455 forbids: aiohttp reports a protocol error"
    ),
    Witnessed("open", "raise", "aiohttp.ClientConnectorError", "{refuse} on the ws host"),
    Witnessed("open", "raise", "aiohttp.WSServerHandshakeError", "{upgrade: 403}"),
    Witnessed("open", "raise", "asyncio.TimeoutError", "{noanswer} at ws.connect: aiohttp's total of 300 s"),
    Witnessed("open", "raise", "TimeoutError", "the same since Python 3.11"),
    Witnessed("token", "raise", "httpx.ConnectError", "{refuse} on the token host"),
    Witnessed("token", "raise", "httpx.ReadTimeout", "{noanswer} at http.token"),
    Witnessed("token", "raise", "httpx.RemoteProtocolError", "{cut: 1} at http.token"),
    Witnessed("gateway", "raise", "httpx.ConnectError", "{refuse} on the api host"),
    Witnessed("gateway", "raise", "httpx.ReadTimeout", "{noanswer} at http.gateway"),
    Witnessed("gateway", "raise", "httpx.RemoteProtocolError", "{cut: 1} at http.gateway"),
)

_FOUND = frozenset((row.point, row.kind, row.what) for row in WITNESSED)


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
        if (point, do.verb, what) not in _FOUND:
            return f"{what} out of {point}"
    return None
