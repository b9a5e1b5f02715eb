"""The candidate fixes by name: what upstream's pull requests propose for a used-up reconnect budget, and a
reference fix of our own.

At each of the adapter's three exits (`self._mark_disconnected()`, then `return`, in the listener's loop) a
fix adds a flag and a way to tell the gateway. The flag comes first: from then on `_mark_disconnected` leaves
the published status alone, so "fatal" stays. Pure data, read by the worker too: standard library only.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass

CODE = "qq_reconnect_exhausted"
"""The fatal error code that every named fix sets; it is the one that #14565 proposes."""

SITES = 3
"""How many exits the adapter has, as measured in every wheel; another number means another adapter."""


@dataclass(frozen=True)
class NamedFix:
    """One candidate repair. `before` and `after` are statements laid around `self._mark_disconnected()`."""

    name: str
    does: str
    upstream: tuple[int, ...]
    """Pull requests of NousResearch/hermes-agent that propose it; none for our own."""
    before: str
    after: str
    repairs: tuple[str, ...] = ()
    """Other defects of the adapter that it repairs where they are there: keys of `repairs.REPAIRS`."""

    def statements(self) -> tuple[list[ast.stmt], list[ast.stmt]]:
        """Fresh syntax trees of `before` and `after`, for one site."""
        return ast.parse(self.before).body, ast.parse(self.after).body

    @property
    def sha256(self) -> str:
        """Changes when what the fix does changes, not when its description does."""
        parts = (self.before, self.after, *self.repairs)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _flag(retryable: bool) -> str:
    return f"self._set_fatal_error({CODE!r}, 'QQ reconnect attempts used up', retryable={retryable})"


_AWAITED = "await self._notify_fatal_error()"
DETACHED = "self._qqchaos_notifying = asyncio.create_task(self._notify_fatal_error())"
"""Tell the gateway by a task of its own. The attribute keeps it alive: a loop holds tasks only weakly."""

FIXES: dict[str, NamedFix] = {
    fix.name: fix
    for fix in (
        NamedFix(
            "flag-only",
            "sets the fatal flag at the exits, notifies nobody",
            (19414, 99156),
            _flag(retryable=True),
            "",
        ),
        NamedFix(
            "inline-final",
            "flag with retryable=False, handler awaited inside the listener",
            (14565,),
            _flag(retryable=False),
            _AWAITED,
        ),
        NamedFix(
            "inline-retryable",
            "flag with retryable=True, handler awaited inside the listener",
            (17814, 25537, 29007, 29268, 15510),
            _flag(retryable=True),
            _AWAITED,
        ),
        NamedFix(
            "detached",
            "flag with retryable=True, handler run by a task of its own",
            (72673, 97857),
            _flag(retryable=True),
            DETACHED,
        ),
        NamedFix(
            "reference",
            "as detached, also where the platform closes for good; and repairs what keeps a bot from giving "
            "up or coming back: a closed socket that reads as silent, a connect() without is_reconnect",
            (),
            _flag(retryable=True),
            DETACHED,
            ("closed-socket", "is-reconnect", "fatal-close"),
        ),
    )
}
