"""What the bot sent through the API, each send with its answer, paired from three records. Pure.

A request (`http.request`), what it sends (`http.send`) and its answer (`http.answer`) carry one number.
Journals older than `http.send` are read leniently: a request that names a message is its reply, unless its
answer says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fake_qq_server.events import HttpAnswer, HttpRequest, HttpSend
from harness.journal.record import Record
from harness.judging.facts import Mark


@dataclass(frozen=True)
class Answer:
    """What was handed to the link; the fields are those of `HttpAnswer`."""

    at: Mark
    status: int | None
    verb: str | None
    code: int | None
    accepted: bool | None
    message: str | None = None

    @property
    def says_success(self) -> bool:
        """A 2xx without an error code, as the platform itself gave it: the client can know."""
        return (
            self.status is not None and 200 <= self.status < 300 and self.code is None and self.verb is None
        )


@dataclass(frozen=True)
class Send:
    """One request by which something is sent. `at` is the request.

    `names`: the msg_id that it answers. `sent`: what it sends, null in a journal that does not say. `conn`:
    the connection to the API. `answer`: null where none was given before E.
    """

    at: Mark
    names: str | None = None
    sent: HttpSend | None = None
    conn: int | None = None
    answer: Answer | None = None

    @property
    def is_content(self) -> bool:
        """Something that a reader sees as a message: no typing notice, no upload for a later one."""
        return self.sent.what == "message" if self.sent is not None else self.names is not None

    @property
    def taken(self) -> bool:
        """The platform did what was asked, whatever became of its answer.

        An error code in the answer is the platform's own word that it did not, whatever the HTTP status.
        """
        if self.sent is None:
            return self.answer is None or _fine(self.answer.status)
        return self.answer is not None and self.answer.accepted is True and self.answer.code is None

    @property
    def proof(self) -> Mark:
        """The record that shows what became of it: its answer, else the request."""
        return self.answer.at if self.answer is not None else self.at


def _fine(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def sends_of(body: Iterable[Record]) -> tuple[Send, ...]:
    """Every send, in the order of the requests."""
    found: list[Send] = []
    places: dict[int, int] = {}  # request -> its place in `found`
    for record in body:
        event = record.event
        kind = type(event)
        if kind is HttpRequest or kind is HttpSend or kind is HttpAnswer:
            _take(found, places, record, event)
    return tuple(found)


def _take(found: list[Send], places: dict[int, int], record: Record, event: object) -> None:
    number, at = record.about.req, Mark(record.t, record.n)
    place = places.get(number) if number is not None else None
    known = found[place] if place is not None else None
    if isinstance(event, HttpRequest) and event.endpoint == "api" and event.reply_to is not None:
        known, place = Send(at, event.reply_to, conn=record.about.conn), None
    elif isinstance(event, HttpSend):
        known = replace(known or Send(at, conn=record.about.conn), names=event.msg_id, sent=event)
    elif isinstance(event, HttpAnswer) and known is not None and known.answer is None:
        answer = Answer(at, event.status, event.verb, event.code, event.accepted, event.message)
        known = replace(known, answer=answer)
    else:
        return
    if place is not None:
        found[place] = known
        return
    if number is not None:
        places[number] = len(found)
    found.append(known)
