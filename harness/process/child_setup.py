"""How a forked process becomes a worker: separated from its parent, limited, then one call of its entry.

`detach` runs after the fork and before anything of the subject; `run_entry` calls the worker's entry and
never returns. A worker is its own session, with its own folder as working directory, its own environment,
files for its output, one core, and limits.

Two Linux calls make sure that nothing outlives its run: the worker is killed when the fork server ends
(PR_SET_PDEATHSIG), and whatever a subject starts stays below its worker (PR_SET_CHILD_SUBREAPER), even a
daemon with a session of its own: it becomes a child of the fork server only when its worker is dead, which
tells it from the processes of other runs. Without ctypes or prctl, such daemons are left running.

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
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, NoReturn

from harness.errors import INTERRUPTED
from harness.process import walls
from harness.process.heartbeat_page import HeartbeatPage
from harness.process.worker_spec import WorkerSpec

PROBLEM_STATUS = 70
"""Exit status of a worker that could not do its run (EX_SOFTWARE); why is in problem.json."""

STACK_SIGNAL = signal.SIGRTMAX
"""Makes a worker write its stacks to its `stack_file`, before it is killed. In C, so nothing is raised into
the subject, and no signal that a subject would use (hermes uses SIGUSR1)."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class SpawnRequest:
    """One worker to be started. `spec`: path of the spec's file. `fresh`: in a fresh interpreter instead of a
    fork of the warm one. `core`: the one core to run on. `address_space` and `file_size`: RLIMIT_AS and
    RLIMIT_FSIZE in bytes. None for one of these: as it is inherited."""

    id: int
    spec: str
    fresh: bool = False
    core: int | None = None
    address_space: int | None = None
    file_size: int | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SpawnRequest:
        """The request in a JSON object; its other keys are ignored."""
        return cls(**{field.name: data[field.name] for field in fields(cls)})


def prctl(option: int, value: int) -> bool:
    """One prctl(2) call; False where it cannot be made."""
    try:
        import ctypes

        return int(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)) == 0
    except (ImportError, OSError, AttributeError):
        return False


def become_subreaper() -> bool:
    """Make this process the new parent of orphans below it. Its children do not inherit this."""
    return prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(parent: int) -> None:
    """Have this process killed when its parent, pid `parent`, ends; exit now if it has ended already."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(PROBLEM_STATUS)


def detach(request: SpawnRequest, parent: int) -> WorkerSpec:
    """Separate this process from the fork server (pid `parent`); returns the spec. Right after the fork."""
    os.setsid()
    die_with_parent(parent)
    become_subreaper()
    spec = WorkerSpec.from_json(Path(request.spec).read_text(encoding="utf-8"))
    _redirect(0, os.devnull, os.O_RDONLY)
    _redirect(1, spec.stdout_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    _redirect(2, spec.stderr_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.chdir(spec.folder)
    os.umask(0o022)
    if request.core is not None:
        with contextlib.suppress(OSError):  # the set of allowed cores may have shrunk
            os.sched_setaffinity(0, {request.core})
    for what, most in (
        (resource.RLIMIT_AS, request.address_space),
        (resource.RLIMIT_FSIZE, request.file_size),
    ):
        if most is not None:
            _limit(what, most)
    _limit(resource.RLIMIT_CORE, 0)
    with contextlib.suppress(OSError):
        # If memory runs out before the supervisor sees it, the kernel should kill this process first.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    return spec


class ImportReporter:
    """A meta-path finder that finds nothing, and writes each import on the heartbeat page: a turn that
    imports may take long, and the supervisor must see that without asking."""

    def __init__(self, page: HeartbeatPage) -> None:
        self._page = page

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """None for every module: the next finder is to find it."""
        del fullname, path, target
        self._page.write_import()


def run_entry(spec: WorkerSpec) -> NoReturn:
    """Put up the walls, call the worker's entry, then exit with os._exit: no atexit handlers, no
    finalizers."""
    status = PROBLEM_STATUS
    try:
        # A real proxy is outside, and must be reached.
        standing = walls.put_up(but=("network",) if spec.network else ())
        if trouble := walls.loopback_trouble():
            exit_with_problem(spec, "harness", f"{spec.run}: {trouble}")
        status = _call(replace(spec, walls=standing))
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # the subject may have replaced it
                stream.flush()
        os._exit(status)


def exit_with_problem(spec: WorkerSpec, kind: Literal["subject", "harness"], sentence: str) -> NoReturn:
    """Write problem.json (`sentence`: why there is no run; `kind`: whose fault it is) and exit."""
    draft = spec.problem_file.with_suffix(".draft")
    draft.write_text(json.dumps({"kind": kind, "sentence": sentence}), encoding="utf-8")
    draft.replace(spec.problem_file)
    os._exit(PROBLEM_STATUS)


def _call(spec: WorkerSpec) -> int:
    _default_signals()
    os.environ.clear()
    os.environ.update(spec.env)
    time.tzset()
    tempfile.tempdir = None
    sys.path[:0] = list(spec.path_entries)
    sys.argv[:] = ["qqchaos-worker"]
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # so that the output of a killed worker is not lost
    faulthandler.enable()
    stack = spec.stack_file.open("a", encoding="utf-8")  # the supervisor truncates it before each dump
    faulthandler.register(STACK_SIGNAL, file=stack, all_threads=True, chain=False)
    module, function = spec.entry
    sys.meta_path.insert(0, ImportReporter(HeartbeatPage(spec.heartbeat_file)))
    try:
        entry = getattr(importlib.import_module(module), function)
        return _status(entry(spec))
    except SystemExit as problem:
        return _status(problem.code)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseException as problem:
        traceback.print_exc()
        where = traceback.extract_tb(problem.__traceback__)[-1]
        what = "".join(traceback.format_exception_only(problem)).strip().replace("\n", " ")
        place = f"{where.filename}:{where.lineno}"
        exit_with_problem(spec, "harness", f"{spec.run}: the worker failed at {place}: {what}")


def _status(code: object) -> int:
    """The exit status that `sys.exit(code)` leads to; prints what it would print."""
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
    """Signals that a shell, nohup or our own parent ignores are ignored in children too: undo that."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for name in ("TERM", "HUP", "QUIT", "CHLD", "USR1", "USR2"):
        signal.signal(signal.Signals[f"SIG{name}"], signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
