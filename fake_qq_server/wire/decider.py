"""What HTTP and WebSocket connections need of the rules. The director implements it."""

from __future__ import annotations

from typing import Protocol

from fake_qq_server.events import Envelope
from fake_qq_server.rules.ruling import Ruling


class Decider(Protocol):
    """Decides on events and is told of marks."""

    def ask(
        self, event: str, about: Envelope, cause: int | None, *, path: str | None = None, s: int | None = None
    ) -> Ruling:
        """What the rules say to an event, such as "http.api", before the default answer is made.

        `about.rule` is the rule that brought the event about, if one did: that rule never matches it.
        `cause` is the number of its record, None where that is yet to be written: what the rules then do
        besides waits for `Ruling.finish`, which is called in the same turn. `path` is a request's,
        `s` a frame's sequence number.
        """

    def mark(self, name: str, bot: int | None) -> None:
        """READY or RESUMED was written, or a session's connection ended: "ready", "resumed", "lost"."""
