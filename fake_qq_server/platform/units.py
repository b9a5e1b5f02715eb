"""Durations, sizes and rates as people write them, and as they are counted: in microseconds and bytes."""

from __future__ import annotations

import re

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

LONGEST = 366 * DAY
"""No duration is longer: a typing error, not a plan."""

_UNITS = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND, "ms": 1000}
_DURATION = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,6}))?(ms|s|m|h|d)")
_BYTES = {"B": 1, "KB": 1000, "MB": 1_000_000}
_BINARY = {"KiB": 1 << 10, "MiB": 1 << 20}
_SIZE = re.compile(r"([0-9]{1,9})(KiB|MiB)")
LARGEST = 32 << 20
"""No size is larger: each is sent within one moment, and kept for a replay."""

_RATE = re.compile(r"([0-9]{1,9})(B|KB|MB)/s")


class UnitError(ValueError):
    """A duration or rate that cannot be read. The text says what would be right."""


def parse_duration(value: object) -> int:
    """`250ms`, `41.25s`, `20m`, `3h`, `2d` in microseconds. Raises UnitError."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise UnitError(f"{_short(value)} has no unit: write a duration such as 250ms, 41s, 20m, 3h or 2d")
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise UnitError(f"{_short(value)} is not a duration: write one such as 250ms, 41s, 20m, 3h or 2d")
    whole, fraction, unit = match.groups()
    scaled: int = int(whole + (fraction or "")) * _UNITS[unit]
    scale: int = 10 ** len(fraction or "")
    if scaled % scale:
        raise UnitError(f"{_short(value)} is finer than a microsecond")
    if scaled // scale > LONGEST:
        raise UnitError(f"{_short(value)} is longer than the longest duration, {format_duration(LONGEST)}")
    return scaled // scale


def format_duration(us: int) -> str:
    """The shortest way to write it that `parse_duration` reads back exactly."""
    for unit, size in _UNITS.items():
        if us >= size and us % size == 0:
            return f"{us // size}{unit}"
    if us == 0:
        return "0s"
    return f"{us / 1000:.3f}".rstrip("0").rstrip(".") + "ms"


def parse_rate(value: object) -> int:
    """`3KB/s` in bytes a second (1 KB = 1,000 bytes, as Toxiproxy counts). Raises UnitError."""
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0:
        raise UnitError(f"{_short(value)} is not a rate: write one such as 500B/s, 3KB/s or 1MB/s")
    return int(match[1]) * _BYTES[match[2]]


def parse_size(value: object) -> int:
    """`4KiB`, `5MiB`, or a number of bytes (1 KiB = 1,024 bytes). Raises UnitError."""
    if isinstance(value, int) and not isinstance(value, bool):
        size = value
    else:
        match = _SIZE.fullmatch(value) if isinstance(value, str) else None
        size = int(match[1]) * _BINARY[match[2]] if match else 0
    if not 0 < size <= LARGEST:
        most = f"up to {LARGEST // _BINARY['MiB']}MiB"
        raise UnitError(f"{_short(value)} is not a size: write 4KiB, 5MiB or a number of bytes, {most}")
    return size


def _short(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # an integer too long for Python to print
        return "a number of thousands of digits"
    return text if len(text) <= 60 else text[:57] + "..."
