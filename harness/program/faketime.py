"""The program's clock: libfaketime, preloaded, reads the rate from a file that is replaced as a whole.

    @2026-11-26 10:00:00.250000 x400

From the moment at which a process reads that, it is this time, and time passes 400 times as fast. So the time
of a process goes on without a jump when the rate changes, and one that starts while the rate is 1 starts at
the right time. Facts of libfaketime 0.9.10, each tried:

* It reads the file whenever a clock is read (FAKETIME_NO_CACHE). A wait that has begun goes on at the rate
  with which it began, so a rate is raised in steps (`STEPS`): what is late then is late by little.
* It does not know `sem_clockwait`, by which Python waits for locks: a thread that waits with a time-out would
  wait for ever. `SHIM`, built by a C compiler, waits in slices of real time instead. (What it makes of
  `sem_timedwait` is no help: it multiplies by the rate.)
* Each first process leaves a shared memory and a semaphore in /dev/shm when it is killed.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.errors import HarnessError

LIBRARY = "QQCHAOS_LIBFAKETIME"
"""An environment variable that names the library where it is not where packages put it."""

PLACES = (
    "/usr/lib/*/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
    "/usr/local/lib/faketime/libfaketimeMT.so.1",
)

MISSING = (
    "the process level needs libfaketime to be faster than real time: apt-get install libfaketime "
    f"(dnf install libfaketime), or name its libfaketimeMT.so.1 in {LIBRARY}; --speed 1 does without it"
)

NO_COMPILER = (
    "none: in a program sped up at the process level, threads that wait with a time-out wait for ever"
)

STEPS = (10.0, 100.0)
"""On the way from real speed to a high rate."""

STEP_S = 0.55
"""Real seconds at each step: no wait of hermes' loop is longer than half a second of its own time."""

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#define SLICE_NS 2000000L
static int over(clockid_t clock, const struct timespec *until) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec > until->tv_sec || (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec);
}
int sem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *until) {
    static int (*wait)(sem_t *, clockid_t, const struct timespec *);
    if (!wait) wait = dlsym(RTLD_NEXT, "sem_clockwait");
    for (;;) {
        struct timespec slice;
        int last = over(clock, until);
        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &slice);
        slice.tv_nsec += last ? 0 : SLICE_NS;
        if (slice.tv_nsec >= 1000000000) { slice.tv_nsec -= 1000000000; slice.tv_sec++; }
        if (wait(sem, CLOCK_MONOTONIC, &slice) == 0) return 0;
        if (errno != ETIMEDOUT || last) return -1;
    }
}
"""


def find() -> Path | None:
    """The library, if this machine has it."""
    named = os.environ.get(LIBRARY)
    if named:
        return Path(named) if Path(named).is_file() else None
    return next((Path(found) for place in PLACES for found in sorted(glob.glob(place))), None)  # noqa: PTH207


def compiler() -> str | None:
    """What builds the shim, if this machine has one."""
    return shutil.which("cc") or shutil.which("gcc")


def build_shim(folder: Path) -> Path | None:
    """The shim, built in `folder`; None without a compiler. Raises HarnessError where that fails."""
    with_ = compiler()
    if with_ is None:
        return None
    built = folder / "sem_clockwait.so"
    command = [with_, "-shared", "-fPIC", "-O1", "-x", "c", "-", "-o", str(built), "-ldl"]
    done = subprocess.run(command, input=SHIM, capture_output=True, text=True)
    if done.returncode:
        raise HarnessError(f"{with_} could not build what Python waits by: {done.stderr.strip()[-200:]}")
    return built


class TimestampFile:
    """Tells the processes that read `path` what time it is, and how fast time passes."""

    def __init__(self, path: Path, epoch: datetime) -> None:
        self._path = path
        self._epoch = epoch

    def write(self, now_s: float, rate: float) -> None:
        """From now on. `now_s`: scaled seconds since the epoch."""
        at = self._epoch + timedelta(seconds=now_s)
        new = self._path.with_suffix(".new")
        new.write_text(f"@{at:%Y-%m-%d %H:%M:%S.%f} x{rate:g}\n", encoding="ascii")
        new.replace(self._path)

    def environment(self, library: Path, shim: Path | None) -> Mapping[str, str]:
        """What a process must have in its environment to read it."""
        return {
            "LD_PRELOAD": " ".join(str(one) for one in (shim, library) if one is not None),
            "FAKETIME_TIMESTAMP_FILE": str(self._path),
            "FAKETIME_NO_CACHE": "1",
        }


def now() -> datetime:
    """The real time, as the file has it."""
    return datetime.now(UTC)
