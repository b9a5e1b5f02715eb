"""What a served platform remembers: its newest records, requests and frames, for who asks or waits."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping, Reversible
from dataclasses import asdict
from itertools import takewhile
from typing import Any, Literal, TypeVar

from fake_qq_server.client import shapes
from fake_qq_server.events import NOBODY, NOTHING, Envelope, Event, Sink
from fake_qq_server.platform import rest
from fake_qq_server.platform.api import Request
from fake_qq_server.platform.replies import HttpReply
from fake_qq_server.wire.observer import Observer

KEPT = 10_000
"""Of each kind; the oldest is forgotten first."""

KEPT_CHARACTERS = 64_000
"""Of each body and frame."""


class History(Observer):
    """A sink and an observer. Each record goes on to `record`, which numbers it (None: it is numbered here),
    and is shown to `show`. `now_us` gives the time; it is set once there is a clock."""

    def __init__(self, show: Callable[[shapes.Record], None], record: Sink | None = None) -> None:
        self._show = show
        self._record = record
        self.now_us: Callable[[], int] = lambda: 0
        self.last = 0
        self.records: deque[shapes.Record] = deque(maxlen=KEPT)
        self.requests: deque[shapes.Request] = deque(maxlen=KEPT)
        self.sends: deque[shapes.Send] = deque(maxlen=KEPT)
        self.frames: deque[shapes.Frame] = deque(maxlen=KEPT)
        self._waiting: set[asyncio.Future[None]] = set()

    def clear(self) -> None:
        """Forget all of it; numbers go on."""
        for rows in (self.records, self.requests, self.sends, self.frames):
            rows.clear()

    def __call__(
        self, src: str, event: Event, about: Envelope = NOBODY, x: Mapping[str, Any] = NOTHING
    ) -> int:
        n = self.last + 1 if self._record is None else self._record(src, event, about, x)
        self.last = n
        row = shapes.Record(
            n=n,
            t=self.now_us(),
            src=src,
            k=event.KIND,
            conn=about.conn,
            req=about.req,
            bot=about.bot,
            cause=about.cause,
            rule=about.rule,
            d=asdict(event),
        )
        self.records.append(row)
        self._show(row)
        waiting, self._waiting = self._waiting, set()
        for one in waiting:
            if not one.done():
                one.set_result(None)
        return n

    async def changed(self) -> None:
        """Returns once there is another record."""
        one: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(one)
        try:
            await one
        finally:
            self._waiting.discard(one)

    # -- as an observer

    def answered(
        self,
        record: int,
        conn: int,
        request: Request,
        asked: rest.Asked,
        reply: HttpReply,
        accepted: bool | None,
    ) -> None:
        """Keep a request with its answer, and what it sends."""
        status = None if reply.delivery == "none" else reply.status
        body, answer = _readable(request.body), _readable(rest.encode(reply))
        row = shapes.Request(
            n=record,
            t=request.now,
            conn=conn,
            bot=asked.bot,
            host=request.host,
            endpoint=asked.endpoint,
            method=request.method,
            path=request.path,
            headers=dict(request.headers),
            body=body,
            status=status,
            answer=answer,
            accepted=accepted,
        )
        self.requests.append(row)
        send = asked.send
        if send is None:
            return
        self.sends.append(
            shapes.Send(
                n=record,
                t=request.now,
                bot=asked.bot,
                scene=send.scene,
                target=send.target,
                what=send.what,
                msg_type=send.msg_type,
                msg_id=send.msg_id,
                msg_seq=send.msg_seq,
                event_id=send.event_id,
                text=_text(request.fields()),
                body=body,
                status=status,
                answer=answer,
                accepted=accepted,
            )
        )

    def frame(
        self, record: int, conn: int, bot: int | None, direction: Literal["in", "out"], text: str
    ) -> None:
        """Keep a frame."""
        row = shapes.Frame(
            n=record, t=self.now_us(), conn=conn, bot=bot, direction=direction, text=text[:KEPT_CHARACTERS]
        )
        self.frames.append(row)


Row = TypeVar("Row", shapes.Record, shapes.Request, shapes.Send, shapes.Frame)


def since(rows: Reversible[Row], after: int) -> list[Row]:
    """Those with a greater number. They are in order, and mostly the newest few are asked for."""
    newest_first = takewhile(lambda row: row["n"] > after, reversed(rows))
    return list(newest_first)[::-1]


def _readable(body: bytes) -> Any:
    text = body[:KEPT_CHARACTERS].decode("utf-8", "replace")
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text


def _text(said: Mapping[str, Any] | None) -> str | None:
    """The words of a message: its content, else that of its markdown."""
    markdown = (said or {}).get("markdown")
    values = ((said or {}).get("content"), markdown.get("content") if isinstance(markdown, Mapping) else None)
    return next((value for value in values if isinstance(value, str) and value), None)
