"""What commands print and write: JSON as it stands in files and on the terminal, and files."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

from harness.errors import HarnessError


def as_text(document: object) -> str:
    """JSON as it stands in files and on the terminal, without the last line feed."""
    return json.dumps(document, ensure_ascii=False, indent=1)


def write_file(path: Path, text: str) -> None:
    """Write `text` and a line feed. Raises HarnessError where that cannot be done."""
    write(path, text + "\n")


def write(path: Path, content: str | bytes) -> None:
    """Write a file and the folders above it. Raises HarnessError where that cannot be done."""
    # Escaped with backslashes is what cannot be encoded, and JSON reads that.
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(opened(path), "wb") as file:
            file.write(data)
    except (OSError, ValueError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else problem
        raise HarnessError(f"{path} cannot be written: {why}") from problem


def opened(path: Path, mode: int = 0o666) -> int:
    """The descriptor of a file to write, emptied. Raises OSError, also for a pipe that nobody reads: it would
    wait for a reader."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NONBLOCK, mode)
    except OSError as problem:
        if problem.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "it is a pipe that nobody reads", str(path)) from None
        raise
    os.set_blocking(file, True)
    return file
