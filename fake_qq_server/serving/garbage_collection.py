"""How often a process that serves looks for garbage."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

THRESHOLDS = (10_000, 10, 10)
"""The history is long, and its rows come and go: with Python's own thresholds one answer in a hundred waits
10 to 15 ms for a collection, with these 4 to 8 (`tests.benchmark.serving`). Higher ones gain little, and more
garbage waits (`tests.fuzz`)."""


@contextlib.contextmanager
def rare_collections() -> Iterator[None]:
    """Look for garbage rarely meanwhile: for a process that does nothing but serve."""
    before = gc.get_threshold()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
