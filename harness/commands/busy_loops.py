"""Busy loops in processes of their own, to show that a run is the same on a loaded machine. Parent only."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LOOP = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    pass\n"
"""Ends by itself when its parent has ended, however that happened: a killed parent stops nothing."""


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """Keep `count` processes busy meanwhile; they have ended when this returns."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            started.append(subprocess.Popen([sys.executable, "-S", "-c", LOOP], stdin=subprocess.DEVNULL))
        yield
    finally:
        for one in started:
            one.kill()
        for one in started:
            one.wait()
