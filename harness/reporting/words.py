"""Verdicts and virtual times as people read them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

VERDICTS: Mapping[str, str] = {"pass": "PASS", "fail": "FAIL", "unknown": "UNKNOWN"}
STATES: Mapping[str, str] = {"pass": "pass", "fail": "FAIL", "unknown": "unknown", "n/a": "n/a"}
"""Of a check."""


NOT_RUN = "NOT RUN"
"""Where a verdict stands, of a run that there is nothing to judge of."""


def totals_text(verdicts: Iterable[str]) -> str:
    """How many of each: `2 FAIL, 1 NOT RUN, 5 PASS`."""
    words = list(verdicts)
    return ", ".join(
        f"{words.count(word)} {word}" for word in ("FAIL", "UNKNOWN", NOT_RUN, "PASS") if word in words
    )


def clock_text(seconds: float) -> str:
    """Virtual time as hours, minutes and seconds: 1:37:58."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def moment_text(t_us: int) -> str:
    """A moment of virtual time: 1:37:58.240."""
    ms = t_us // 1000
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
