"""How a process becomes a worker: cut off from its parent's world, then one call, then gone.

`detach` runs after the fork and before anything of the subject; `live` calls the worker's entry and never
returns. A worker is its own session, with its own folder as working directory, its own environment, files
for its output, one core, and limits.

Two Linux calls make sure that nothing outlives its run: the worker dies with the nursery
(PR_SET_PDEATHSIG), and whatever a subject starts stays below its worker (PR_SET_CHILD_SUBREAPER), even a
daemon with a session of its own, so that it falls to the nursery only when the worker is dead and can be told
from the runs that go on. Best effort: without ctypes or prctl, such daemons are left.

Stdlib only: runs under the subject's interpreter.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import io
import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

from harness.process.worker_spec import WorkerSpec

GAVE_UP = 70
"""Exit status of a worker that wrote problem.json (EX_SOFTWARE)."""

STACK_SIGNAL = signal.SIGRTMAX
"""Dumps the stacks of a doomed worker to `stack` in its folder. In C, so nothing is raised into the subject,
and no signal that a subject would use (hermes uses SIGUSR1)."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Order:
    """What the nursery is asked to bear. `spec`: path of the spec's file, beside which its output goes.
    `core`: the one core to run on. `address_space`: RLIMIT_AS in bytes. None for either: as it is."""

    id: int
    spec: str
    fresh: bool = False
    core: int | None = None
    address_space: int | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Order:
        """The order in a request; other keys of it are not looked at."""
        keys = ("id", "spec", "fresh", "core", "address_space")
        return cls(**{key: data[key] for key in keys})


def prctl(option: int, value: int) -> bool:
    """One prctl(2) call; False where it cannot be made."""
    try:
        import ctypes

        return int(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)) == 0
    except (ImportError, OSError, AttributeError):
        return False


def adopt_orphans() -> bool:
    """Make this process the one to which orphans below it fall. It is not handed on to children."""
    return prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with(parent: int) -> None:
    """End this process when its parent ends, now if that has happened already."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(GAVE_UP)


def detach(order: Order, parent: int) -> WorkerSpec:
    """Leave the nursery's world; returns the spec. Only in a new process, right after the fork."""
    os.setsid()
    die_with(parent)
    adopt_orphans()
    spec = WorkerSpec.from_json(Path(order.spec).read_text(encoding="utf-8"))
    folder = Path(spec.folder)
    _redirect(0, os.devnull, os.O_RDONLY)
    _redirect(1, folder / "stdout", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    _redirect(2, folder / "stderr", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.chdir(folder)
    os.umask(0o022)
    if order.core is not None:
        with contextlib.suppress(OSError):  # the set of cores may shrink under us
            os.sched_setaffinity(0, {order.core})
    if order.address_space is not None:
        _limit(resource.RLIMIT_AS, order.address_space)
    _limit(resource.RLIMIT_CORE, 0)
    with contextlib.suppress(OSError):
        # If memory ends before the supervisor sees it, the kernel is to choose this process.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    return spec


def live(spec: WorkerSpec) -> NoReturn:
    """Call the worker's entry, then leave without any of the interpreter's farewells."""
    status = GAVE_UP
    try:
        status = _call(spec)
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # whatever the subject made of it
                stream.flush()
        os._exit(status)


def give_up(spec: WorkerSpec, kind: Literal["subject", "harness"], sentence: str) -> NoReturn:
    """Say in one sentence why there is no run, and whose fault it is, and end this process."""
    draft = spec.problem.with_suffix(".draft")
    draft.write_text(json.dumps({"kind": kind, "sentence": sentence}), encoding="utf-8")
    draft.replace(spec.problem)
    os._exit(GAVE_UP)


def _call(spec: WorkerSpec) -> int:
    _default_signals()
    os.environ.clear()
    os.environ.update(spec.env)
    time.tzset()
    tempfile.tempdir = None
    sys.path[:0] = list(spec.path_entries)
    sys.argv[:] = ["qqchaos-worker"]
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # what a killed worker printed is to be there
    faulthandler.enable()
    stack = (Path(spec.folder) / "stack").open("a", encoding="utf-8")  # the supervisor empties it
    faulthandler.register(STACK_SIGNAL, file=stack, all_threads=True, chain=False)
    module, function = spec.entry
    try:
        entry = getattr(importlib.import_module(module), function)
        return _status(entry(spec))
    except SystemExit as left:
        return _status(left.code)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BaseException as problem:
        traceback.print_exc()
        where = traceback.extract_tb(problem.__traceback__)[-1]
        what = "".join(traceback.format_exception_only(problem)).strip().replace("\n", " ")
        give_up(spec, "harness", f"{spec.run}: the worker failed at {where.filename}:{where.lineno}: {what}")


def _status(code: object) -> int:
    """What `sys.exit(code)` would make of it."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def _redirect(number: int, path: str | Path, flags: int) -> None:
    opened = os.open(path, flags, 0o600)
    os.dup2(opened, number)
    os.close(opened)


def _limit(what: int, value: int) -> None:
    hard = resource.getrlimit(what)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(what, (value, value))


def _default_signals() -> None:
    """What a shell in the background, nohup or our own parent made ignored is inherited: not by a subject."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for name in ("TERM", "HUP", "QUIT", "CHLD", "USR1", "USR2"):
        signal.signal(signal.Signals[f"SIG{name}"], signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
