"""Real clients on a platform that decides against them what nothing public says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.known import CLIENTS
from tests.clients.served_bot import CLOSES, reply_to, served_bot, survives

pytestmark = pytest.mark.release


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_comes_back_and_answers_on_a_strict_platform_too(client: str, tmp_path: Path) -> None:
    known = CLIENTS[client]
    with served_bot(known.command, tmp_path, *known.options, "--profile", "strict") as bot:
        bot.qq.move_clock("6s")  # of sessions, one may begin within 5 s
        for close in CLOSES:
            survives(bot.qq, close)
            assert reply_to(bot.qq, "C2C_MESSAGE_CREATE")["accepted"]
