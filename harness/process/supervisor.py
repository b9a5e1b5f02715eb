"""Runs workers, monitors each from outside, and kills workers that exceed a limit.

    with Supervisor(interpreter, jobs=4) as supervisor:
        results = supervisor.run_all(specs, on_done)

One fork server (a warm interpreter of the subject's, see `fork_server`) starts all workers; each of `jobs`
threads starts one worker at a time and monitors it (see `worker_monitor`). Whatever a subject does (spins,
blocks, exits, uses all memory, leaves daemons) costs its own run only: runs that were lost with the fork
server are done once more, each under one of its own. The journal of a worker that could not close it is
closed from here (see `result`).

Private folders are always removed, journals always stay. Only processes that were started here are killed.

Runs in the parent.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.process import foreground, parent_signals
from harness.process.child_setup import SpawnRequest
from harness.process.folder_usage import FolderUsage
from harness.process.fork_client import ForkServerClient, ProcessEnd
from harness.process.result import RunResult, conclude
from harness.process.shared_resources import PRELOAD, PreparedRun, SharedResources
from harness.process.watchdog import BY_INTERRUPTION, EndReason, Limits
from harness.process.worker_monitor import KILL_S, WorkerMonitor
from harness.process.worker_spec import SELF_TEST_ENTRY, WorkerSpec

Beside = Callable[[WorkerSpec], AbstractContextManager[WorkerSpec]]
_Done = tuple[int, RunResult] | BaseException | None
"""From a thread: the result of the run of that index, what went wrong, or None at the thread's end."""


def _ignore(result: RunResult) -> None:
    del result


