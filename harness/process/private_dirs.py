"""Private folders and environments: nothing of the user's reaches a run, nothing of a run stays.

A run's home, HERMES_HOME, lock, XDG and temporary folders are its own, in memory where there is a tmpfs (a
status file's fsync costs 80 ms of a run on a disk, 1 ms there). The environment is an allow-list: what is
not named here, proxies and PYTHONPATH above all, does not exist for a subject.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

ENOUGH = 256 << 20
"""Bytes that must be free in /dev/shm; containers often have 64 MiB, which a few homes would fill."""

_SHM = Path("/dev/shm")

_KEPT = ("LD_LIBRARY_PATH",)
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


def base_folder(root: Path | None = None) -> Path:
    """A new folder for one supervisor, in `root`, else in memory, else among the temporary files."""
    if root is None and _roomy(_SHM):
        root = _SHM
    return Path(tempfile.mkdtemp(prefix="qqchaos-", dir=root))


def _roomy(folder: Path) -> bool:
    try:
        room = os.statvfs(folder)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK) and room.f_bavail * room.f_frsize >= ENOUGH


def new_folder(base: Path, name: str) -> Path:
    """A private folder with all homes in it, readable for nobody else."""
    folder = base / name
    folder.mkdir(mode=0o700)
    for home in _HOMES.values():
        (folder / home).mkdir(mode=0o700)
    return folder


def environment(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The whole environment of a process whose homes are in `folder`; `more` wins."""
    kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
    plain = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "USER": "qqchaos",  # getpass.getuser() fails for a uid without a name, as in many containers
        "LOGNAME": "qqchaos",
        "SHELL": "/bin/sh",
    }
    homes = {key: str(folder / home) for key, home in _HOMES.items()}
    return {**kept, **plain, **homes, **(more or {})}


def remove(folder: Path) -> None:
    """Remove the folder and all in it, also where a subject took its own rights away. Never raises."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        _unlock(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _unlock(folder: Path) -> None:
    """Give the rights back, from the top: a folder's inner ones cannot be seen before."""
    with contextlib.suppress(OSError):
        folder.chmod(0o700)
        with os.scandir(folder) as inside:
            for entry in inside:
                if entry.is_dir(follow_symlinks=False):
                    _unlock(Path(entry.path))
