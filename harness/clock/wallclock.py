"""Wall time in step with virtual time: freezegun, set absolutely at each jump.

* Started once, before the subject is imported. Never `freeze_time(real_asyncio=True)`: it patches the loop
  class's `time`.
* freezegun's stack inspection is switched off: its ignore list holds `threading`, so a shallow function in
  a thread would read real time and a deep one frozen time.
* Set absolutely: repeated `tick(float)` drifts (20,000 ticks: -11.6 µs).
* The frozen date lies before any real one: were it later, a subject would find its fresh files (their
  mtimes are real) to be old, and delete them.
"""

from __future__ import annotations

import datetime
from typing import Any

import freezegun
import freezegun.api

from .baton import Baton

EPOCH = datetime.datetime(2025, 1, 1)
"""The date at virtual time 0 (UTC)."""


def install(baton: Baton) -> None:
    """Freeze the wall clock at `EPOCH` and move it with the baton."""
    freezegun.api.call_stack_inspection_limit = 0
    freezegun.configure(default_ignore_list=["no.such.module"])
    factory: Any = freezegun.freeze_time(EPOCH).start()

    class Counted(type(factory)):  # type: ignore[misc]
        """Counts readings, to see a loop that does nothing but read the clock."""

        def __call__(self) -> datetime.datetime:
            baton.count_reading()
            now: datetime.datetime = self.time_to_freeze
            return now

    factory.__class__ = Counted

    def follow(now_us: int) -> None:
        factory.time_to_freeze = EPOCH + datetime.timedelta(microseconds=now_us)

    baton.after_jump.insert(0, follow)
