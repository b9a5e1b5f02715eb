"""What the rules do unprompted within one instant: the bound on it, and whose it was. Pure.

Rules that set each other off let no time pass, and a client that takes in what they send at one instant may
look as if its own loop were spinning. So it is counted here, by rule, and is never the client's doing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from fake_qq_server.rules.decisions import Act, Push

UNPROMPTED_IN_AN_INSTANT = 250
"""Most pushes of all rules within one microsecond of virtual time. A client writes up to six records about
each thing that it receives, and 2,000 records within one instant count as a spin of the client's."""

NAMED = 3
"""Most rules that are named."""

_READ_AND_READ_ON = ("text", "binary", "ping", "pong")
"""Messages after which every client reads the next one at once."""


class Unprompted:
    """Counts what rules send by themselves, by rule, within the instant that was asked about last."""

    def __init__(self) -> None:
        self._instant = -1
        self._sent: Counter[str] = Counter()
        self._held: Counter[str] = Counter()

    def sends(self, act: Act, now_us: int) -> bool:
        """Counts an act where it sends the client something; whether this is within the bound."""
        self._turn_to(now_us)
        if not _sends(act):
            return True
        self._sent[act.rule.key] += 1
        return self._sent.total() <= UNPROMPTED_IN_AN_INSTANT

    def holds(self, key: str, now_us: int) -> None:
        """Counts an act of a condition."""
        self._turn_to(now_us)
        self._held[key] += 1

    def within(self, now_us: int) -> Mapping[str, int]:
        """How often each rule acted unprompted in this instant, by its key."""
        self._turn_to(now_us)
        return self._sent + self._held

    def _turn_to(self, now_us: int) -> None:
        if now_us != self._instant:
            self._instant = now_us
            self._sent.clear()
            self._held.clear()


def busiest(acts: Mapping[str, int]) -> tuple[str, ...]:
    """The keys of the rules that acted most often; without those that acted beside them now and then."""
    ranked = Counter(acts).most_common()
    most = ranked[0][1] if ranked else 0
    return tuple(key for key, count in ranked if count * 4 >= most)[:NAMED]


def _sends(act: Act) -> bool:
    if isinstance(act, Push):
        return act.do.row.acts_on == "connection"
    if act.do.verb == "duplicate":
        return True
    return act.do.verb == "message" and act.do.args.main["type"] in _READ_AND_READ_ON
