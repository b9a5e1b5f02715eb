"""The command that does a stored run again, from what its outcome and journal say. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Collection

from harness.reporting.runs import Reported


def repeat_command(run: Reported, shipped: Collection[str]) -> str:
    """`qqchaos run NAME --hermes ...`. A scenario that is not `shipped` was a file's: FILE stands for that.

    A checkout is named by its commit or its folder as far as the journal tells them, else PATH.
    """
    words = ["qqchaos", "run", run.name if run.name in shipped else f"FILE::{run.name}"]
    words += _subject(run)
    words += ["--with-fix", run.ran.fix] if run.ran.fix else []
    words += ["--level", run.level] if run.level != "adapter" else []
    words += ["--seed", str(run.ran.seed)] if run.ran.seed else []
    return shlex.join(words)


def _subject(run: Reported) -> list[str]:
    source = run.ran.document["subject"].get("source")
    if source == "release":
        return ["--hermes", run.ran.version, "--python", run.ran.python]
    if source != "path":
        return []
    commit = run.opened.subject.get("commit") if run.opened else None
    if commit and not str(commit).endswith("-dirty"):
        return ["--hermes", f"git:{commit}"]
    there = run.records[0].x.get("subject") if run.records else None
    path = there.get("path") if isinstance(there, dict) else None
    return ["--hermes", str(path or "PATH")]
