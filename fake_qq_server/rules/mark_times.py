"""When marks occurred, as far as some moment asks for it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from fake_qq_server.rules.moments import Moment


class MarkTimes:
    """Remembers as many occurrences of each mark as `moments` ask for, and no more; times in microseconds."""

    def __init__(self, moments: Iterable[Moment]) -> None:
        self._times: dict[str, list[int]] = {}
        self._kept: dict[str | None, int] = {}
        for moment in moments:
            self._kept[moment.mark] = max(self._kept.get(moment.mark, 0), moment.nth)

    def note(self, mark: str, now: int) -> bool:
        """The mark occurred; whether this occurrence is one that some moment asks for."""
        times = self._times.setdefault(mark, [])
        if len(times) >= self._kept.get(mark, 0):
            return False
        times.append(now)
        return True

    def when(self, moment: Moment | None) -> int | None:
        """The time of a moment, None while neither its mark nor its latest time is known; no moment is the
        start."""
        if moment is None:
            return 0
        if moment.mark is None:
            return moment.offset_us
        times = self._times.get(moment.mark, [])
        if len(times) < moment.nth:
            return moment.latest_us
        at = times[moment.nth - 1] + moment.offset_us
        return at if moment.latest_us is None else min(at, moment.latest_us)
