"""A real systemd keeps the program: `systemd --user`, an instance of the run's own, in the run's namespaces.

It needs root: /run and /sys/fs/cgroup are mounted anew, in a cgroup of the run's own, and nobody outside
sees any of it. The program is a transient unit (`systemd-run`), with the restart settings of the scenario.
How each of its lives ended, the unit itself writes down (`ExecStopPost`).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.process import procfs, walls
from harness.program.service import Name, Program, Status

SYSTEMD = Path("/usr/lib/systemd/systemd")
NEEDED = ("systemctl", "systemd-run")
UNIT = "qqchaos-program"
RUNTIME = Path("/run/user-of-the-run")
CGROUPS = Path("/sys/fs/cgroup")

START_S = 30.0
"""Real seconds within which the instance must be there."""

ASK_S = 0.2
"""Real seconds between two questions."""

CALL_S = 30.0
"""Real seconds that one of its commands may take."""

SETTINGS = {
    "success": "SuccessExitStatus",
    "force": "RestartForceExitStatus",
    "prevent": "RestartPreventExitStatus",
}


def missing() -> str | None:
    """What of systemd this machine lacks, None for nothing."""
    if not SYSTEMD.is_file():
        return f"no {SYSTEMD} is here"
    lacks = next((one for one in NEEDED if shutil.which(one) is None), None)
    return f"no {lacks} is here" if lacks else None


class Systemd:
    """A systemd of the run's own; see `Service`. `unit`: the fields of a `service_unit.Unit`. `folder` is the
    run's, in which it writes; `cgroup` the name of its cgroup.

    Raises HarnessError where it does not start; what it said stands in that.
    """

    name: Name = "systemd"

    def __init__(self, unit: Mapping[str, Any], folder: Path, cgroup: str) -> None:
        self._unit = unit
        self._ends = folder / "ends"
        self._ends.write_text("", encoding="ascii")
        self._environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "XDG_RUNTIME_DIR": str(RUNTIME),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
        }
        _furnish(cgroup)
        self._log = folder / "systemd"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(SYSTEMD), "--user"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
            )
        self._await_start()
        version = self._said("--version").partition("\n")[0]
        self.detail = f"{version.partition(' (')[0]}, an instance of the run's own"
        self._shown: Mapping[str, str] = {}
        self._closed = threading.Event()

    def _await_start(self) -> None:
        until = time.monotonic() + START_S
        while not (RUNTIME / "systemd/private").exists() or self._said("is-system-running") == "":
            if self._process.poll() is not None or time.monotonic() > until:
                self._process.kill()
                said = " ".join(self._log.read_text(errors="replace").split()[-30:]) or "nothing"
                raise HarnessError(f"systemd --user does not start here; it says: {said}")
            time.sleep(0.05)

    def start(self, program: Program) -> None:
        """See `Service`."""
        variables = [f"--setenv={name}={value}" for name, value in program.environment.items()]
        output = f"append:{program.output}"
        properties = {
            **unit_properties(self._unit),
            "WorkingDirectory": str(program.folder),
            "StandardOutput": output,
            "StandardError": output,
            "ExecStopPost": f"/bin/sh -c 'echo $$EXIT_CODE $$EXIT_STATUS >> {self._ends}'",
        }
        asked = [f"--property={name}={value}" for name, value in properties.items()]
        command = ["systemd-run", "--user", "--quiet", f"--unit={UNIT}", *asked, *variables, *program.command]
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, timeout=CALL_S, check=False
        )
        if done.returncode:
            raise HarnessError(f"systemd does not take the program: {done.stderr.strip()}")
        self._shown = self._show()
        threading.Thread(target=self._ask_on, daemon=True).start()

    def status(self) -> Status:
        """See `Service`."""
        shown, codes = self._shown, self._codes()
        pid = int(shown.get("MainPID", "0")) or None
        lives = int(shown.get("NRestarts", "0")) + 1
        waits = shown.get("SubState") == "auto-restart"
        unit = (shown["ActiveState"], shown["SubState"], lives - 1) if shown else None
        running = pid is not None and len(codes) < lives and Path(f"/proc/{pid}").exists()
        over = shown.get("ActiveState") in ("inactive", "failed")
        return Status(pid if running else None, lives, tuple(codes), waits, over, unit)

    def send(self, number: signal.Signals, *, job: bool) -> bool:
        """See `Service`."""
        pid = self.status().pid
        if job:
            self._call("stop", "--no-block", UNIT)
        elif pid is not None:
            os.kill(pid, number)
        return pid is not None

    def left(self) -> list[str]:
        """See `Service`: those of its cgroup."""
        return [procfs.name(one.pid) for one in procfs.all_processes() if UNIT in procfs.cgroup(one.pid)]

    def close(self) -> None:
        """See `Service`. What it had started is killed with it: it is in the run's namespace."""
        self._closed.set()
        self._process.kill()
        self._process.wait()

    def _codes(self) -> list[int]:
        """How each life ended, as its unit wrote down."""
        lines = [line.split() for line in self._ends.read_text(encoding="ascii").splitlines()]
        return [_code(*words) for words in lines if len(words) == 2]

    def _ask_on(self) -> None:
        """In a thread of its own: the unit's state; what it was last, once systemd has forgotten the unit."""
        while not self._closed.wait(ASK_S):
            shown = self._show()
            if shown.get("LoadState") == "loaded":
                self._shown = shown
            elif self._shown and shown:
                self._shown = {**self._shown, "MainPID": "0", "ActiveState": "inactive", "SubState": "dead"}

    def _show(self) -> Mapping[str, str]:
        asked = "LoadState,MainPID,ActiveState,SubState,NRestarts"
        lines = self._said("show", UNIT, f"--property={asked}").splitlines()
        return dict(line.partition("=")[::2] for line in lines)

    def _said(self, *words: str) -> str:
        try:
            return self._call(*words).communicate(timeout=CALL_S)[0].strip()
        except subprocess.TimeoutExpired:
            return ""

    def _call(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["systemctl", "--user", *words],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )


