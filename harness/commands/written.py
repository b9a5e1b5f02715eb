"""What commands print and write: JSON as it stands in files and on the terminal, and files."""

from __future__ import annotations

import json
from pathlib import Path

from harness.errors import HarnessError


def as_text(document: object) -> str:
    """JSON as it stands in files and on the terminal, without the last line feed."""
    return json.dumps(document, ensure_ascii=False, indent=1)


def write_file(path: Path, text: str) -> None:
    """Write `text` and a line feed. Raises HarnessError where that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")  # which JSON reads
    except OSError as problem:
        raise HarnessError(f"{path} cannot be written: {problem.strerror}") from problem
