"""The small correct bot as a subject, whole or with something laid into it: quicker than a release."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.commands.results import Judged
from harness.commands.series import Series
from harness.hermes import environments
from harness.scenario import selection

ROOT = Path(__file__).parents[2]
CORRECT = ROOT / "tests" / "calibration" / "correct"
ADAPTER = "gateway/platforms/qqbot/adapter.py"
CONNECT = (
    '        """Come into service, once. Its caller decides about another try, so nobody else is told."""\n'
)
IMPORTS = "from ...config import Platform, PlatformConfig\n"


def copy(folder: Path, *, on_import: str = "", in_connect: str = "") -> Path:
    """A copy of the bot; `on_import` runs when its module is imported, `in_connect` when it connects."""
    root = folder / "bot"
    shutil.copytree(CORRECT, root)
    adapter = root / ADAPTER
    text = adapter.read_text(encoding="utf-8")
    for place, more in ((IMPORTS, on_import), (CONNECT, f"        {in_connect}" if in_connect else "")):
        assert text.count(place) == 1
        text = text.replace(place, place + more + "\n")
    adapter.write_text(text, encoding="utf-8")
    return root


def run(root: Path, out: Path, names: Sequence[str], jobs: int = 2) -> list[Judged]:
    """Drive the bot in `root` through runs of the catalogue, or of files."""
    series = Series(environments.resolve(str(root), sys.executable), out, jobs=jobs)
    return series.run(selection.by_names(names, "adapter"), lambda judged: None)


def qqchaos(*words: str | Path, timeout: float = 120, **how: object) -> subprocess.CompletedProcess[str]:
    """The program itself, in a process."""
    command = [sys.executable, "-m", "harness.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=timeout, **how)  # type: ignore[call-overload, no-any-return]


def on(root: Path = CORRECT) -> tuple[str, str, str, str]:
    """The options that choose the bot as the subject."""
    return ("--hermes", str(root), "--python", sys.executable)


def harmless_patch() -> str:
    """A unified diff that puts a comment before the adapter's first line."""
    first = (CORRECT / ADAPTER).read_text(encoding="utf-8").splitlines()[0]
    return f"--- a/{ADAPTER}\n+++ b/{ADAPTER}\n@@ -1,1 +1,2 @@\n+# A comment.\n {first}\n"
