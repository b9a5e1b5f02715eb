"""Garbage collection, randomness and the number of cores: what else would make two equal runs differ.

* The FIN of an abandoned socket came at 60, 120, 300, 1020 s or never, depending on unrelated garbage: so
  collection happens at fixed virtual times only, and what is there at the start is left out of it.
* `uuid4`, `secrets`, `tempfile` and an unseeded `random.Random` all come from the operating system: they
  draw from one seeded source instead. Nothing here is secret.
* Thread pools are sized by the number of cores.

The hash seed cannot be set from within: `PYTHONHASHSEED` belongs into the worker's environment. OpenSSL's
randomness stays what it is; it does not reach a journal.
"""

from __future__ import annotations

import gc
import os
import random
import uuid
from typing import Any

from harness.clock.baton import Baton

COLLECT_EVERY_US = 600_000_000
"""Virtual time between two collections."""

CORES = 4
"""How many cores the subject sees."""

NODE = 0x02_00_00_00_00_01
"""The hardware address `uuid1` sees: a locally administered one."""


def make_deterministic(baton: Baton, seed: int) -> None:
    """Seed all randomness, collect garbage at fixed virtual times, and fix the number of cores.

    Call once, after `begin` and the imports, before the subject is built."""
    _seed(seed)
    _count_cores()
    _collect_in_step(baton)


def _seed(seed: int) -> None:
    source = random.Random(f"qqchaos {seed}")
    real_seed = random.Random.seed

    def urandom(size: int, /) -> bytes:
        return source.randbytes(size)

    def from_source(self: random.Random, a: Any = None, version: int = 2) -> None:
        real_seed(self, source.getrandbits(256) if a is None else a, version)

    modules: Any = (os, random, uuid)
    modules[0].urandom = modules[1]._urandom = urandom
    if hasattr(os, "getrandom"):
        modules[0].getrandom = lambda size, flags=0: source.randbytes(size)
    random.Random.seed = from_source  # type: ignore[method-assign]
    random.seed = modules[1]._inst.seed
    random.seed(f"qqchaos {seed} random")
    modules[2]._node = NODE


def _count_cores() -> None:
    system: Any = os
    system.cpu_count = lambda: CORES
    if hasattr(os, "process_cpu_count"):
        system.process_cpu_count = lambda: CORES


def _collect_in_step(baton: Baton) -> None:
    next_us = baton.now_us + COLLECT_EVERY_US

    def collect_when_due(now_us: int) -> None:
        nonlocal next_us
        if now_us >= next_us:
            next_us += ((now_us - next_us) // COLLECT_EVERY_US + 1) * COLLECT_EVERY_US
            baton.pending_calls.append(gc.collect)  # not here: a finaliser may wait for a lock

    gc.collect()
    gc.freeze()
    gc.disable()
    baton.after_jump.append(collect_when_due)
