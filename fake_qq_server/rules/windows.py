"""When rules are open: the window of each, and the healing that ends them all. Pure."""

from __future__ import annotations

from fake_qq_server.rules.mark_times import MarkTimes
from fake_qq_server.rules.moments import Moment
from fake_qq_server.rules.rule import Rule


class Windows:
    """Of all rules of one engine. `heal` is the moment that ends them, if any; `healed_at` (µs): it came."""

    def __init__(self, marks: MarkTimes, heal: Moment | None) -> None:
        self._marks = marks
        self._heal = heal
        self.healed_at: int | None = None

    def heal_due(self) -> int | None:
        """When everything heals, or did (µs); None while that is not known."""
        if self.healed_at is not None:
            return self.healed_at
        return self._marks.when(self._heal) if self._heal is not None else None

    def of(self, rule: Rule) -> tuple[int | None, int | None]:
        """[start, end) as far as it is known: a start of None has not come, an end of None is open."""
        ends = [
            end
            for end in (self.heal_due(), self._marks.when(rule.until) if rule.until else None)
            if end is not None
        ]
        return self._marks.when(rule.start), min(ends, default=None)

    def open(self, rule: Rule, now: int) -> bool:
        """Whether `now` lies in the rule's window."""
        start, end = self.of(rule)
        return start is not None and start <= now and (end is None or now < end)
