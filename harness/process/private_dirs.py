"""Private folders and environments: nothing of the user's reaches a run, nothing of a run stays.

A run's home, HERMES_HOME, lock, XDG and temporary folders are its own, in memory where there is a tmpfs (a
status file's fsync costs 80 ms of a run on a disk, 1 ms there). The environment is an allow-list: what is
not named here, proxies and PYTHONPATH above all, does not exist for a subject.

Runs in the parent.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

MIN_FREE_BYTES = 256 << 20
"""What must be free in /dev/shm; containers often have 64 MiB, which a few homes would fill."""

TAIL_LENGTH = 2_000
"""How many bytes of an output file's end are read."""

_SHARED_MEMORY = Path("/dev/shm")

_INHERITED = ("LD_LIBRARY_PATH",)
"""Of the parent's environment: an interpreter may not start without its libraries."""

_HOMES = {
    "HOME": "home",
    "HERMES_HOME": "hermes",
    "HERMES_GATEWAY_LOCK_DIR": "locks",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "XDG_CACHE_HOME": "cache",
    "XDG_RUNTIME_DIR": "runtime",
    "TMPDIR": "tmp",
}


def create_base_folder(root: Path | None = None) -> Path:
    """A new folder for one supervisor, in `root`, else in memory, else where temporary files go."""
    if root is None and _has_room(_SHARED_MEMORY):
        root = _SHARED_MEMORY
    return Path(tempfile.mkdtemp(prefix="qqchaos-", dir=root))


def _has_room(folder: Path) -> bool:
    try:
        room = os.statvfs(folder)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK) and room.f_bavail * room.f_frsize >= MIN_FREE_BYTES


def create_folder(base: Path, name: str) -> Path:
    """A private folder for one process, with all homes in it; only this user can read it."""
    folder = base / name
    folder.mkdir(mode=0o700)
    for home in _HOMES.values():
        (folder / home).mkdir(mode=0o700)
    return folder


def environment(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The whole environment of a process whose homes are in `folder`; `more` wins."""
    inherited = {key: os.environ[key] for key in _INHERITED if key in os.environ}
    fixed = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "USER": "qqchaos",  # getpass.getuser() fails for a uid without a name, as in many containers
        "LOGNAME": "qqchaos",
        "SHELL": "/bin/sh",
    }
    homes = {key: str(folder / home) for key, home in _HOMES.items()}
    return {**inherited, **fixed, **homes, **(more or {})}


def read_tail(path: Path) -> str:
    """The end of a text file that a process wrote, at most `TAIL_LENGTH` bytes; "" where there is no file."""
    try:
        return path.read_bytes()[-TAIL_LENGTH:].decode("utf-8", "replace").strip()
    except OSError:
        return ""


def remove_folder(folder: Path) -> None:
    """Remove the folder and all in it, also where a subject removed its own permissions. Never raises."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        _restore_permissions(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _restore_permissions(folder: Path) -> None:
    """From the top: the folders inside one without permissions cannot be listed."""
    with contextlib.suppress(OSError):
        folder.chmod(0o700)
        with os.scandir(folder) as inside:
            for entry in inside:
                if entry.is_dir(follow_symlinks=False):
                    _restore_permissions(Path(entry.path))
