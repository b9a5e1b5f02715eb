"""What a killed gateway leaves behind: `start: killed`. Import this only in a worker, after the subject.

hermes' own functions write the files (pid file, the app id's lock, the status file that still says running),
so they have the release's own shape. Then the process in them becomes one that cannot be alive: the kernel
gives out no pid of `pid_max` or above. The runtime lock is an flock, which dies with its process; its file
stays.
"""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any

from harness.errors import SubjectError
from harness.worker.subjects.adapter import PLATFORM

PID_MAX = Path("/proc/sys/kernel/pid_max")
SCOPE = "qqbot-appid"
"""Under which name the adapter takes its lock."""


def write_stale_state(app_id: str) -> None:
    """Write the files of a gateway that was killed. Raises SubjectError where the subject keeps none."""
    try:
        status: Any = importlib.import_module("gateway.status")
    except ImportError as problem:
        raise SubjectError(f"a killed gateway leaves no files that are known here: {problem}") from problem
    home = Path(os.environ["HERMES_HOME"])
    status.acquire_gateway_runtime_lock()
    status.write_pid_file()
    status.write_runtime_status(gateway_state="running", exit_reason=None)
    status.write_runtime_status(platform=PLATFORM, platform_state="connected")
    taken, _ = status.acquire_scoped_lock(SCOPE, app_id, metadata={"platform": PLATFORM})
    if not taken:
        raise SubjectError("the app id's lock could not be taken, though nobody holds it")
    status.release_gateway_runtime_lock()
    locks = Path(os.environ["HERMES_GATEWAY_LOCK_DIR"])
    dead = int(PID_MAX.read_text())
    written = [
        home / "gateway.pid",
        home / "gateway.lock",
        home / "gateway_state.json",
        *locks.glob("*.lock"),
    ]
    for path in written:
        replace_pid(path, dead)


def replace_pid(path: Path, dead: int) -> None:
    """Put the pid `dead` in place of the one in the file, if it is a JSON object with one."""
    if path.is_file() and path.stat().st_size:
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and "pid" in content:
            path.write_text(json.dumps({**content, "pid": dead}), encoding="utf-8")
