"""Pictures of runs as lines of ASCII, for a terminal. Pure.

    close       |  !                                       |
    attempts    |  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx        |
    it says     | ==~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~|
                 0:00:00                            1:47:55

Of what falls into one column, the worst is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from harness.judging.intervals import SECOND
from harness.reporting.marks import BAD, DIM, FAULT, GOOD, NOTE, WARN, Lane, Moment, Picture
from harness.reporting.scale import Scale, scale_of
from harness.reporting.words import clock_text

SIGNS: Mapping[str, str] = {DIM: ".", NOTE: "+", GOOD: "=", WARN: "~", BAD: "x", FAULT: "!"}
"""By what a colour says, the worse the later."""
LEGEND = "  ".join(
    (
        f"{SIGNS[GOOD]} well",
        f"{SIGNS[WARN]} waiting, or cut off",
        f"{SIGNS[BAD]} failed",
        f"{SIGNS[FAULT]} injected",
        f"{SIGNS[NOTE]} an event",
        f"{SIGNS[DIM]} open",
    )
)

LEAST = 24
"""The columns of a lane, at least, however narrow the terminal is."""
_RANK = {sign: rank for rank, sign in enumerate((" ", *SIGNS.values()))}


def text_picture(picture: Picture, columns: int) -> list[str]:
    """The lanes, each a line of at most `columns` letters; below them the moments of the whole run, and the
    time, which is wide where something new happens."""
    gutter = max((len(lane.title) for lane in picture.lanes), default=0)
    width = max(columns - gutter - 3, LEAST)
    scale = _Columns(scale_of(picture.happenings(), picture.end, width), width)
    lines = [f"{lane.title:{gutter}} |{_lane(lane, scale)}|" for lane in picture.lanes]
    below = (_moments(picture.moments, scale), _axis(picture.end, scale))
    return [*lines, *(f"{'':{gutter}}  {line}".rstrip() for line in below if line.strip())]


@dataclass(frozen=True)
class _Columns:
    """The scale in whole columns, from 0 to `width` - 1."""

    scale: Scale
    width: int

    def at(self, t: int) -> int:
        return min(int(self.scale.at(t)), self.width - 1)


def _lane(lane: Lane, scale: _Columns) -> str:
    cells = [" "] * scale.width
    for start, end, colour in _stretches(lane):
        for at in range(scale.at(start), scale.at(end) + 1):
            cells[at] = max(cells[at], SIGNS[colour], key=_RANK.__getitem__)
    return "".join(cells)


def _stretches(lane: Lane) -> Iterator[tuple[int, int, str]]:
    for band in lane.bands:
        yield band.start, band.end, band.colour
    for tick in lane.ticks:
        yield tick.t, tick.t, tick.colour


def _moments(moments: Iterable[Moment], scale: _Columns) -> str:
    """A caret below each, with what happened then to its right or left, as far as there is room."""
    marks = sorted({scale.at(one.t): one.text for one in moments}.items())
    line = ""
    for (at, text), (following, _) in pairwise([*marks, (scale.width, "")]):
        if at + len(text) + 3 <= following:
            line = f"{line:{at}}^ {text}"
        elif at - len(text) - 1 > len(line):
            line = f"{line:{at - len(text) - 1}}{text} ^"
        else:
            line = f"{line:{at}}^"
    return line


def _axis(end: int, scale: _Columns) -> str:
    """The time at both ends and, where there is room, about a third and two thirds along the line."""
    last = clock_text(end / SECOND)
    room = scale.width - len(last)
    line = ""
    for t in _at_thirds(end, scale):
        at, text = scale.at(t), clock_text(t / SECOND)
        if (not line or at > len(line) + 1) and at + len(text) + 2 <= room:
            line = f"{line:{at}}{text}"
    return f"{line:{room}}{last}"


def _at_thirds(end: int, scale: _Columns) -> Iterator[int]:
    """The start, and the knots of the scale next to a third and two thirds of its width."""
    yield 0
    for part in (1, 2):
        near = min(scale.scale.times, key=lambda t: abs(scale.scale.at(t) - scale.width * part / 3))
        if 0 < near < end:
            yield near