class Supervisor:
    """Runs workers under one interpreter. `interpreter`: path of the subject's Python. `limits` hold for
    each run whose spec does not override them; `private_root` is where the private folders go (default: in
    memory). `preload`: modules for the fork server, see `PRELOAD`. `beside`: what stands beside each run,
    from before it starts until after it has ended; it may tell the worker of it in its spec.

    Raises HarnessError where no fork server can be started, on the first run.
    """

    def __init__(
        self,
        interpreter: Path,
        jobs: int = 1,
        *,
        limits: Limits | None = None,
        private_root: Path | None = None,
        preload: Sequence[str] = PRELOAD,
        beside: Beside = nullcontext,
    ) -> None:
        self._beside = beside
        self._jobs = max(1, jobs)
        self._limits = limits or Limits()
        self._resources = SharedResources(Path(interpreter), private_root, preload)
        self._stop_reason: EndReason | None = None

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End the fork server and remove all private folders. The supervisor can be used again."""
        self._resources.close()

    def run(self, spec: WorkerSpec) -> RunResult:
        """One run; see `run_all`."""
        return self.run_all([spec])[0]

    def self_test(self) -> None:
        """Try out in a worker without a subject whether this machine gives a run what it needs.

        Raises HarnessError with one sentence where it does not.
        """
        extra = {"entry": SELF_TEST_ENTRY}
        with self._resources.scratch_file("self-test.jsonl") as journal:
            error = self.run(WorkerSpec("self-test", "adapter", 0, str(journal), extra=extra)).error()
        if error is not None:
            raise HarnessError(str(error).removeprefix("self-test: "))

    def run_foreground(self, spec: WorkerSpec) -> RunResult:
        """One run at the terminal, without limits; see `foreground`."""
        with self._beside(spec) as told:
            return foreground.run_foreground(told, self._resources)

    def run_all(
        self, specs: Iterable[WorkerSpec], on_done: Callable[[RunResult], Any] = _ignore
    ) -> list[RunResult]:
        """Run all; results in the order of `specs`. `on_done` is called in this thread as each ends; once it
        returns True, no further run is started (those that never were are not in the list).

        Ctrl-C and SIGTERM end all workers, close their journals with why "killed", and raise
        KeyboardInterrupt. Raises HarnessError where a fork server cannot be started.
        """
        todo = deque(enumerate(specs))
        done: queue.SimpleQueue[_Done] = queue.SimpleQueue()
        self._stop_reason = None
        results: dict[int, RunResult] = {}
        threads: list[threading.Thread] = []
        with parent_signals.sigterm_as_ctrl_c():
            try:
                for slot in range(min(self._jobs, len(todo))):
                    threads.append(threading.Thread(target=self._work, args=(slot, todo, done), daemon=True))
                    threads[-1].start()
                running = len(threads)
                while running:
                    got = _next(done)
                    if got is None:
                        running -= 1
                    elif isinstance(got, BaseException):
                        raise got
                    else:
                        results[got[0]] = got[1]
                        if on_done(got[1]) is True:
                            todo.clear()
            except BaseException:
                self._interrupt(todo, threads)
                raise
        return [results[i] for i in sorted(results)]

    def _interrupt(self, todo: deque[tuple[int, WorkerSpec]], threads: Sequence[threading.Thread]) -> None:
        """End everything that runs; bounded in time."""
        with parent_signals.interrupts_ignored():
            todo.clear()
            self._stop_reason = BY_INTERRUPTION
            for thread in threads:
                thread.join(KILL_S)
            self.close()

    def _work(self, slot: int, todo: deque[tuple[int, WorkerSpec]], done: queue.SimpleQueue[_Done]) -> None:
        """What each thread does: one run after the other, until there is none left."""
        try:
            while self._stop_reason is None:
                try:
                    index, spec = todo.popleft()
                except IndexError:
                    break
                done.put((index, self._run_one(spec, slot)))
        except OSError as problem:  # no space, no permission
            done.put(HarnessError(f"the runs cannot go on: {problem}"))
        except BaseException as problem:
            done.put(problem)
        done.put(None)

    def _run_one(self, spec: WorkerSpec, slot: int) -> RunResult:
        core = self._resources.core(slot)
        fork_server = self._resources.fork_server()
        with self._beside(spec) as told, self._resources.prepared(told) as run:
            result = self._run_prepared(run, fork_server, core)
        if not result.lost or self._stop_reason is not None:
            return result
        another = self._resources.another_fork_server
        with another() as its_own, self._beside(spec) as told, self._resources.prepared(told) as run:
            return self._run_prepared(run, its_own, core)

    def _run_prepared(self, run: PreparedRun, fork_server: ForkServerClient, core: int) -> RunResult:
        spec, limits = run.spec, replace(self._limits, **run.spec.limits)
        number = self._resources.next_number()
        request = SpawnRequest(
            number, str(spec.spec_file), spec.fresh, core, limits.address_space, limits.file_size
        )
        began = time.monotonic()
        try:
            worker = fork_server.spawn(request)
        except HarnessError as problem:
            is_lost, wall_s = not fork_server.alive, time.monotonic() - began
            return RunResult(spec, None, str(problem), wall_s, 0.0, whose="harness", lost=is_lost)
        journal = Path(spec.journal)
        usage = FolderUsage(Path(spec.folder))
        monitor = WorkerMonitor(fork_server, worker, run.page, usage, spec.stack_file, journal, limits)
        decision = monitor.wait(lambda: self._stop_reason)
        wall_s = time.monotonic() - began
        end = worker.end or ProcessEnd(lost=True)
        if end.lost:
            lost = EndReason("harness", _how_lost(fork_server))
            found = conclude(spec, end, lost, run.page.read(), wall_s)
            return replace(found, lost=not fork_server.alive)
        if decision is None:
            return conclude(spec, end, None, run.page.read(), wall_s)
        over_at = decision.journal_bytes
        return conclude(spec, end, decision.reason, decision.reading, wall_s, journal_bytes=over_at)


def _next(done: queue.SimpleQueue[_Done]) -> _Done:
    """Wait for the next one, and wake up now and then: a signal that another thread got does not wake this
    one, which is to handle it."""
    while True:
        with contextlib.suppress(queue.Empty):
            return done.get(timeout=1.0)


def _how_lost(fork_server: ForkServerClient) -> str:
    if fork_server.alive:
        return f"the worker was killed by the supervisor and had not ended {KILL_S:g} s later"
    return f"the worker was killed because its fork server ended: {fork_server.describe_end()}"
