"""A stand-in for a hermes-agent that fixes are laid over, and diffs of its files."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

from harness.hermes.installation import Installation
from harness.hermes.layouts import recognise

ADAPTER = "gateway/platforms/qqbot/adapter.py"


def installation(root: Path) -> Installation:
    return Installation(
        name="hermes-agent", version="0.19.0", source="path", root=root, interpreter=Path(sys.executable),
        path_entries=(root,), commit=None, sha256="0" * 64, aiohttp="3.14.1", python="3.12.1",
        layout=recognise(root),
    )  # fmt: skip


def diff(old: str, new: str, before: str, after: str, context: int = 3) -> str:
    """A unified diff of two texts; "" as a name means /dev/null."""
    names = (f"a/{old}" if old else "/dev/null", f"b/{new}" if new else "/dev/null")
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), names[0], names[1], n=context
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
