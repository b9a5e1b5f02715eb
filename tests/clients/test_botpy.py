"""qq-botpy from PyPI against a served platform: it logs in, hears, answers, and comes back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_qq_server.client import Client
from tests.clients.served_bot import CLOSES, PROGRAMS, Command, installed, ready_bot, reply_to, survives

BOTPY = "qq-botpy==1.2.1"
BOT = PROGRAMS / "botpy_bot.py"

pytestmark = pytest.mark.release


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Client]:
    """The control API of a platform that this bot is ready on."""
    botpy = installed(BOTPY)

    def command(at: dict[str, Any]) -> Command:
        return Command((sys.executable, str(BOT), at["token"], at["api"]), {"PYTHONPATH": str(botpy)})

    with ready_bot(command, tmp_path) as qq:
        yield qq


MESSAGES = {
    "C2C_MESSAGE_CREATE": "c2c",
    "GROUP_AT_MESSAGE_CREATE": "group",
    "AT_MESSAGE_CREATE": "guild bot-1",
    "DIRECT_MESSAGE_CREATE": "dm",
}


def answers(qq: Client, t: str) -> None:
    """It replies to a message of this type, to whom it was from."""
    sent = reply_to(qq, t)
    assert (sent["text"], sent["accepted"]) == (MESSAGES[t], True), sent


def test_it_answers_messages_of_every_scene_and_comes_back_after_a_close(bot: Client) -> None:
    for t in MESSAGES:
        answers(bot, t)
    for close in CLOSES:
        survives(bot, close)
        answers(bot, "C2C_MESSAGE_CREATE")
