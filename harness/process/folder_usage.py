"""How much a run has written into its private folder. Cheap enough to be asked at every sample.

The whole folder is gone through now and then only, and when its file system has lost room meanwhile. Runs in
the parent.
"""

from __future__ import annotations

import os
from pathlib import Path

LOOK_EVERY_S = 1.0
"""Real seconds between two looks at each file."""

LOST = 16 << 20
"""Bytes that the file system has less than at the last look, after which another one is due."""

ENTRY = 4_096
"""What each file and folder counts at least: one without content costs memory as well."""

_BLOCK = 512


class FolderUsage:
    """What a folder holds, as it was when it was last gone through."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._looked_at = float("-inf")
        self._free = 0
        self._used = 0

    def bytes(self, now: float) -> int:
        """Bytes in it; `now`: real seconds, monotonic."""
        free = _free(self._folder)
        if now - self._looked_at >= LOOK_EVERY_S or self._free - free >= LOST:
            self._looked_at, self._free = now, free
            self._used = used(self._folder)
        return self._used


def used(folder: Path) -> int:
    """Bytes on the file system that all in the folder takes up. What cannot be read, or lies deeper than a
    path is long, counts as nothing."""
    total, waiting = 0, [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as inside:
                for entry in inside:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    total += max(ENTRY, entry.stat(follow_symlinks=False).st_blocks * _BLOCK)
        except OSError:  # it went away, or its permissions did
            continue
    return total


def _free(folder: Path) -> int:
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize
