"""A removal of a folder that is killed after so many files and folders."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fake_qq_server.owned_folders import OWNER

MOMENTS = range(6)


class Killed(BaseException):
    """Stands for SIGKILL."""


def leaves_the_owners_file(remove: Callable[[Path], None], folder: Path, after: int) -> bool:
    """Whether what is left of the folder still has the file that tells the next command to go on."""
    (folder / "inside").mkdir(parents=True)
    for name in (OWNER, "a", "z", "inside/file"):
        (folder / name).touch()
    left = after

    def until_killed(real: Callable[..., None]) -> Callable[..., None]:
        def remove_one(*about: Any, **more: Any) -> None:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            real(*about, **more)

        return remove_one

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        for name in ("unlink", "rmdir"):
            patch.setattr(os, name, until_killed(getattr(os, name)))
        remove(folder)
        raise Killed  # it was done before
    there = {one.name for one in folder.iterdir()} if folder.exists() else set()
    return OWNER in there or not there
