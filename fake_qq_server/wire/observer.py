"""What somebody may see of the traffic besides the events: whole requests with their answers, whole frames.

The events are what a journal may hold: digests and beginnings. Who tests a bot of their own wants to read
what it wrote, too.
"""

from __future__ import annotations

from typing import Literal

from fake_qq_server.platform.api import Request
from fake_qq_server.platform.replies import HttpReply
from fake_qq_server.platform.rest import Asked


class Observer:
    """Told of everything, in the turn in which it happens; by default it takes no notice."""

    def answered(
        self, record: int, conn: int, request: Request, asked: Asked, reply: HttpReply, accepted: bool | None
    ) -> None:
        """A request was answered. `record` is the number of its http.request, `accepted` whether the platform
        itself did what was asked; None where a rule answered and it never came to decide."""

    def frame(
        self, record: int, conn: int, bot: int | None, direction: Literal["in", "out"], text: str
    ) -> None:
        """A text frame was received or written. `record` is the number of its ws.in or ws.out."""


NOBODY_WATCHES = Observer()
