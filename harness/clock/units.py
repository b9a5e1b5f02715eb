"""Seconds as a program gives them, in the clock's whole microseconds."""

from __future__ import annotations

import math

FLOAT_TOLERANCE_US = 1e-3
"""What a float may be off: 4.0000000001 s are four seconds."""


def microseconds(seconds: float) -> int:
    """Rounded up, except for what a float may be off."""
    exact = seconds * 1e6
    return math.ceil(exact - FLOAT_TOLERANCE_US - abs(exact) * 4e-16)


def microseconds_from_now(timeout: float) -> int:
    """At least 1 for a wait that is not 0: who waits again for what is left must see time move."""
    return max(1, microseconds(timeout)) if timeout > 0 else 0
