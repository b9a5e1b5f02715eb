"""qq-botpy from PyPI against a served platform: it logs in, hears, answers, and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_qq_server.client import Client
from tests.clients.known import CLIENTS
from tests.clients.served_bot import CLOSES, reply_to, served_bot, survives

pytestmark = pytest.mark.release


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Client]:
    """The control API of a platform that this bot is ready on."""
    known = CLIENTS["qq-botpy"]
    with served_bot(known.command, tmp_path, *known.options) as served:
        yield served.qq


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
