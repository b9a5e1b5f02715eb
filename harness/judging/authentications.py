"""What is known of each Identify and Resume: what it could know, what it owed, what came of it. Pure data.

`sessions.follow` derives it. Whether a bot was *free to identify* has two readings, for QQ's pages disagree:
the check `resumes` takes what all of them say, `once` holds nothing against a bot that follows any of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fake_qq_server.events import WsAuth
from harness.judging.facts import Mark
from harness.judging.session_frames import Frame


@dataclass(frozen=True)
class Reason:
    """Something that allows a bot to identify, or forces it to, on the connection `conn`: an op 9, a close, a
    Resume that came to nothing or did not hold for three heartbeats, an adapter that stopped or began again.

    `firm`: so say all of QQ's pages, as far as they say anything. `own`: it came of a Resume that the bot
    spoilt itself.
    """

    at: Mark
    conn: int | None
    firm: bool = True
    own: bool = False


@dataclass(frozen=True)
class Authentication:
    """One Identify or Resume. A Resume comes to nothing without RESUMED, or where its connection then ends
    within a second; not where it ends because the bot was too fast.

    `owed`: the session that it had to resume, null where it was free to identify; `lost` is when the
    connection of that session was over. `failed`: the Resumes of the session before it that came to nothing,
    in a row: of the one it resumes, or, for an Identify, of its bot's newest. `least` and `most`: the frames
    between which its seq must lie; null where that is open. `answered`: when READY or RESUMED was written.
    `outcome`: `new`, `resumed`, the reason for which the platform turned it down, null where it did neither.
    `reasons`: what allowed it to identify, since the first READY of its bot's newest session.
    """

    at: Mark
    conn: int | None
    said: WsAuth
    owed: int | None = None
    lost: Mark | None = None
    failed: tuple[Mark, ...] = ()
    least: Frame | None = None
    most: Frame | None = None
    answered: Mark | None = None
    outcome: str | None = None
    reasons: tuple[Reason, ...] = ()


def unanswered(found: Iterable[Authentication]) -> Authentication | None:
    """The last one, where it is a Resume to which nothing has come."""
    last = next(iter(reversed(tuple(found))), None)
    return last if last is not None and last.said.op == "resume" and last.answered is None else None
