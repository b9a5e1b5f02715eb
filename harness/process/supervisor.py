"""Runs workers, watches each from outside, and ends what does not end itself.

    with Supervisor(installation, jobs=4) as supervisor:
        results = supervisor.run_all(specs, on_done)

One nursery (a warm interpreter of the subject's, see `fork_server`) bears all workers; `jobs` threads
start one at a time each and look at it every 50 ms: the shared pulse, CPU and memory from /proc. Whatever a
subject does (spins, blocks, exits, eats memory, leaves daemons) costs its own run. Nothing is raised into
it: a doomed worker's stacks are dumped in C, then it is killed as a whole, and its journal closed from here.

Private folders are always removed, journals always stay. Only processes that were started here are ended.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from harness.errors import HarnessError
from harness.process import parent_signals, private_dirs, procfs
from harness.process.child_setup import Order
from harness.process.fork_client import SCRIPT, End, Nurse, Ward
from harness.process.heartbeat_page import Pulse
from harness.process.result import RunResult, Why, conclude
from harness.process.watchdog import Limits, Sample, Verdict, Watch
from harness.process.worker_spec import WorkerSpec

LOOK_S = 0.05
"""Real seconds between two looks at a worker."""

KILL_S = 10.0
"""Real seconds within which a killed worker must be gone."""

STACK_S = 5.0
"""Real seconds that a doomed worker gets to have its stacks written; it takes milliseconds, where there is a
core to do it on."""

SETTLED_S = 0.1
"""Real seconds without a new line after which the stacks are taken to be whole."""

IMPORTS = "<frozen importlib._bootstrap>"
"""In the stacks of a worker that is importing something."""

PRELOAD = (
    "asyncio",
    "sqlite3",
    "ssl",
    "freezegun",
    "h11",
    "websockets",
    "aiohttp",
    "httpx",
    "anyio",
    "requests",
    "yaml",
    "dotenv",
    "rich.console",
    "pygments.lexers",
    "jiter",
    "click",
    "harness.worker.main",
    "harness.worker.levels.adapter",
    "harness.worker.levels.runner",
)
"""What a nursery imports beforehand, where the subject has it. Never hermes: it reads its homes on import."""


class InstallationLike(Protocol):
    """What is known of the subject here: the interpreter that it runs under."""

    @property
    def python(self) -> Path: ...


def _ignore(result: RunResult) -> None:
    del result


class Supervisor:
    """See the module. `limits` hold for each run whose spec does not override them; `private_root` is where
    the private folders go (default: in memory). `preload`: modules for the nursery, see `PRELOAD`.

    Raises HarnessError where no nursery can be started, on the first run.
    """

    def __init__(
        self,
        installation: InstallationLike,
        jobs: int = 1,
        *,
        limits: Limits | None = None,
        private_root: Path | None = None,
        preload: Sequence[str] = PRELOAD,
    ) -> None:
        self._python = Path(installation.python)
        self._jobs = max(1, jobs)
        self._limits = limits or Limits()
        self._root = private_root
        self._preload = tuple(preload)
        self._base: Path | None = None
        self._nurse: Nurse | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._numbers = itertools.count(1)
        cores = sorted(os.sched_getaffinity(0))
        first = os.getpid() % len(cores)  # two harnesses at once are not to meet on the first core
        self._cores = cores[first:] + cores[:first]

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End the nursery and remove all private folders. The supervisor can be used again."""
        with self._lock, parent_signals.unhurried():
            if self._nurse is not None:
                self._nurse.close()
                self._nurse = None
            if self._base is not None:
                private_dirs.remove(self._base)
                self._base = None

    # -- running

    def run(self, spec: WorkerSpec) -> RunResult:
        """One run; see `run_all`."""
        return self.run_all([spec])[0]

    def run_all(
        self, specs: Iterable[WorkerSpec], on_done: Callable[[RunResult], Any] = _ignore
    ) -> list[RunResult]:
        """Run all; results in the order of `specs`. `on_done` is called in this thread as each ends; once it
        returns True, no further run is started (those that never were are not in the list).

        Ctrl-C and SIGTERM end all workers, close their journals with why "killed", and raise
        KeyboardInterrupt. Raises HarnessError where a nursery cannot be started.
        """
        todo = deque(enumerate(specs))
        done: queue.SimpleQueue[tuple[int, RunResult] | BaseException | None] = queue.SimpleQueue()
        self._stop.clear()
        results: dict[int, RunResult] = {}
        threads: list[threading.Thread] = []
        with parent_signals.terminable():
            try:
                for slot in range(min(self._jobs, len(todo))):
                    threads.append(threading.Thread(target=self._work, args=(slot, todo, done), daemon=True))
                    threads[-1].start()
                running = len(threads)
                while running:
                    got = done.get()
                    if got is None:
                        running -= 1
                    elif isinstance(got, BaseException):
                        raise got
                    else:
                        results[got[0]] = got[1]
                        if on_done(got[1]) is True:
                            todo.clear()
            except BaseException:
                with parent_signals.unhurried():
                    todo.clear()
                    self._stop.set()
                    for thread in threads:
                        thread.join(KILL_S)
                    self.close()
                raise
        return [results[i] for i in sorted(results)]

    def run_foreground(self, spec: WorkerSpec) -> RunResult:
        """One run in the foreground, without limits or a watcher, at the terminal: `breakpoint()` works.

        Ctrl-C goes to the worker; if that ends it, KeyboardInterrupt is raised here.
        """
        spec = self._prepare(spec)
        pulse = Pulse.create(spec.pulse)
        # Not in the nursery, but its boot file is needed.
        boot = self._nursery().boot
        path = Path(spec.folder) / "spec.json"
        path.write_text(spec.to_json(), encoding="utf-8")
        env = {**{key: os.environ[key] for key in ("TERM",) if key in os.environ}, **spec.env}
        command = [str(self._python), "-P", "-s", SCRIPT, "run", str(boot), str(path)]
        began = time.monotonic()
        try:
            with parent_signals.ignored(signal.SIGINT):
                child = subprocess.Popen(command, cwd=spec.folder, env=env)
                with contextlib.suppress(OSError):
                    os.sched_setaffinity(child.pid, {self._cores[0]})
                status = child.wait()
            interrupted = status in (-signal.SIGINT, 128 + signal.SIGINT)
            why: tuple[Why, str] | None = ("killed", "interrupted") if interrupted else None
            result = conclude(spec, End(status), why, pulse.read(), time.monotonic() - began)
        finally:
            pulse.close()
            private_dirs.remove(Path(spec.folder))
        if interrupted:
            raise KeyboardInterrupt
        return result

    # -- one run

    def _work(self, slot: int, todo: deque[tuple[int, WorkerSpec]], done: queue.SimpleQueue[Any]) -> None:
        try:
            while not self._stop.is_set():
                try:
                    index, spec = todo.popleft()
                except IndexError:
                    break
                done.put((index, self._one(spec, slot)))
        except OSError as problem:  # no space, no rights
            done.put(HarnessError(f"the runs cannot go on: {problem}"))
        except BaseException as problem:
            done.put(problem)
        done.put(None)

    def _one(self, spec: WorkerSpec, slot: int) -> RunResult:
        nurse = self._nursery()
        spec = self._prepare(spec)
        limits = replace(self._limits, **spec.limits)
        pulse = Pulse.create(spec.pulse)
        path = Path(spec.folder) / "spec.json"
        path.write_text(spec.to_json(), encoding="utf-8")
        core = self._cores[slot % len(self._cores)]
        began = time.monotonic()
        try:
            try:
                order = Order(next(self._numbers), str(path), spec.fresh, core, limits.address_space)
                ward = nurse.bear(order)
            except HarnessError as problem:
                return RunResult(spec, None, str(problem), time.monotonic() - began, 0.0, whose="harness")
            verdict = self._watch(nurse, ward, spec, pulse, limits)
            end = ward.end or End(lost=True)
            if end.lost:
                verdict = ("harness", nurse.obituary() if not nurse.alive else f"no end within {KILL_S:g} s")
            return conclude(spec, end, verdict, pulse.read(), time.monotonic() - began)
        finally:
            pulse.close()
            private_dirs.remove(Path(spec.folder))

    def _watch(
        self, nurse: Nurse, ward: Ward, spec: WorkerSpec, pulse: Pulse, limits: Limits
    ) -> tuple[Why, str] | None:
        """Wait for the end; what it was ended for, or None if it ended by itself."""
        watch = Watch(limits, lambda: procfs.wants_cpu(ward.pid))
        while not ward.over.wait(LOOK_S):
            if self._stop.is_set():
                self._kill(nurse, ward)
                return "killed", "interrupted"
            verdict = self._look(ward, watch, pulse)
            if verdict is None:
                continue
            if verdict.why != "memory":  # which ends sooner without
                stack = self._dump(nurse, ward, Path(spec.folder) / "stack")
                if verdict.why == "cpu" and IMPORTS in stack and watch.pardon():
                    continue
            self._kill(nurse, ward)
            return verdict.why, verdict.detail
        return None

    def _look(self, ward: Ward, watch: Watch, pulse: Pulse) -> Verdict | None:
        beat = pulse.read()  # before the CPU: a turn in between may only make it look better
        found = procfs.stat(ward.pid)
        if found is None or found.start != ward.start or found.state == "Z":
            return None  # it has ended; the nursery is about to say so
        resident, starved = procfs.resident(ward.pid), procfs.starved_s(ward.pid)
        return watch.look(Sample(time.monotonic(), beat, found.cpu_s, resident, starved))

    def _dump(self, nurse: Nurse, ward: Ward, stack: Path) -> str:
        """The worker's stacks; "" where it did not get to write them in time."""
        stack.write_bytes(b"")
        nurse.dump(ward)
        until, size = time.monotonic() + STACK_S, -1
        while time.monotonic() < until and not ward.over.wait(SETTLED_S):
            size, before = stack.stat().st_size, size
            if size == before > 0:
                break
        return stack.read_text(encoding="utf-8", errors="replace")

    def _kill(self, nurse: Nurse, ward: Ward) -> None:
        nurse.kill(ward)
        ward.over.wait(KILL_S)

    # -- what runs share

    def _prepare(self, spec: WorkerSpec) -> WorkerSpec:
        """The spec with its folder and environment; an old journal of that name is removed."""
        journal = Path(spec.journal)
        journal.parent.mkdir(parents=True, exist_ok=True)
        journal.unlink(missing_ok=True)
        with self._lock:
            folder = private_dirs.new_folder(self._folder(), f"r{next(self._numbers):05}")
        return replace(spec, folder=str(folder), env=private_dirs.environment(folder, spec.env))

    def _folder(self) -> Path:
        if self._base is None:
            self._base = private_dirs.base_folder(self._root)
        return self._base

    def _nursery(self) -> Nurse:
        """The nursery, a new one if the last has ended (a subject may kill its parent)."""
        with self._lock:
            if self._nurse is None or not self._nurse.alive:
                if self._nurse is not None:
                    self._nurse.close()
                home = private_dirs.new_folder(self._folder(), f"n{next(self._numbers):05}")
                self._nurse = Nurse(self._python, home, self._folder(), self._preload)
            return self._nurse
