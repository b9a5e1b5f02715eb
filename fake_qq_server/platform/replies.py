"""What a place answers: the defaults it would send, and what an answer verb replaces them with. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class HttpAsk:
    """One HTTP request (an upgrade request is one too). `headers` have lower-case names."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    endpoint: Literal["token", "gateway", "api", "ws"]
    default: Callable[[], HttpReply]


@dataclass(frozen=True)
class HttpReply:
    """`payload` is sent as JSON (a mapping or list), as it stands (a string, bytes) or not at all (null).

    `delivery`: "whole"; "none" never answers and keeps the connection open; "cut" sends `cut_after` bytes
    of the body and then FIN; "drip" sends the body one byte every `drip_us` microseconds.
    `status` 101 accepts an upgrade.
    """

    status: int
    payload: Mapping[str, Any] | Sequence[Any] | str | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Literal["whole", "none", "cut", "drip"] = "whole"
    cut_after: int = 0
    drip_us: int = 0


@dataclass(frozen=True)
class FrameAsk:
    """A frame the platform received; `default` makes the frames it would answer with. `renew`: those of a new
    session in answer to a Resume, null where the platform cannot give one."""

    op: str
    default: Callable[[], FrameReply]
    renew: Callable[[], FrameReply | None] = lambda: None


@dataclass(frozen=True)
class FrameReply:
    """Texts to send, in order; then a close frame where `close` is set as (code, reason)."""

    texts: tuple[str, ...] = ()
    close: tuple[int | None, str] | None = None


@dataclass(frozen=True)
class OutAsk:
    """A frame that the platform is about to write. `op` is its name, as in the journal; `close` is a close
    frame's code and reason, null for a text frame."""

    op: str
    text: str
    close: tuple[int | None, str] | None = None

    @property
    def unchanged(self) -> OutReply:
        """The frame as it is."""
        return OutReply((self.text,)) if self.close is None else OutReply(close=self.close)


@dataclass(frozen=True)
class OutReply:
    """What is written in a frame's place: `texts`, in order, or in that of a close frame `close`; neither of
    them where it is withheld.

    `delay_us` microseconds later, and nothing waits for it; `behind_next`: behind the next frame of its
    connection.
    """

    texts: tuple[str, ...] = ()
    close: tuple[int | None, str] | None = None
    delay_us: int = 0
    behind_next: bool = False


@dataclass(frozen=True)
class SeamReply:
    """What the client's own call shall meet instead of the real thing (injected inside the client).

    Either `raises` ("OSError: [Errno 5]": a type name and its text) or `message` (a received WebSocket
    message: {"type": "close", "code": 4008, "reason": ""}); `hold_us` passes first.
    """

    raises: str | None = None
    message: Mapping[str, Any] | None = None
    hold_us: int = 0
