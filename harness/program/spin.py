"""Whether a program spins: in real time, its main thread never rests. That thread has its event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from harness.journal.process_kinds import ProcSpin

LOOKS_S = (0.25, 4.75)
"""Real seconds of one look and of the next. The first tells those that rest, which are nearly all; what an
event loop has to do at once, it has done within both."""

SHARE = 0.9
"""What part of the time a thread is busy that never rests; the rest is for what the kernel does not count."""


async def spin(busy: Callable[[], float | None]) -> ProcSpin | None:
    """What there is to record, None where it rests or ends. `busy`: seconds for which the main thread has run
    or waited for a core, None where there is none. The loop's time has to be real."""
    before, began = busy(), time.monotonic()
    for look in LOOKS_S:
        await asyncio.sleep(look)
        now, real = busy(), time.monotonic() - began
        if before is None or now is None or now - before < SHARE * real:
            return None
    assert before is not None and now is not None
    return ProcSpin(round(now - before, 2), round(real, 2))
