"""Pictures of runs as plain SVG, drawn as text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape

from harness.judging.intervals import SECOND
from harness.reporting.assets import asset
from harness.reporting.marks import WARN, Band, Lane, Moment, Picture, Tick
from harness.reporting.scale import Scale, scale_of
from harness.reporting.words import clock_text, moment_text

GUTTER = 108.0
"""The width of the lanes' titles, in the units of the picture."""
WIDTH = 880.0
"""The width of the lanes."""
ROW, BAR, TITLE, AXIS = 21.0, 13.0, 20.0, 30.0
LEAST = 1.4
"""Narrower bands are drawn this wide."""
CLOSE = 4.2
"""What is of one kind and lies closer together than this is drawn as one."""
LETTER = 6.2
"""The width of a letter, about."""


def as_svg(pictures: Sequence[Picture], differ: Moment | None = None, *, alone: bool = False) -> str:
    """Pictures below one another on one scale of time, so that they can be compared.

    `differ`: the moment of their first difference, marked through all. `alone`: the text of a file.
    """
    titled = len(pictures) > 1 or alone
    extra = (differ,) if differ else ()
    shown = [replace(one, moments=(*one.moments, *extra)) for one in pictures]
    happenings = [happening for one in shown for happening in one.happenings()]
    scale = scale_of(happenings, max(one.end for one in shown), WIDTH)
    parts: list[str] = []
    y = 0.0
    for one in shown:
        parts += _picture(one, scale, y, titled=titled)
        y += _height(one, titled=titled)
    told = "; ".join(f"{one.title}: {_summary(one)}" for one in pictures)
    space, style = ("", "")
    if alone:
        space = ' xmlns="http://www.w3.org/2000/svg"'
        style = f'<style>{asset("timeline.css")}</style><rect class="p" width="100%" height="100%"/>'
    return (
        f'<svg{space} class="tl" viewBox="0 0 {GUTTER + WIDTH + 8:g} {y:g}" role="img"'
        f' aria-label="{escape(told)}">{style}{"".join(parts)}</svg>'
    )


def _height(one: Picture, *, titled: bool) -> float:
    return AXIS + ROW * len(one.lanes) + (TITLE if titled else 0) + 18


def _summary(one: Picture) -> str:
    moments = [f"{moment.text} at {moment_text(moment.t)}" for moment in one.moments]
    return ", ".join([*moments, f"ends at {moment_text(one.end)}"])


def _picture(one: Picture, scale: Scale, top: float, *, titled: bool) -> Iterator[str]:
    if titled:
        yield f'<text class="h" x="4" y="{top + 15:g}">{escape(one.title)}</text>'
        top += TITLE
    names = top + 12
    top += 18
    bottom = top + ROW * len(one.lanes)
    axis = _axis(one, scale)
    yield f'<path class="l" d="{"".join(f"M{x:.1f} {top:g}V{bottom + 4:g}" for _, x in axis)}"/>'
    for t, x in axis:
        place = f'x="{x:.1f}" y="{bottom + 16:g}" text-anchor="middle"'
        yield f'<text class="s" {place}>{clock_text(t / SECOND)}</text>'
    for i, lane in enumerate(one.lanes):
        y = top + ROW * i
        yield f'<text class="s" x="4" y="{y + 15:g}">{escape(_cut(_title(lane), 18))}</text>'
        yield from _lane(lane, scale, y + (ROW - BAR) / 2)
    yield from _moments(one.moments, scale, names, top, bottom)


def _axis(one: Picture, scale: Scale) -> list[tuple[int, float]]:
    """Times that are written below, the important ones first, as far as there is room."""
    wanted = [0, *(moment.t for moment in one.moments), one.end]
    wanted += [band.start for lane in one.lanes for band in lane.bands if band.colour in ("fault", "good")]
    wanted += [t for t, _ in one.happenings()]
    placed: list[tuple[int, float]] = []
    for t in wanted:
        x = GUTTER + scale.at(t)
        if all(abs(x - other) > 58 for _, other in placed):
            placed.append((t, min(x, GUTTER + WIDTH - 14)))
    return placed


