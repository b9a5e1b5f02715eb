"""Hostile kinds of subject code: the correct bot, which does one of them when it connects.

Which one stands in the variable LANG, so one copy of the bot is all of them, and the healthy bot besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.harness import bot

HEALTHY = "healthy"


@dataclass(frozen=True)
class Kind:
    """`code`: lines of a function's body. `endings`: what the run may end as; None: it does not come about.
    `walls`: without these it would hurt others, so it is not tried."""

    name: str
    code: str
    endings: tuple[str | None, ...]
    walls: tuple[str, ...] = ()


UNHURT = ("undisturbed",)

KINDS: Sequence[Kind] = (
    Kind("spins", "while True: pass", ("busy-spin",)),
    Kind("waits-in-c", "LIBC.pause()", ("blocked",)),
    Kind("stops-itself", "os.kill(os.getpid(), signal.SIGSTOP)", ("blocked",)),
    Kind("exits", "os._exit(3)", ("crashed",)),
    Kind("exits-with-an-exception", "raise SystemExit(7)", ("crashed", "exited")),
    Kind("segfaults", "ctypes.string_at(0)", ("crashed",)),
    Kind("takes-memory", "taken = [bytearray(b'x' * (8 << 20)) for _ in range(10_000)]", ("crashed",)),
    Kind("recurses", "def again(): again()\nagain()", ("never-connected", "exited")),
    Kind(
        "fills-its-folder",
        "for n in range(10_000): Path(FOLDER, 'tmp', str(n)).write_bytes(b'x' * 1_000_000)",
        ("file-limit",),
    ),
    Kind(
        "prints-without-end",
        "while True: print('x' * 100_000)",
        ("file-limit",),
    ),
    Kind(
        "nests-folders",
        "os.chdir(FOLDER)\nfor _ in range(1_500):\n    os.mkdir('folder')\n    os.chdir('folder')",
        UNHURT,
    ),
    Kind("cuts-its-page", "os.truncate(Path(FOLDER, 'heartbeat'), 0)", ("crashed",)),
    Kind(
        "puts-pipes-in-place-of-its-files",
        "for name in ('stderr', 'stack', 'problem.json', 'stdout'):\n"
        "    Path(FOLDER, name).unlink(missing_ok=True)\n    os.mkfifo(Path(FOLDER, name))",
        UNHURT,
    ),
    Kind(
        "removes-its-folder",
        "shutil.rmtree(FOLDER, ignore_errors=True)",
        ("crashed", "fatal-unnotified", "undisturbed", "exited"),
    ),
    Kind(
        "puts-a-folder-in-place-of-its-journal",
        "os.unlink(JOURNAL)\nos.mkdir(JOURNAL)",
        (None,),
    ),
    Kind(
        "writes-into-its-journal",
        "open(JOURNAL, 'a').write('no record\\n' * 50_000)",
        (None, "instrument-failed"),
    ),
    Kind(
        "closes-all-files",
        "os.closerange(3, 1_000)",
        (None, "busy-spin", "blocked", "crashed", "instrument-failed"),
    ),
    Kind("leaves-a-daemon", "if LIBC.fork() == 0:\n    LIBC.setsid()\n    while True: LIBC.pause()", UNHURT),
    Kind("stops-its-parent", "LIBC.kill(os.getppid(), 19)", UNHURT, ("signals",)),
    Kind("kills-its-parent", "LIBC.kill(os.getppid(), 9)", UNHURT, ("signals",)),
    Kind("asks-to-kill-its-parent", "os.kill(os.getppid(), 9)", UNHURT),
    Kind("connects-by-name", "socket.socket().connect(('hostile.example.org', 80))", UNHURT),
    Kind("looks-up-in-c", "LIBC.gethostbyname(b'hostile.example.org')", UNHURT, ("network",)),
    Kind(
        "connects-in-c",
        "here = struct.pack('=HHI8x', 2, socket.htons(PORT), 0x0100007F)\n"
        "LIBC.connect(socket.socket().fileno(), here, 16)",
        UNHURT,
        ("network",),
    ),
    Kind("starts-a-program", "subprocess.Popen(['/bin/sleep', '600'])", UNHURT),
)

PRELUDE = """
import ctypes, json, os, shutil, signal, socket, struct, subprocess
from pathlib import Path
LIBC = ctypes.CDLL(None)
PORT = {port}


def _do():
    name = os.environ.get("LANG", "")
    if name not in _KINDS:
        return
    try:
        spec = json.loads(Path(os.environ["HOME"], "..", "spec.json").read_text())
        globals().update(FOLDER=spec["folder"], JOURNAL=spec["journal"])
        _KINDS[name]()
    except OSError:
        pass


_KINDS = {{}}
"""


def make(folder: Path, port: int) -> Path:
    """The bot; `port` is one of this machine's that it must not reach."""
    root = bot.copy(folder, in_connect="_do()")
    lines = [PRELUDE.format(port=port)]
    for number, kind in enumerate(KINDS):
        body = "\n    ".join(kind.code.split("\n"))
        lines.append(f"\ndef _kind_{number}():\n    {body}\n\n_KINDS[{kind.name!r}] = _kind_{number}\n")
    adapter = root / bot.ADAPTER
    adapter.write_text(adapter.read_text(encoding="utf-8") + "".join(lines), encoding="utf-8")
    return root


def scenario(kinds: Sequence[Kind]) -> str:
    """A file with a run of each kind, a healthy one before each, and a healthy one at last."""
    lines = [
        "scenario: hostile",
        "story: The bot does something that it must not, or nothing.",
        "issues: []",
        "levels: [adapter, runner]",
        "asks: [connects]",
        "rules: []",
        "end: 10m",
        "variants:",
    ]
    for number, kind in enumerate(kinds):
        lines.append(f"  {HEALTHY}-{number}: []")
        lines.append(f"  {kind.name}: {{environment: {{LANG: {kind.name}}}, rules: []}}")
    lines.append(f"  {HEALTHY}-last: []")
    return "\n".join(lines) + "\n"
