"""qq-botpy from PyPI against a served platform: it logs in, hears, answers, and comes back."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_qq_server.client import Client
from tests.fake_qq_server.serving.served import client_of, first_line, program

BOTPY = "qq-botpy==1.2.1"
BOT = Path(__file__).parent / "programs" / "botpy_bot.py"
CLIENTS = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "qqchaos" / "clients"

pytestmark = pytest.mark.release


@pytest.fixture(scope="module")
def botpy() -> Path:
    """The folder that it is installed in, from PyPI once."""
    version = f"py{sys.version_info.major}.{sys.version_info.minor}"
    folder = CLIENTS / f"{BOTPY.replace('==', '-')}-{version}"
    if not folder.is_dir():
        CLIENTS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CLIENTS) as made:
            install = [sys.executable, "-m", "pip", "install", "-q", "--target", f"{made}/it", BOTPY]
            subprocess.run(install, check=True, timeout=300)
            Path(made, "it").rename(folder)
    return folder


@pytest.fixture
def bot(botpy: Path, tmp_path: Path) -> Iterator[Client]:
    """The control API of a platform that this bot is ready on."""
    with program("--log", "none") as server:
        at = first_line(server)
        child = subprocess.Popen(
            [sys.executable, str(BOT), at["token"], at["api"]],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(botpy), "HOME": str(tmp_path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            qq = client_of(at)
            assert qq.wait("session", {"what": "ready"}, timeout_s=60)["met"]
            yield qq
        finally:
            child.kill()
            child.wait()


MESSAGES = {
    "C2C_MESSAGE_CREATE": "c2c",
    "GROUP_AT_MESSAGE_CREATE": "group",
    "AT_MESSAGE_CREATE": "guild bot-1",
    "DIRECT_MESSAGE_CREATE": "dm",
}


def answers(qq: Client, t: str) -> None:
    """It replies to a message of this type, to whom it was from."""
    before = qq.state()["last"]
    (id,) = qq.dispatch(t, text="hello")["ids"]
    assert qq.wait("http.send", after=before, timeout_s=30)["met"], t
    (sent,) = qq.sends(after=before)
    assert (sent["text"], sent["msg_id"], sent["accepted"]) == (MESSAGES[t], id, True), sent


def test_it_answers_messages_of_every_scene_and_comes_back_after_a_close(bot: Client) -> None:
    for t in MESSAGES:
        answers(bot, t)
    for do, what in (
        ([{"frame": {"op": 7, "d": None}}, {"close": 4009}], "resumed"),
        ({"close": 4006}, "ready"),
    ):
        before = bot.state()["last"]
        bot.push(do)
        assert bot.wait("session", {"what": what}, after=before, timeout_s=60)["met"], what
        answers(bot, "C2C_MESSAGE_CREATE")