def unit_properties(unit: Mapping[str, Any]) -> Mapping[str, str]:
    """The settings of a unit, as systemd writes them."""
    second = 1_000_000
    found = {
        "Type": "exec",
        "Restart": str(unit["policy"]),
        "RestartSec": f"{unit['pause_us']}us",
        "KillMode": "mixed",
        "TimeoutStopSec": "90s",
        "StartLimitIntervalSec": f"{unit['interval_us'] // second}s" if unit["burst"] else "0",
    }
    if unit["burst"]:
        found["StartLimitBurst"] = str(unit["burst"])
    for key, name in SETTINGS.items():
        if unit[key]:
            found[name] = " ".join(_status(number) for number in unit[key])
    return found


def _status(number: int) -> str:
    return str(number) if number >= 0 else signal.Signals(-number).name


def _code(how: str, status: str) -> int:
    """`exited 1`, `killed TERM`, as ExecStopPost is told."""
    if how == "exited":
        return int(status)
    return -int(signal.Signals[f"SIG{status}"]) if not status.isdigit() else -int(status)


def _furnish(cgroup: str) -> None:
    """What systemd insists on: a /run that says that this is its machine, and cgroups of its own."""
    mount("tmpfs", Path("/run"))
    Path("/run/systemd/system").mkdir(parents=True)
    RUNTIME.mkdir(mode=0o700)
    mount("tmpfs", CGROUPS)
    mount("cgroup2", CGROUPS)
    own = CGROUPS / cgroup
    own.mkdir(exist_ok=True)
    (own / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
    walls.unshare_cgroup()
    mount("tmpfs", CGROUPS)  # or the kernel takes the next one for the one that is there
    mount("cgroup2", CGROUPS)


def mount(kind: str, place: Path) -> None:
    """Mount one. Raises HarnessError."""
    done = subprocess.run(["mount", "-t", kind, kind, str(place)], capture_output=True, text=True)
    if done.returncode:
        raise HarnessError(f"nothing can be mounted on {place}: {done.stderr.strip()}")


def remove_cgroups(in_use: Path) -> None:
    """Remove the cgroups of runs that are over: those of whose name there is no folder in `in_use`.

    Raises nothing. In a mount namespace of its own, so that nothing is mounted on the machine itself. A
    cgroup cannot be removed while the last process in it dies, so it is tried for two seconds.
    """
    script = (
        f"mount -t cgroup2 cgroup2 {CGROUPS} && cd {CGROUPS} && for one in qqchaos-*; do "
        'tries=0; while [ -d "$one" ] && [ ! -e "$0/$one" ] && [ $tries -lt 20 ]; do '
        '[ $tries = 0 ] || sleep 0.1; find "$one" -depth -type d -exec rmdir {} + ; tries=$((tries + 1)); '
        "done; done"
    )
    subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, str(in_use)],
        capture_output=True,
        check=False,
        start_new_session=True,  # Ctrl-C does not end it
    )
