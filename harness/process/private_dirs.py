"""Private folders and environments: nothing of the user's reaches a run, nothing of a run stays.

A run's home, HERMES_HOME, lock, XDG and temporary folders are its own, in memory where there is a tmpfs (a
status file's fsync costs 80 ms of a run on a disk, 1 ms there). The environment is an allow-list: what is
not named here, proxies and PYTHONPATH above all, does not exist for a subject.

Runs in the parent; a fork server whose parent is gone removes what is left.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from fake_qq_server.owned_folders import OWNER, claimed, remove_abandoned
from harness.process import parent_signals

MIN_FREE_BYTES = 256 << 20
"""What must be free in /dev/shm; containers often have 64 MiB, which a few homes would fill."""

TAIL_LENGTH = 2_000
"""How many bytes of an output file's end are read."""

PREFIX = "qqchaos-"
"""What the names of base folders begin with."""

_claims: dict[str, int] = {}
"""The locks that this process holds, by base folder."""

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

HOMES = tuple(_HOMES.values())
"""The folders in the folder of a process."""


def create_base_folder(root: Path | None = None) -> Path:
    """A new folder for one supervisor, in `root`, else in memory, else where temporary files go.

    What an earlier command that was killed left there, or where temporary files go, is removed; so is the
    folder of a served platform. `remove_folder` ends the claim on it.
    """
    if root is None:
        root = _SHARED_MEMORY if _has_room(_SHARED_MEMORY) else Path(tempfile.gettempdir())
    for place in {root, Path(tempfile.gettempdir())}:
        remove_abandoned(place, PREFIX, remove_folder)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
    lock = claimed(folder)
    if lock is not None:
        _claims[str(folder)] = lock
    return folder


@contextlib.contextmanager
def temporary_copy(name: str) -> Iterator[Path]:
    """A new folder called `name`, on disk, for the `with` block; the next command removes it if this one is
    killed."""
    base = create_base_folder(Path(tempfile.gettempdir()))
    try:
        (base / name).mkdir()
        yield base / name
    finally:
        with parent_signals.interrupts_put_off():
            remove_folder(base)


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
    for home in HOMES:
        (folder / home).mkdir(mode=0o700)
    return folder


def environment(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The whole environment of a process whose homes are in `folder`; `more` wins. A value of `$HERMES_HOME`,
    or of another home's name, stands for that home."""
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
    places = {f"${key}": place for key, place in homes.items()}
    asked = {key: places.get(value, value) for key, value in (more or {}).items()}
    return {**inherited, **fixed, **homes, **asked}


def read_tail(path: Path, length: int = TAIL_LENGTH) -> str:
    """The end of a text file that a process wrote, at most `length` bytes; "" where there is no file, or
    something else in its place, such as a pipe that nobody writes to."""
    try:
        with opened(path, os.O_RDONLY) as file:
            size = os.fstat(file).st_size
            return os.pread(file, length, max(0, size - length)).decode("utf-8", "replace").strip()
    except OSError:
        return ""


@contextlib.contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    """The descriptor of an ordinary file that a subject may have put something else in place of: a link is
    not followed, a pipe not waited for. Raises OSError."""
    file = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
        yield file
    finally:
        os.close(file)


def remove_folder(folder: Path) -> None:
    """Remove the folder and all in it, also where a subject removed its own permissions or nested folders
    beyond the longest path. Never raises.

    Each folder inside is first moved to the top, where its path is short. The owner's file goes last: without
    it nobody would remove the rest of a removal that was killed.
    """
    top, token, found = str(folder), secrets.token_hex(8), [str(folder)]
    owner = f"{top}/{OWNER}"
    for here in found:  # grows meanwhile
        for entry in _entries(here):
            if entry.path == owner:
                continue
            with contextlib.suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    found.append(_moved(entry.path, f"{top}/{token}-{len(found)}"))
                else:
                    Path(entry).unlink()
    for here in reversed(found):
        with contextlib.suppress(OSError):
            if here == top:
                Path(owner).unlink(missing_ok=True)
            Path(here).rmdir()
    lock = _claims.pop(top, None)
    if lock is not None:
        os.close(lock)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        Path(folder).chmod(stat.S_IRWXU)
        with os.scandir(folder) as inside:
            return list(inside)
    except OSError:
        return []


def _moved(folder: str, to: str) -> str:
    """Where the folder stands then. One without permissions cannot be moved, so it gets them."""
    try:
        Path(folder).chmod(stat.S_IRWXU)
        Path(folder).rename(to)
    except OSError:
        return folder
    return to
