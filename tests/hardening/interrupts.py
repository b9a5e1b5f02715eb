"""A command that is interrupted or killed at any moment: its status, what it says, and what it leaves.

The command lays a patch over the correct bot, drives it through some runs and writes a page, so that a random
moment lies in its imports, in the copy, in the runs or in the report. This process adopts what a command
leaves running (it is the subreaper), so nothing else may start processes in it.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fake_qq_server.owned_folders import OWNER
from harness.errors import FAILED, INTERRUPTED, NOT_JUDGED, PASSED
from harness.process.private_dirs import PREFIX
from tests.hardening.trial import LIMIT_S, Tried, as_a_shell_says
from tests.harness import bot

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
ANY = (PASSED, FAILED, NOT_JUDGED)
LINGERS_S = 30.0
"""Real seconds within which what belonged to a command has ended too."""
RUNS = ("healthy", "closed-once", "op7-resume")
PR_SET_CHILD_SUBREAPER = 36
SHARED_MEMORY = Path("/dev/shm")

PROGRAM = """
import os, sys
from harness import cli
real = cli._run
def told(argv):
    os.write(3, b"b")  # signals are handled from here on
    status = real(argv)
    os.write(3, b"e")
    return status
cli._run = told
sys.exit(cli.main(sys.argv[1:]))
"""


@dataclass(frozen=True)
class Ended:
    """A command's end; whether its signal came while it was at work."""

    tried: Tried
    in_time: bool


def attempts(seed: int, count: int, folder: Path) -> Iterator[str | None]:
    """Interrupt so many commands: what is wrong with each; None where nothing is."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    temporary = folder / "tmp"
    temporary.mkdir()
    patch = folder / "fix.patch"
    patch.write_text(bot.harmless_patch())
    words = ["run", *bot.on(), "--with-fix", str(patch), "--out", str(folder / "out")]
    whole = [*words, *RUNS, "--html", str(folder / "page.html")]
    began = time.monotonic()
    first = _run(whole, temporary)
    takes_s = time.monotonic() - began
    yield first.tried.complaint(ANY)
    for number in range(count):
        rng = random.Random(f"interrupt {seed} {number}")
        which, after_s, before = rng.choice(SIGNALS), rng.uniform(0, takes_s), _folders(temporary)
        ended = _run(whole, temporary, which, after_s)
        wrong = [_complaint(ended, which), *_left_running()]
        if which is signal.SIGKILL:  # what it left in folders, the next command removes
            _run([*words, RUNS[0]], temporary)
        wrong += [f"left {path}" for path in sorted(_folders(temporary) - before)]
        told = "; ".join(filter(None, wrong))
        yield f"interrupt {number}, {which.name} after {after_s:.2f} s: {told}" if told else None


def _complaint(ended: Ended, which: signal.Signals) -> str | None:
    allowed: Collection[int] = (-which,) if which is signal.SIGKILL else (INTERRUPTED,)
    return ended.tried.complaint(allowed if ended.in_time else (*ANY, *allowed, -which))


def _run(
    words: Sequence[str], temporary: Path, which: signal.Signals | None = None, after_s: float = 0.0
) -> Ended:
    """The command, with a signal so long after it began."""
    read, write = os.pipe()
    with (
        os.fdopen(read, "rb", buffering=0) as told,
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=bot.ROOT,
            env={**os.environ, "TMPDIR": str(temporary)},
            preexec_fn=partial(_prepare, write),
            close_fds=False,
        ) as process,
    ):
        os.close(write)
        in_time = told.read(1) == b"b"
        if which is not None:
            time.sleep(after_s)
            os.set_blocking(read, False)
            in_time = in_time and process.poll() is None and told.read(1) is None
            process.send_signal(which)
        try:
            _, err = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return Ended(Tried(None, "", f"no end within {LIMIT_S:.0f} s"), in_time)
    return Ended(Tried(as_a_shell_says(process.returncode), "", err), in_time)


def _prepare(write: int) -> None:
    os.dup2(write, 3)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` ignores it


def _left_running() -> Iterator[str]:
    """What still runs of an ended command, after a while; it is ended."""
    until = time.monotonic() + LINGERS_S
    while time.monotonic() < until:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.02)
        except ChildProcessError:
            return
    for pid in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split():
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        os.kill(int(pid), signal.SIGKILL)
        os.waitpid(int(pid), 0)
        yield f"left {command[:200]} running"


def _folders(temporary: Path) -> set[Path]:
    """The private folders of commands that are dead."""
    found = {*temporary.iterdir(), *SHARED_MEMORY.glob(f"{PREFIX}*")}
    return {path for path in found if path.parent == temporary or _has_no_owner(path)}


def _has_no_owner(folder: Path) -> bool:
    try:
        with (folder / OWNER).open("rb+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
