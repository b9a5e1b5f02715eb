"""Signal handlers that hold while a `with` block runs. In the parent; they change nothing in other threads
than the main one, where Python cannot set handlers."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def handler(number: signal.Signals, new: Any) -> Iterator[None]:
    """`new` handles the signal within the block; afterwards the handler is what it was."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, new)
    try:
        yield
    finally:
        signal.signal(number, signal.SIG_DFL if before is None else before)  # None: not set from Python


def ignored(number: signal.Signals) -> contextlib.AbstractContextManager[None]:
    """The signal does nothing within the block; a child started there inherits that."""
    return handler(number, signal.SIG_IGN)


def sigterm_as_ctrl_c() -> contextlib.AbstractContextManager[None]:
    """SIGTERM raises KeyboardInterrupt within the block, so that everything is cleaned up."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    return handler(signal.SIGTERM, interrupt)


@contextlib.contextmanager
def interrupts_ignored() -> Iterator[None]:
    """SIGINT and SIGTERM do nothing within the block. For clean-up of bounded length by what was interrupted
    already, which a second Ctrl-C must not cut short."""
    with ignored(signal.SIGINT), ignored(signal.SIGTERM):
        yield


@contextlib.contextmanager
def interrupts_put_off() -> Iterator[None]:
    """A SIGINT or SIGTERM that comes within the block is delivered behind it, unless the block raises. For
    clean-up of bounded length in the midst of things: what goes on after it has to hear of the signal."""
    came: list[int] = []

    def note(number: int, frame: object) -> None:
        came.append(number)

    with handler(signal.SIGINT, note), handler(signal.SIGTERM, note):
        yield
    if came:
        signal.raise_signal(came[0])
