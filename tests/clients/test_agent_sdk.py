"""Tencent's qqbot-agent-sdk from PyPI against a served platform: two variables lead it there."""

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
    known = CLIENTS["qqbot-agent-sdk"]
    with served_bot(known.command, tmp_path, *known.options) as served:
        yield served.qq


MESSAGES = {"C2C_MESSAGE_CREATE": "c2c", "GROUP_AT_MESSAGE_CREATE": "group"}
"""Its parser's word for where a message was written."""


def answers(qq: Client, t: str) -> None:
    """It replies to a message of this type, to whom it was from."""
    sent = reply_to(qq, t)
    assert (sent["text"], sent["accepted"]) == (f"{MESSAGES[t]}: hello", True), sent


def test_it_answers_users_and_groups_and_comes_back_after_a_close(bot: Client) -> None:
    for t in MESSAGES:
        answers(bot, t)
    for close in CLOSES:
        survives(bot, close)
        answers(bot, "C2C_MESSAGE_CREATE")


def test_it_does_not_know_a_guilds_message_by_its_name(bot: Client) -> None:
    """It listens for GUILD_AT_MESSAGE_CREATE; QQ's documentation and other clients say AT_MESSAGE_CREATE."""
    bot.dispatch("AT_MESSAGE_CREATE", text="hello")
    answers(bot, "C2C_MESSAGE_CREATE")
    assert {row["scene"] for row in bot.sends()} == {"c2c"}
