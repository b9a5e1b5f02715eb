"""What the tests of other bots share: installing one, running it on a served platform, what each must do."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fake_qq_server.client import Client, shapes
from tests.fake_qq_server.serving.served import client_of, first_line, program

CLIENTS = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "qqchaos" / "clients"
PROGRAMS = Path(__file__).parent / "programs"

CLOSES = {
    "op 7, then 4009": ([{"frame": {"op": 7, "d": None}}, {"close": 4009}], "resumed"),
    "4006": ({"close": 4006}, "ready"),
}
"""What the platform does, and how the session is to go on: by Resume, or by Identify."""


def installed(requirement: str) -> Path:
    """The folder that a client is installed in, from PyPI once."""
    version = f"py{sys.version_info.major}.{sys.version_info.minor}"
    folder = CLIENTS / f"{requirement.replace('==', '-')}-{version}"
    if not folder.is_dir():
        CLIENTS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CLIENTS) as made:
            install = [sys.executable, "-m", "pip", "install", "-q", "--target", f"{made}/it", requirement]
            subprocess.run(install, check=True, timeout=300)
            Path(made, "it").rename(folder)
    return folder


@dataclass(frozen=True)
class Command:
    """How a bot is started: its arguments, and what it has in its environment besides PATH and HOME."""

    arguments: Sequence[str]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class ServedBot:
    """A bot's process, and the control API of the platform that it is ready on."""

    qq: Client
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def served_bot(
    command: Callable[[Path, Mapping[str, Any]], Command], home: Path, *options: str
) -> Iterator[ServedBot]:
    """A bot that is ready. `command` is told a folder of its own and the platform's first line, `options` are
    the platform's. At the end, the platform has complained of nothing."""
    with program("--log", "none", *options) as server:
        at = first_line(server)
        start = command(home, at)
        log = home / "bot.log"
        with log.open("w") as written:
            bot = subprocess.Popen(
                start.arguments,
                cwd=home,
                env={"PATH": os.environ["PATH"], "HOME": str(home), **start.environment},
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
            )
        try:
            qq = client_of(at)
            assert qq.wait("session", {"what": "ready"}, timeout_s=90)["met"], log.read_text()[-4000:]
            yield ServedBot(qq, bot)
        finally:
            bot.kill()
            bot.wait()
        server.terminate()
        _, said = server.communicate(timeout=60)
        # A host that a bot asks besides QQ's is refused and named: the bot's affair.
        assert [line for line in said.splitlines() if not line.startswith("proxy: refused ")] == []


def reply_to(qq: Client, t: str, **fields: Any) -> shapes.Send:
    """What the bot sends in reply to a new message of this type: its first message with that msg_id."""
    before = qq.state()["last"]
    (id,) = qq.dispatch(t, text="hello", **fields)["ids"]
    sent = {"msg_id": id, "what": "message"}
    assert qq.wait("http.send", sent, after=before, timeout_s=60)["met"], t
    return next(row for row in qq.sends(after=before) if (row["msg_id"], row["what"]) == (id, "message"))


def survives(qq: Client, close: str) -> None:
    """It comes back after one of CLOSES, as it is to."""
    do, what = CLOSES[close]
    before = qq.state()["last"]
    qq.push(do)
    assert qq.wait("session", {"what": what}, after=before, timeout_s=60)["met"], close
    other = {"resumed": "ready", "ready": "resumed"}[what]
    sessions = [row["d"]["what"] for row in qq.records(after=before, kind="session")]
    assert other not in sessions, f"{close}: {sessions}"
