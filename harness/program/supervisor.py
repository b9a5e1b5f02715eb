"""In the parent: runs of the program, one at a time, each in a process and, as root, namespaces of its own.

Whatever ends this process ends a run: its process is killed with it, and with that the namespaces and all
that is in them. What then still lies there, the run's folder and its cgroup, the next command removes.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.errors import HarnessError
from harness.journal import repair
from harness.journal.run_kinds import INTERRUPTED_DETAIL, RunClose
from harness.process import parent_signals, private_dirs
from harness.process.child_setup import die_with_parent
from harness.process.result import RunResult, reported_problem
from harness.process.worker_spec import WorkerSpec
from harness.program import faketime, systemd
from harness.program.sentinel import TOO_FAST

SPEED = 1000.0
"""How fast time passes unless something else was asked for."""

SLOWER = 2
"""How often a run in which time passed too fast is repeated, each time at half the rate."""

NO_CERTIFICATES = "the process level needs trustme, for certificates: pip install 'qqchaos[tls]'"

NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL")

SLACK_S = 300.0
"""Real seconds that a run may take besides those that its time takes: its start and its end, in real time,
and what is slower on purpose."""


class ProgramSupervisor:
    """Runs the installed program of each spec; see `Supervisor`, whose place it takes at this level.

    `speed`: how fast time passes, 1 for real time. Raises HarnessError where what it needs is
    missing.
    """

    def __init__(self, speed: float | None = None) -> None:
        if not can_make_certificates():
            raise HarnessError(NO_CERTIFICATES)
        self._speed = SPEED if speed is None else speed
        self._library = faketime.find() if self._speed != 1 else None
        if self._speed != 1 and self._library is None:
            raise HarnessError(faketime.MISSING)
        self._private = can_have_namespaces()
        self._base: Path | None = None
        self._shim: Path | None = None
        self._runs = 0

    def __enter__(self) -> ProgramSupervisor:
        self._base = private_dirs.create_base_folder(Path(tempfile.gettempdir()))
        if self._private:
            systemd.remove_cgroups(self._base.parent)
        if self._library is not None:
            self._shim = faketime.build_shim(self._base)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._base is not None:
            with parent_signals.interrupts_put_off():
                private_dirs.remove_folder(self._base)
                if self._private:
                    systemd.remove_cgroups(self._base.parent)

    def self_test(self) -> None:
        """Nothing to try: what is missing was said when this was made."""

    def run_foreground(self, spec: WorkerSpec) -> RunResult:
        """There is no such thing at this level. Raises HarnessError."""
        raise HarnessError("a program has no foreground")

    def run_all(
        self, specs: Iterable[WorkerSpec], on_done: Callable[[RunResult], Any] = lambda result: None
    ) -> list[RunResult]:
        """Run all, one after the other; `on_done` as in `Supervisor.run_all`.

        A run in which time passed too fast for the machine is repeated at half the rate, then at a quarter.
        Raises KeyboardInterrupt on Ctrl-C and SIGTERM, when everything that ran is gone.
        """
        results = []
        with parent_signals.sigterm_as_ctrl_c():
            for spec in specs:
                result = self._in_time(spec)
                results.append(result)
                if on_done(result) is True:
                    break
        return results

    def _in_time(self, spec: WorkerSpec) -> RunResult:
        """Run it at the first rate that this machine allows; the last result where it allows none."""
        speed, before = self._speed, list[str]()
        while True:
            told = {"tried_before": before} if before else {}
            result = self._run(replace(spec, extra={**spec.extra, "told": told}), speed)
            trouble = _too_fast(result)
            if trouble is None or speed <= 1 or len(before) == SLOWER:
                return result
            before.append(f"at {speed:g}: {trouble}")
            speed = max(1.0, speed / 2)

    def _run(self, spec: WorkerSpec, speed: float) -> RunResult:
        assert self._base is not None
        self._runs += 1
        folder = self._base / f"r{self._runs:05}"
        folder.mkdir(mode=0o700)
        told = {
            "speed": speed,
            "homes": str(folder / "homes"),
            "library": str(self._library) if self._library else None,
            "shim": str(self._shim) if self._shim else None,
            "private": self._private,
            "cgroup": self._base.name,
        }
        spec = replace(spec, folder=str(folder), extra={**spec.extra, **told})
        spec.spec_file.write_text(spec.to_json(), encoding="utf-8")
        journal = Path(spec.journal)
        journal.parent.mkdir(parents=True, exist_ok=True)
        journal.unlink(missing_ok=True)
        try:
            return self._watched(spec, speed)
        finally:
            with parent_signals.interrupts_put_off():
                private_dirs.remove_folder(folder)

    def _watched(self, spec: WorkerSpec, speed: float) -> RunResult:
        """Start the run's process, and wait for its end, or for too long."""
        command = [sys.executable, "-P", "-m", "harness.program.main", str(spec.spec_file)]
        parent, began = os.getpid(), time.monotonic()
        own = {**os.environ, "PYTHONPATH": os.pathsep.join([_packages(), os.environ.get("PYTHONPATH", "")])}
        with spec.stdout_file.open("wb") as out, spec.stderr_file.open("wb") as err:
            process = subprocess.Popen(
                [*NAMESPACES, *command] if self._private else command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=own,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent),
            )
        close = RunClose("wall", f"it had not ended after {self._allowed(spec, speed):.0f} s")
        try:
            process.wait(self._allowed(spec, speed))
            close = RunClose("harness", f"the run's process ended with status {process.returncode}")
        except subprocess.TimeoutExpired:
            pass
        except BaseException:
            close = RunClose("killed", INTERRUPTED_DETAIL)
            raise
        finally:
            with parent_signals.interrupts_put_off():
                with contextlib.suppress(OSError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                wall_s = time.monotonic() - began
                x = {"wall_s": round(wall_s, 3), "stderr": private_dirs.read_tail(spec.stderr_file)}
                found = repair.close(Path(spec.journal), close, x=x)
        reported = reported_problem(spec)
        if reported is not None:
            return RunResult(spec, None, reported, wall_s, 0.0, whose="harness")
        if not found.records:
            said = private_dirs.read_tail(spec.stderr_file).splitlines()[-1:] or [
                "it wrote nothing to stderr"
            ]
            problem = f"{spec.run}: the run's process ended (status {process.returncode}): {said[0]}"
            return RunResult(spec, None, problem, wall_s, 0.0, whose="harness")
        return RunResult(spec, Path(spec.journal), None, wall_s, 0.0)

    def _allowed(self, spec: WorkerSpec, speed: float) -> float:
        """Real seconds."""
        return float(spec.extra["end_us"]) / 1e6 / speed * 2 + SLACK_S


def can_make_certificates() -> bool:
    """Whether a private CA can be made."""
    return importlib.util.find_spec("trustme") is not None


def no_systemd() -> str | None:
    """Why no systemd can keep a program here, None where one can."""
    return systemd.missing() or (None if can_have_namespaces() else "namespaces need root, and unshare")


def can_have_namespaces() -> bool:
    """Whether this user may have a mount, a process and a network namespace here."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("mount") is None:
        return False
    return subprocess.run([*NAMESPACES, "true"], capture_output=True).returncode == 0


def _packages() -> str:
    """The folder in which this very program's packages lie."""
    return str(Path(__file__).absolute().parents[2])


def _too_fast(result: RunResult) -> str | None:
    """The journal's last word, where that is the sentinel's."""
    if result.journal is None:
        return None
    lines = result.journal.read_text(encoding="utf-8", errors="replace").splitlines()
    said = json.loads(lines[-1])["d"] if lines else {}
    detail = str(said.get("detail"))
    return detail if said.get("why") == "harness" and detail.startswith(TOO_FAST) else None
