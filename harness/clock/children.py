"""Waiting for a child process is real, time-out included, and takes no virtual time.

A child runs in real time. `Popen.wait` with a time-out sleeps and looks, again and again: were those sleeps
virtual, the time-out would be over before the child had started. Not covered: `asyncio` subprocesses.
"""

from __future__ import annotations

import subprocess
from typing import Any

from freezegun.api import real_monotonic

from harness.clock.baton import Baton


def install(baton: Baton) -> None:
    """Put the hooks in, after those of the wall clock."""
    popen: Any = subprocess.Popen
    for name in ("wait", "communicate", "_wait"):
        setattr(popen, name, _really(baton, getattr(popen, name)))
    subprocess._time = real_monotonic  # type: ignore[attr-defined]


def _really(baton: Baton, real: Any) -> Any:
    def call(*args: Any, **named: Any) -> Any:
        with baton.real_waiting():
            return real(*args, **named)

    return call
