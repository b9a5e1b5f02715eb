"""What the bot keeps on this machine: its lock and its word in the status file."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ...state_file import write

PLATFORM = "qqbot"


class Local:
    """The lock of one app id, and the platform's state in gateway_state.json."""

    def __init__(self, app_id: str) -> None:
        self._lock = Path(os.environ["HERMES_GATEWAY_LOCK_DIR"]) / f"{PLATFORM}-{app_id}.lock"
        self._status = Path(os.environ["HERMES_HOME"]) / "gateway_state.json"
        self._groups = Path(os.environ["HERMES_HOME"]) / f"{PLATFORM}-groups.json"
        self._locked = False

    def take_lock(self) -> bool:
        """False where another bot has it; one that was killed has left its file behind."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        if not self._locked and self._lock.is_file() and not _is_alive(self._lock):
            self._lock.unlink()
        try:
            with self._lock.open("x") as file:
                file.write(json.dumps({"pid": os.getpid()}))
        except FileExistsError:
            return self._locked
        self._locked = True
        return True

    def free_lock(self) -> None:
        if self._locked:
            self._lock.unlink(missing_ok=True)
            self._locked = False

    def remember_group(self, place: str) -> None:
        """So that a later process knows it for a group, too."""
        known = self.groups()
        if place not in known:
            self._groups.write_text(json.dumps(sorted({*known, place})))

    def groups(self) -> list[str]:
        """The groups that somebody wrote in."""
        return list(json.loads(self._groups.read_text())) if self._groups.is_file() else []

    def say(self, state: str) -> None:
        """Write the state."""
        said = {"state": state}
        write(self._status, lambda file: file["platforms"].update({PLATFORM: said}))


def _is_alive(lock: Path) -> bool:
    """Whether the process that the file names runs."""
    try:
        os.kill(int(json.loads(lock.read_text())["pid"]), 0)
    except ProcessLookupError:
        return False
    return True
