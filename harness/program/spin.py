"""Whether a program spins: in real time, its main thread, which has its event loop, hardly ever rests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from harness.journal.process_kinds import ProcSpin

LOOKS = ((0.25, 0.5), (4.75, 0.8))
"""Real seconds of one look and of the next, and for what part of each a thread that spins runs at least: not
for all of it, for other threads take the GIL from it, most of all when time has just become real. The first
look tells those that rest, which are nearly all; what an event loop has to do at once, it has done within
both."""


async def spin(cpu_s: Callable[[], float | None]) -> ProcSpin | None:
    """What there is to record, None where it rests or ends. `cpu_s`: seconds for which the main thread has
    run, None where there is none. The loop's time has to be real.

    What waits for a core does not run: on a busy machine a spin may not be found, and none is made up.
    """
    found = None
    for look, share in LOOKS:
        before, began = cpu_s(), time.monotonic()
        await asyncio.sleep(look)
        now, real = cpu_s(), time.monotonic() - began
        if before is None or now is None or now - before < share * real:
            return None
        found = ProcSpin(round(now - before, 2), round(real, 2))
    return found
