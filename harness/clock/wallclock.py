"""Wall time in step with virtual time: freezegun, with every reading computed from the baton.

* Started once, before the subject is imported. Never `freeze_time(real_asyncio=True)`: it patches the loop
  class's `time`.
* freezegun's stack inspection is replaced: its ignore list holds `threading`, so a shallow function in
  a thread would read real time and a deep one frozen time.
* freezegun exchanges the real functions that modules hold; what the harness holds, it means to hold.
* A reading is computed, not ticked: repeated `tick(float)` drifts (20,000 ticks: -11.6 µs).
* `monotonic` and `perf_counter` equal `loop.time()`, as `monotonic` does under a real asyncio. freezegun's
  own stand at 1.7e9 s, where a float is good for a quarter of a microsecond.
* The frozen date lies before any real one: were it later, a subject would find its fresh files (their
  mtimes are real) to be old, and delete them.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import Any

import freezegun
import freezegun.api

from harness.clock.baton import Baton

EPOCH = datetime.datetime(2025, 1, 1)
"""The date at virtual time 0 (UTC)."""

_EPOCH_US = int(EPOCH.replace(tzinfo=datetime.timezone.utc).timestamp()) * 1_000_000  # noqa: UP017


def install(baton: Baton) -> None:
    """Hook the wall clock: real until the clock begins, from then on `EPOCH` plus the baton's time."""
    api: Any = freezegun.api
    api._should_use_real_time = lambda: not baton.begun
    for name in ("time", "monotonic", "perf_counter"):
        offset = _EPOCH_US if name == "time" else 0
        setattr(api, f"fake_{name}", _seconds(baton, name, offset))
        setattr(api, f"fake_{name}_ns", _nanoseconds(baton, f"{name}_ns", offset))

    real_now = datetime.datetime.now

    def frozen() -> datetime.datetime:
        baton.count_reading()
        return EPOCH + datetime.timedelta(microseconds=baton.now_us)

    class Computed(api.FrozenDateTimeFactory):  # type: ignore[misc]
        """What freezegun asks for the time."""

        def __call__(self) -> datetime.datetime:
            return frozen()

    api.FakeDatetime._time_to_freeze = staticmethod(lambda: frozen() if baton.begun else None)
    api.FakeDate._date_to_freeze = staticmethod(lambda: frozen() if baton.begun else real_now())
    freezegun.configure(default_ignore_list=["harness."])
    factory: Any = freezegun.freeze_time(EPOCH).start()
    factory.__class__ = Computed


def _seconds(baton: Baton, name: str, offset_us: int) -> Callable[[], float]:
    real: Callable[[], float] = getattr(time, name)

    def read() -> float:
        if not baton.begun:
            return real()
        baton.count_reading()
        return (baton.now_us + offset_us) / 1e6

    read.__name__ = f"fake_{name}"  # freezegun tells its fakes by name
    return read


def _nanoseconds(baton: Baton, name: str, offset_us: int) -> Callable[[], int]:
    real: Callable[[], int] = getattr(time, name)

    def read() -> int:
        if not baton.begun:
            return real()
        baton.count_reading()
        return (baton.now_us + offset_us) * 1000

    read.__name__ = f"fake_{name}"
    return read
