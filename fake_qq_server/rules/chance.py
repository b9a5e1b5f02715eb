"""The draws of chance: each depends on its arguments alone. Pure."""

from __future__ import annotations

import hashlib


def draw(seed: int, key: str, *occurrence: object) -> float:
    """A number in [0, 1) that depends on its arguments alone: deleting a rule shifts no other draw."""
    text = "\x1f".join([str(seed), key, *map(str, occurrence)])
    return (int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 11) / 2**53
