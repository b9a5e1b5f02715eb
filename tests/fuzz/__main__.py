"""Fuzz a served platform: `python -m tests.fuzz [--inputs 100000] [--seed 1]`.

Exits with 1 where the platform fell, wrote anything on stderr, kept a connection that its client had ended,
or did not serve a plain client afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.fuzz.driving import Fell, Fuzz, served_platform
from tests.fuzz.inputs import Known
from tests.fuzz.plain import Plain


async def fuzzed(at: dict[str, Any], count: int, seed: int, show: Callable[[str], None] = print) -> Fuzz:
    """So many inputs; then a plain client gets READY and its heartbeat is answered, else `fell` is true."""
    authorization = await Plain(at).log_in()
    fuzz = Fuzz(at, Known(authorization, str(at["control_token"])), random.Random(seed), show)
    try:
        await fuzz.run(count)
        async with Plain(at) as plain:
            await plain.beat()
    except (Fell, OSError, httpx.HTTPError) as problem:
        fuzz.fell = repr(problem)
    return fuzz


def main() -> int:
    """Fuzz, and say what became of it."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("--inputs", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=1)
    args = options.parse_args()
    began = time.monotonic()
    with served_platform() as platform:
        fuzz = asyncio.run(fuzzed(platform.at, args.inputs, args.seed))
        status, said = platform.end()
    for name, count in fuzz.inputs.items():
        print(f"{name:18} {count:7,}, connections that stayed open: {fuzz.open[name]}")
    print(f"memory after each tenth, MiB: {', '.join(f'{kib / 1024:.0f}' for kib in fuzz.memory)}")
    print(
        f"took {time.monotonic() - began:.0f} s; exit status {status}; on stderr: {said[-3000:] or 'nothing'}"
    )
    if fuzz.fell:
        print(f"a plain client was not served: {fuzz.fell}")
    return int(bool(status or said or fuzz.fell or fuzz.open.total()))


if __name__ == "__main__":
    sys.exit(main())
