"""hermes-agent as a program, untouched: `hermes gateway run`, led to a served platform by a proxy and a CA.

No file of it is changed and nothing is laid over it. It knows QQ's real URLs only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_qq_server.client import Client
from tests.clients.known import CLIENTS
from tests.clients.served_bot import CLOSES, reply_to, served_bot, survives

UNKNOWN_MODEL = "Provider authentication failed"
"""What it answers where no model is configured, after a message has gone its whole way."""

pytestmark = pytest.mark.release


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Client]:
    """The control API of a platform that this bot is ready on."""
    known = CLIENTS["hermes-agent"]
    with served_bot(known.command, tmp_path, *known.options) as served:
        yield served.qq


def test_the_untouched_program_answers_users_and_groups_and_comes_back_after_a_close(bot: Client) -> None:
    for t, scene in {"C2C_MESSAGE_CREATE": "c2c", "GROUP_AT_MESSAGE_CREATE": "group"}.items():
        sent = reply_to(bot, t)
        assert (sent["scene"], sent["accepted"]) == (scene, True)
        assert UNKNOWN_MODEL in str(sent["text"])
    for close in CLOSES:
        survives(bot, close)
        assert UNKNOWN_MODEL in str(reply_to(bot, "C2C_MESSAGE_CREATE")["text"])


def test_it_answers_no_message_of_a_guild(bot: Client) -> None:
    """0.19.0 knows AT_MESSAGE_CREATE by another name, and has no way to write to a guild's direct chat."""
    for t in ("AT_MESSAGE_CREATE", "DIRECT_MESSAGE_CREATE"):
        bot.dispatch(t, text="hello")
    reply_to(bot, "C2C_MESSAGE_CREATE")
    assert {row["scene"] for row in bot.sends()} == {"c2c"}
