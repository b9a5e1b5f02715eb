"""The frames that the platform writes on one connection, texts and closes, as the rules let them out.

A rule may answer a frame that is due: withhold it, change it, write it twice, or hold it back. It is asked
once, when the frame is due. What is held goes out later, unless the connection is over then.

Of a close frame the rest is true at once, whatever becomes of it: the platform is done with the connection.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from fake_qq_server.events import Envelope, Event
from fake_qq_server.platform.exchange import Out
from fake_qq_server.platform.replies import OutAsk, OutReply
from fake_qq_server.rules.ruling import Ruling
from fake_qq_server.rules.verbs.registry import Effect
from fake_qq_server.stage import Stage
from fake_qq_server.wire import frames
from fake_qq_server.wire.decider import Decider


class Line(Protocol):
    """What the frames need of their connection."""

    @property
    def bot(self) -> int | None:
        """The number of the bot that it belongs to, if known."""

    @property
    def writable(self) -> bool:
        """Whether it is open, and no close was written on it."""

    def put(self, out: Out, cause: int | None, rule: str | None) -> int:
        """Write a frame now and record it, as brought about by `cause` and `rule`; returns its number."""

    def changed(self, out: Out, text: str) -> Out:
        """The same frame with another text."""

    def withheld(self, out: Out, cause: int | None, rule: str | None) -> int:
        """Record that a frame is never written; returns the record's number."""

    def tell(self, events: tuple[Event, ...], cause: int | None, rule: str | None) -> None:
        """Record what is true though nothing was written."""


@dataclass(eq=False)
class DueFrame:
    """A frame that is due. `cause` is the number of the record that brought it about; `rule` answered for it,
    or else wrote it."""

    out: Out
    cause: int | None
    rule: str | None

    @property
    def size(self) -> int:
        """Its bytes: of a text frame without its head, of a close frame with it."""
        if self.out.close is not None:
            return len(frames.close_frame(*self.out.close))
        return len((self.out.text or "").encode())


class DueFrames:
    """Writes those of one connection, number `conn`."""

    def __init__(self, stage: Stage, conn: int, decider: Decider, line: Line) -> None:
        self._stage = stage
        self._conn = conn
        self._decider = decider
        self._line = line
        self._held: list[DueFrame] = []
        self._behind_next: list[DueFrame] = []

    def write(self, out: Out, cause: int | None, rule: str | None) -> Effect:
        """Write a frame that is due, as the rules have it; `rule` is the one that pushed it, if one did."""
        due = DueFrame(out, cause, rule)
        about = Envelope(self._conn, None, self._line.bot, rule=rule or out.rule)
        ruling = self._decider.ask(f"ws.out.{out.wrote.op}", about, None, s=out.wrote.s)
        reply: OutReply | None = ruling.reply(OutAsk(out.wrote.op, out.text or "", out.close))
        if reply is None:
            ruling.finish(None, cause=self._put(due))
        else:
            self._obey(ruling, reply, self._without_the_rest(replace(due, rule=ruling.rule)))
        return Effect(due.size, 1)

    def ended(self) -> None:
        """The connection is over: what is held now never goes out."""
        for due in (*self._held, *self._behind_next):
            self._withhold(due)
        self._held, self._behind_next = [], []

    def _obey(self, ruling: Ruling, reply: OutReply, due: DueFrame) -> None:
        if not reply.texts and reply.close is None:
            ruling.finish(Effect(due.size, 1), cause=self._withhold(due))
        elif reply.delay_us:
            self._held.append(due)
            self._stage.later(reply.delay_us, partial(self._release, due))
            ruling.finish(Effect(due.size, 1, reply.delay_us), cause=due.cause)
        elif reply.behind_next and not self._behind_next:
            self._behind_next.append(due)
            ruling.finish(Effect(due.size, 1), cause=due.cause)
        elif reply.behind_next:  # the other one of the two that change places
            ruling.finish(None, cause=self._put(due))
        else:
            effect, n = self._replace(due, reply)
            ruling.finish(effect, cause=n)

    def _without_the_rest(self, due: DueFrame) -> DueFrame:
        """A close frame tells of more than its writing, such as a lost session: that has happened."""
        if due.out.close is None or len(due.out.events) == 1:
            return due
        wrote = due.out.wrote
        self._line.tell(tuple(one for one in due.out.events if one is not wrote), due.cause, due.rule)
        return replace(due, out=replace(due.out, events=(wrote,)))

    def _replace(self, due: DueFrame, reply: OutReply) -> tuple[Effect, int]:
        """Write this in its place; returns how much was changed or added, and the first one's record."""
        outs = [self._line.changed(due.out, text) for text in reply.texts]
        if reply.close is not None:
            wrote = replace(due.out.wrote, code=reply.close[0], reason=reply.close[1])
            outs.append(replace(due.out, close=reply.close, events=(wrote,)))
        written = [replace(due, out=out) for out in outs]
        if not any(_is_still(due.out, one.out) for one in written):
            self._withhold(due)
        return Effect(sum(one.size for one in written), len(written)), self._put(*written)

    def _release(self, due: DueFrame) -> None:
        if due not in self._held or self._stage.stopped:
            return
        self._held.remove(due)
        if self._line.writable:
            self._put(due)
        else:
            self._withhold(due)

    def _put(self, *due: DueFrame) -> int:
        """Write frames, and behind them what waited for the next; returns the first one's record."""
        waiting: list[DueFrame] = []
        if all(one.out.close is None for one in due):  # nothing follows a close
            waiting, self._behind_next = self._behind_next, []
        numbers = [self._line.put(one.out, one.cause, one.rule) for one in (*due, *waiting)]
        return numbers[0]

    def _withhold(self, due: DueFrame) -> int:
        return self._line.withheld(due.out, due.cause, due.rule)


def _is_still(before: Out, now: Out) -> bool:
    """Whether it is the same frame, and the same message, however changed."""
    known = before.message.id if before.message else None
    return now.wrote.op == before.wrote.op and known == (now.message.id if now.message else None)
