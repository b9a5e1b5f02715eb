"""The pieces of a bot's replies: which attempts were the same piece, and what the bot could know. Pure.

A reply is everything that goes to one place for one message or event. Some bots name the message in the first
piece only: a piece that names none and soon follows belongs to the message that was last named to that place.
What answers nobody (a greeting, a reminder) is sent *unasked*; the same again is another try of it only if it
comes soon.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.judging.intervals import SECOND
from harness.judging.sends import Send
from harness.judging.trouble import Trouble

SOON_US = 60 * SECOND
"""Less than this lies between two tries of one send: a client waits for an answer for 30 s or so. What is
said every minute is said on purpose."""


@dataclass(frozen=True)
class Piece:
    """The attempts, at least one, to send one content for one message, in order."""

    attempts: tuple[Send, ...]

    @property
    def taken(self) -> tuple[Send, ...]:
        """Those that the platform took."""
        return tuple(one for one in self.attempts if one.taken)

    @property
    def seq(self) -> int | None:
        """The msg_seq with which it was taken first, where it was and had one."""
        return self.taken[0].sent.msg_seq if self.taken and self.taken[0].sent is not None else None

    @property
    def length(self) -> int:
        """The characters of its text."""
        return self.attempts[0].sent.length if self.attempts[0].sent is not None else 0


@dataclass(frozen=True)
class Reply:
    """What was sent to one place for one message. `message` is its msg_id, or the id of the event that it
    answers, null for what was sent unasked; `pieces` are in the order in which they were first tried."""

    message: str | None
    pieces: tuple[Piece, ...]

    @property
    def words(self) -> str:
        """What it is, for people."""
        return "message that answers nobody" if self.message is None else f"reply to message {self.message}"


def replies_of(sends: Iterable[Send]) -> tuple[Reply, ...]:
    """Every reply, in the order in which they began; what was sent unasked to one place is one of them."""
    last: dict[
        tuple[str, str], tuple[str, int]
    ] = {}  # place -> the message named there, when it last went on
    found: dict[tuple[str, str, str | None], list[list[Send]]] = {}
    for one in sends:
        if one.sent is None or not one.is_content or one.sent.content is None:
            continue
        place = (one.sent.scene, one.sent.target)
        message = one.names or one.sent.event_id
        if message is None and place in last and one.at.t - last[place][1] < SOON_US:
            message = last[place][0]
        if message is not None:
            last[place] = (message, one.at.t)
        _add(found.setdefault((*place, message), []), one, message is None)
    return tuple(
        Reply(message, tuple(Piece(tuple(attempts)) for attempts in mine))
        for (_, _, message), mine in found.items()
    )


def _add(pieces: list[list[Send]], one: Send, unasked: bool) -> None:
    """To the piece of its content; unasked, only where the last try of that was a moment ago."""
    for tries in reversed(pieces):
        if _content(tries[-1]) == _content(one):
            if unasked and one.at.t - tries[-1].at.t >= SOON_US:
                break
            tries.append(one)
            return
    pieces.append([one])


def _content(one: Send) -> str | None:
    return one.sent.content if one.sent is not None else None


def bot_knows(one: Send, then: Send, trouble: Trouble) -> bool:
    """Whether the bot could know, when it sent `then`, that the platform had taken `one`."""
    if one.answer is None or not one.taken or not one.answer.says_success:
        return False
    return not trouble.hides_answer(one.conn, one.at.t, then.at.t)


def copies(piece: Piece, trouble: Trouble) -> tuple[tuple[Send, Send], ...]:
    """Of one piece: each send that was taken although the platform had taken it before, and the bot did not
    know. (what was taken first, the copy).

    What is sent again after a success that the bot could see is another message, on purpose: a new first one.
    """
    found: list[tuple[Send, Send]] = []
    first: Send | None = None
    last: Send | None = None
    for one in piece.attempts:
        if last is not None and bot_knows(last, one, trouble):
            first = None
        if one.taken:
            if first is not None:
                found.append((first, one))
            first = first or one
        last = one
    return tuple(found)


def habit(replies: Iterable[Reply], trouble: Trouble) -> int | None:
    """How often at most the bot says the same thing where it can see that each was taken; null where nothing
    undisturbed shows that."""
    pieces = (piece for reply in replies for piece in reply.pieces)
    return max((len(one.attempts) for one in pieces if _undisturbed(one, trouble)), default=None)


def _undisturbed(piece: Piece, trouble: Trouble) -> bool:
    *before, last = piece.attempts
    pairs = zip(before, piece.attempts[1:], strict=True)
    return bot_knows(last, last, trouble) and all(bot_knows(one, then, trouble) for one, then in pairs)


LONG_PIECE = 1000
"""Characters of a text that, with another one after it, is taken for a piece of one long reply."""

COUNTED_UPTO = 100
"""The greatest msg_seq of a bot that counts. Others draw random numbers, which say nothing of the order."""


def out_of_order(reply: Reply) -> tuple[int, ...]:
    """Two pieces that were taken in the wrong order, where that can be seen: the records that show it.

    By the bot's own numbers, where it counts (1, 2, 3 ...). Else where it went on to the next piece before a
    long one had got through, and that one came later.
    """
    taken = [piece for piece in reply.pieces if piece.taken]
    wrong = _swapped if _counts([piece.seq for piece in taken]) else _overtaken
    for place, one in enumerate(taken):
        for other in taken[place + 1 :]:
            if wrong(one, other):
                return tuple(sorted((one.taken[0].proof.n, other.taken[0].proof.n)))
    return ()


def _counts(numbers: Sequence[int | None]) -> bool:
    """Consecutive small numbers, each once."""
    known = sorted(number for number in numbers if number is not None)
    return (
        bool(known) and known[-1] <= COUNTED_UPTO and known == list(range(known[0], known[0] + len(numbers)))
    )


def _swapped(one: Piece, other: Piece) -> bool:
    """The lower number was taken later."""
    first, then = sorted((one, other), key=lambda piece: piece.seq or 0)
    return then.taken[0].proof < first.taken[0].proof


def _overtaken(one: Piece, other: Piece) -> bool:
    """`one` is long and had been turned down when `other` was first tried; `other` was taken before it."""
    answer = one.attempts[0].answer
    if one.length < LONG_PIECE or answer is None or other.attempts[0].at < answer.at:
        return False
    return other.taken[0].proof < one.taken[0].proof
