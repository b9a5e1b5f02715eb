"""Temporary folders that say whether their owner lives, so that what a killed program left can be removed.

The owner holds a lock on a file in its folder. The kernel lets go of it when the owner dies, however it dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

OWNER = ".owner"
"""The file in each such folder that its owner holds a lock on."""

UNLOCKED = ".owner-to-be"
"""What the owner's file is called until it is locked: nobody finds one of a living owner without its lock."""

BEING_MADE_S = 60.0
"""How long a folder may be there without the owner's file, real seconds; it takes a millisecond."""


@contextlib.contextmanager
def owned_folder(prefix: str) -> Iterator[Path]:
    """A new folder where temporary files go, for the `with` block; only this user can read it. Those of the
    same prefix whose owner is dead are removed first."""
    remove_abandoned(Path(tempfile.gettempdir()), prefix, _removed)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    lock = claimed(folder)
    try:
        yield folder
    finally:
        _removed(folder)
        if lock is not None:
            os.close(lock)


def remove_abandoned(root: Path, prefix: str, remove: Callable[[Path], None]) -> None:
    """Call `remove` with each folder of this prefix in `root` whose owner is dead: nobody holds its lock any
    more. One without a lock was left by something else, or is just being made; if it is empty for longer than
    that takes, its owner was killed at its very beginning or end, and it is removed too."""
    for folder in root.glob(f"{prefix}*"):
        lock = _locked(folder / OWNER)
        if lock is not None:
            remove(folder)
            os.close(lock)
        else:
            with contextlib.suppress(OSError):  # it is not empty, or not ours
                if time.time() - folder.stat().st_mtime > BEING_MADE_S:
                    (folder / UNLOCKED).unlink(missing_ok=True)
                    folder.rmdir()


def claimed(folder: Path) -> int | None:
    """Make the owner's file in a folder of one's own; the descriptor of its lock. None where the file system
    has none."""
    lock = _locked(folder / UNLOCKED, os.O_CREAT)
    if lock is not None:
        (folder / UNLOCKED).rename(folder / OWNER)
    return lock


def _locked(file: Path, flags: int = 0) -> int | None:
    """The descriptor of a file, with its lock taken; None where that is another's, or there is no file."""
    try:
        lock = os.open(file, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | flags, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _removed(folder: Path) -> None:
    """The owner's file goes last: without it nobody would remove the rest of a removal that was killed."""
    with contextlib.suppress(OSError):
        for inside in folder.iterdir():
            if inside.is_dir() and not inside.is_symlink():
                shutil.rmtree(inside, ignore_errors=True)
            elif inside.name != OWNER:
                inside.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
