"""One try: a command line, its exit status, what it said, and what is wrong with that."""

from __future__ import annotations

import contextlib
import io
import signal
import subprocess
import sys
import traceback
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from harness import cli
from harness.errors import INTERRUPTED, WRONG_USAGE

LIMIT_S = 300.0
"""Real seconds, on a machine that may be busy; what takes longer hangs."""
DEFECT = "a defect of this program"


class TimeIsUp(BaseException):
    """A try took too long. No handler of errors takes it for one."""


@dataclass(frozen=True)
class Tried:
    """What came of a command line. `status` is None where it did not end, or raised."""

    status: int | None
    out: str
    err: str

    def complaint(self, allowed: Collection[int], longest: int = 1000) -> str | None:
        """What is wrong with it, in words; None where nothing is. `longest`: a sentence."""
        if self.status is None:
            return self.err.strip() or "no end"
        if "Traceback" in self.err or "Traceback" in self.out or DEFECT in self.err:
            return f"a traceback: {self.err.strip()[-2000:]}"
        if self.status not in allowed:
            return (
                f"status {self.status}, not one of {sorted(allowed)}: {(self.err or self.out).strip()[-500:]}"
            )
        if self.status == WRONG_USAGE and not self._is_one_sentence(longest):
            return f"wrong usage, but not one sentence: {self.out[:300]!r} {self.err[:700]!r}"
        return None

    def _is_one_sentence(self, longest: int) -> bool:
        lines = self.err.splitlines()
        return len(lines) == 1 and lines[0].startswith("qqchaos") and len(lines[0]) <= longest


def in_process(words: Sequence[str]) -> Tried:
    """In this process: quick, for what only reads."""
    out, err = io.StringIO(), io.StringIO()
    status: int | None = None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            with _limit():
                status = cli.main(words)
        except SystemExit as left:
            status = left.code if isinstance(left.code, int) else None
        except TimeIsUp:
            err.write(f"no end within {LIMIT_S:.0f} s: {traceback.format_exc()[-2000:]}")
        except Exception:
            err.write(traceback.format_exc())
    return Tried(status, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _limit() -> Iterator[None]:
    def up(number: int, frame: FrameType | None) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, up)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def as_program(words: Sequence[str], folder: Path, *, ends_s: float | None = None) -> Tried:
    """The program itself, in a folder. `ends_s`: it is asked to end (SIGTERM) after so long."""
    with subprocess.Popen(
        [sys.executable, "-m", "harness.cli", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        text=True,
        errors="replace",
    ) as process:
        if ends_s is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(ends_s)
            process.terminate()
        try:
            out, err = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            return Tried(None, out, f"no end within {LIMIT_S:.0f} s; it said: {err[-1000:]}")
    return Tried(as_a_shell_says(process.returncode), out, err)


def as_a_shell_says(status: int) -> int:
    """An interrupt that comes while Python executes a text, as dataclasses do on import, is caught, and yet
    Python ends itself by SIGINT afterwards. A shell says 130 to both."""
    return INTERRUPTED if status == -signal.SIGINT else status
