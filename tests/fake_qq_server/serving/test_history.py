"""What is kept for who asks, and who is woken."""

from __future__ import annotations

import asyncio

from fake_qq_server.client.shapes import Record
from fake_qq_server.events import Envelope, WsIn
from fake_qq_server.serving.history import KEPT, History, since


def test_records_are_numbered_here_or_by_the_journal() -> None:
    shown: list[Record] = []
    history = History(shown.append)
    assert [history("peer", WsIn("heartbeat")) for _ in range(2)] == [1, 2]
    numbered = History(shown.append, lambda src, event, about=Envelope(), x=None: 41)
    assert numbered("peer", WsIn("heartbeat")) == numbered.last == 41
    assert [row["n"] for row in shown] == [1, 2, 41]


def test_the_newest_are_kept_and_numbers_go_on_after_a_clear() -> None:
    history = History(lambda row: None)
    for _ in range(KEPT + 3):
        history("peer", WsIn("heartbeat"))
    assert (len(history.records), history.records[0]["n"]) == (KEPT, 4)
    history.clear()
    assert history("peer", WsIn("heartbeat")) == KEPT + 4
    assert [row["n"] for row in since(history.records, 0)] == [KEPT + 4]
    assert since(history.records, KEPT + 4) == []


async def test_everybody_who_waits_is_woken_by_one_record() -> None:
    history = History(lambda row: None)
    waiting = [asyncio.create_task(history.changed()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    history("peer", WsIn("heartbeat"))
    done, _ = await asyncio.wait(waiting, timeout=5)
    assert len(done) == 3
