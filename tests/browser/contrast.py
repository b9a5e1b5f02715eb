"""How well the letters of an element differ from what is behind them."""

from __future__ import annotations

from typing import Any

COLOURS = """element => {
  const behind = one => {
    const colour = getComputedStyle(one).backgroundColor;
    return colour === "rgba(0, 0, 0, 0)" && one.parentElement ? behind(one.parentElement) : colour;
  };
  return [getComputedStyle(element).color, behind(element)];
}"""


def contrast(element: Any) -> float:
    """The contrast ratio of WCAG 2, 1 to 21, of a locator's element."""
    bright, dark = sorted((_luminance(colour) for colour in element.evaluate(COLOURS)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [float(part) / 255 for part in colour.partition("(")[2].rstrip(")").split(",")[:3]]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
