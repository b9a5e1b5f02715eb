"""Lines on stdout that nobody waits for: the log of a platform whose clients go on, whoever reads it.

A pipe holds 64 KiB. A program that writes into one that nobody reads stands still, and with it would the
platform and every bot on it. So a thread of its own writes, and what it cannot write within bounds is counted
and left out.
"""

from __future__ import annotations

import io
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, TextIO

MOST_LINES = 20_000
"""How many lines may wait for a reader; what comes then is left out."""
LAST_WAIT_S = 2.0
"""How long the end of the program waits for a reader, real seconds."""


class Target(Protocol):
    """Where bytes go; a write may take only some of them, and says how many."""

    def write(self, data: bytes, /) -> int | None:
        """How many bytes were taken."""


class Printer:
    """Prints lines in their order, `most` of which may wait. `left_out` makes the line that stands for so
    many that were left out. `on_closed` is called once, in the printer's thread, when nobody can read on."""

    def __init__(
        self, left_out: Callable[[int], str], on_closed: Callable[[], None], most: int = MOST_LINES
    ) -> None:
        self._left_out = left_out
        self._on_closed = on_closed
        self._most = most
        self._lines: deque[str] = deque()
        self._missing = 0
        self._news = threading.Condition()
        self._over = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._target, self._encoded = _stdout()

    def __call__(self, line: str) -> None:
        """Print a line, now or later; never waits."""
        with self._news:
            if self._missing or len(self._lines) >= self._most:
                self._missing += 1
                return
            self._lines.append(line)
            self._news.notify()
            if self._thread.ident is None:
                self._thread.start()

    def close(self) -> None:
        """Print what waits, as far as somebody reads it within `LAST_WAIT_S`."""
        with self._news:
            self._over = True
            self._news.notify()
        if self._thread.ident is not None:
            self._thread.join(LAST_WAIT_S)

    def _run(self) -> None:
        try:
            while (lines := self._next()) is not None:
                _write(self._target, self._encoded("".join(f"{line}\n" for line in lines)))
        except (OSError, ValueError):
            self._on_closed()

    def _next(self) -> list[str] | None:
        """The lines that wait; None at the end."""
        with self._news:
            self._news.wait_for(lambda: self._lines or self._over)
            lines = list(self._lines)
            self._lines.clear()
            if self._missing:
                lines.append(self._left_out(self._missing))
                self._missing = 0
            return lines or None


def _stdout() -> tuple[Target, Callable[[str], bytes]]:
    """stdout without its buffers, and what makes bytes of text as it would.

    A thread that is stuck in a buffer holds its lock, and the interpreter's end waits for that. A path may
    hold bytes that are no text: escaped, a line of JSON is JSON still.
    """
    stream = sys.stdout
    if not isinstance(stream, io.TextIOWrapper):  # somebody's own, which takes text only
        return _Text(stream), lambda text: text.encode("utf-8", "backslashreplace")
    stream.flush()
    encoding = stream.encoding
    below: Any = getattr(stream.buffer, "raw", stream.buffer)
    return below, lambda text: text.encode(encoding, "backslashreplace")


class _Text:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, data: bytes, /) -> int:
        self._stream.write(data.decode("utf-8"))
        return len(data)


def _write(target: Target, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[target.write(bytes(left)) or 0 :]