def _lane(lane: Lane, scale: Scale, y: float) -> Iterator[str]:
    for drawn in _folded_bands(lane.bands, scale):
        width = max(drawn.width, LEAST)
        place = f'x="{drawn.x:.1f}" y="{y:g}" width="{width:.1f}" height="{BAR:g}"'
        yield f'<rect class="{drawn.colour}" {place}><title>{escape(drawn.text)}</title></rect>'
        if drawn.label and width > len(drawn.label) * LETTER + 4:
            yield f'<text class="in" x="{drawn.x + 3:.1f}" y="{y + 10:g}">{escape(drawn.label)}</text>'
    for x, ticks in _folded_ticks(lane.ticks, scale):
        first = ticks[0]
        text = f"{moment_text(first.t)} {first.text} (record {first.n})"
        text += f", and {len(ticks) - 1} more until {moment_text(ticks[-1].t)}" if len(ticks) > 1 else ""
        yield (
            f'<path class="{first.colour}" d="M{x:.1f} {y - 1:g}v{BAR + 2:g}">'
            f"<title>{escape(text)}</title></path>"
        )


@dataclass(frozen=True)
class _Drawn:
    """A band on paper, or several of a kind that lie too close to be told apart; `last`: the last of them."""

    band: Band
    x: float
    width: float
    colour: str
    count: int = 1
    last: str = ""

    @property
    def label(self) -> str:
        """What stands in it, if there is room."""
        return f"… {self.count} {self.band.many} …" if self.count > 1 else self.band.label

    @property
    def text(self) -> str:
        """What it is, for whoever points at it."""
        first = f"{moment_text(self.band.start)} {self.band.text} (record {self.band.n})"
        return f"{self.count} {self.band.many}: {first} … {self.last}" if self.count > 1 else first

    def takes(self, band: Band, x: float, right: float) -> bool:
        """Whether the next band, from `x` to `right`, is of its kind, and both are narrow and close."""
        alike = bool(band.many) and band.many == self.band.many
        narrow = right - x < CLOSE and (self.count > 1 or self.width < CLOSE)
        return alike and narrow and x - self.x - self.width < CLOSE

    def and_then(self, band: Band, right: float) -> _Drawn:
        """With one more, up to `right`; where some went well and some did not, that is seen."""
        colour = self.colour if self.colour == band.colour else WARN
        last = f"{moment_text(band.start)} {band.text}"
        return replace(self, width=right - self.x, colour=colour, count=self.count + 1, last=last)


def _folded_bands(bands: Iterable[Band], scale: Scale) -> list[_Drawn]:
    """Neighbours of one kind that would be narrower than a line become one."""
    drawn: list[_Drawn] = []
    for band in bands:
        x, right = GUTTER + scale.at(band.start), GUTTER + scale.at(band.end)
        if drawn and drawn[-1].takes(band, x, right):
            drawn[-1] = drawn[-1].and_then(band, right)
        else:
            drawn.append(_Drawn(band, x, right - x, band.colour))
    return drawn


def _folded_ticks(ticks: Iterable[Tick], scale: Scale) -> list[tuple[float, list[Tick]]]:
    """Ticks of one kind that would lie on one another become one."""
    drawn: list[tuple[float, list[Tick]]] = []
    last: dict[str, int] = {}
    for tick in ticks:
        x = GUTTER + scale.at(tick.t)
        if tick.kind in last and x - drawn[last[tick.kind]][0] < CLOSE:
            drawn[last[tick.kind]][1].append(tick)
        else:
            last[tick.kind] = len(drawn)
            drawn.append((x, [tick]))
    return drawn


def _moments(
    moments: Iterable[Moment], scale: Scale, names: float, top: float, bottom: float
) -> Iterator[str]:
    """Lines through all lanes; those at one place have their names side by side."""
    places: list[tuple[float, list[Moment]]] = []
    for one in sorted(moments, key=lambda moment: moment.t):
        x = GUTTER + scale.at(one.t)
        if places and x - places[-1][0] < CLOSE:
            places[-1][1].append(one)
        else:
            places.append((x, [one]))
    free = 0.0
    for x, here in places:
        colour, name = here[0].colour, ", ".join(dict.fromkeys(one.text for one in here))
        yield f'<path class="m {colour}" d="M{x:.1f} {top - 4:g}V{bottom + 4:g}"/>'
        room = len(name) * LETTER
        left = min(max(x - room / 2, GUTTER), GUTTER + WIDTH - room)
        if left >= free:
            yield f'<text class="m {colour}" x="{left:.1f}" y="{names:g}">{escape(name)}</text>'
            free = left + room + 6


def _title(lane: Lane) -> str:
    return f"⚡ {lane.title}" if lane.fault else lane.title


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


__all__ = ["as_svg"]
