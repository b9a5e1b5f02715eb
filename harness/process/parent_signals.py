"""Signal handlers for a while: of the parent, and only in its main thread."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def handled(number: signal.Signals, handler: Any) -> Iterator[None]:
    """Another handler for a while; nothing outside the main thread, where that cannot be."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, signal.SIG_DFL if before is None else before)  # None: not set from Python


def ignored(number: signal.Signals) -> contextlib.AbstractContextManager[None]:
    """The signal does nothing for a while; a child started meanwhile inherits that."""
    return handled(number, signal.SIG_IGN)


def terminable() -> contextlib.AbstractContextManager[None]:
    """SIGTERM is a Ctrl-C: it unwinds, so that nothing is left."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    return handled(signal.SIGTERM, interrupt)


@contextlib.contextmanager
def unhurried() -> Iterator[None]:
    """Bounded cleaning up, which a second Ctrl-C is not to cut short."""
    with ignored(signal.SIGINT), ignored(signal.SIGTERM):
        yield
