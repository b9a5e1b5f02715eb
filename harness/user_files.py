"""Files and folders that a person names: whatever may stand at such a place is told in words, and no more.

A name may be too long, a pipe that nobody writes to, a device without an end, or in the home of nobody.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

from harness.errors import UsageError

MOST_BYTES = 1 << 30
"""More than any journal; a file that is larger is a mistake."""


class CannotRead(Exception):
    """Why a file cannot be read, as half a sentence: `it is a folder`."""


def expanded(name: str) -> Path:
    """The path with `~` resolved. Raises UsageError for a user that this machine does not have."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise UsageError(f"{name}: there is no such user on this machine") from None


def is_file(path: Path) -> bool:
    """Whether there is an ordinary file; no name is too odd to ask."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_dir(path: Path) -> bool:
    """Whether there is a folder; no name is too odd to ask."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """An ordinary file's content. Raises CannotRead."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        raise CannotRead(problem.strerror or str(problem)) from None
    except ValueError:
        raise CannotRead("that is no name of a file") from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise CannotRead("it is a folder" if stat.S_ISDIR(found.st_mode) else "it is no ordinary file")
        if found.st_size > most:
            raise CannotRead(f"it has more than {most >> 20} MiB")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    except OSError as problem:
        raise CannotRead(problem.strerror or str(problem)) from None
    finally:
        os.close(descriptor)


def read_json(path: Path) -> Any:
    """An ordinary file's JSON. Raises UsageError, which names the file, also where it is none."""
    try:
        return json.loads(read_text(path))
    except CannotRead as why:
        raise UsageError(f"{path} cannot be read: {why}") from None
    except (ValueError, RecursionError) as problem:
        raise UsageError(f"{path} is not JSON") from problem


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """An ordinary file's text. Raises CannotRead, also where it is not UTF-8."""
    try:
        return read_bytes(path, most).decode("utf-8")
    except UnicodeDecodeError:
        raise CannotRead("it is not UTF-8") from None
