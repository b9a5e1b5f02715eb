"""What an adapter's methods do is recorded by wrappers on the one instance."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from fake_qq_server.platform.told import LONGEST_PASSAGE
from harness.journal.run_kinds import SubjAttempt, SubjConnect, SubjDisconnect, SubjListener, SubjMessage
from harness.worker.subjects.adapter_observer import AdapterObserver
from tests.harness.worker.runs import Journal


class Adapter:
    """Has the methods that are observed."""

    def __init__(self, *connects: bool) -> None:
        self.connects = list(connects)
        self.messages: list[object] = []

    async def connect(self) -> bool:
        return self.connects.pop(0)

    async def disconnect(self) -> None:
        return None

    async def _reconnect(self) -> bool:
        return self.connects.pop(0)

    async def _listen_loop(self) -> None:
        raise ConnectionError("gone")

    async def handle_message(self, event: object) -> None:
        self.messages.append(event)


async def test_connect_and_disconnect_are_recorded_with_how_they_ended(journal: Journal) -> None:
    adapter = Adapter(False)
    AdapterObserver(adapter, journal.record, AdapterObserver.counters())
    assert await adapter.connect() is False
    await adapter.disconnect()
    assert journal.events() == [
        SubjConnect("begin"),
        SubjConnect("end", "failed"),
        SubjDisconnect("begin"),
        SubjDisconnect("end", "ok"),
    ]


async def test_attempts_are_counted_over_all_adapters_of_a_run(journal: Journal) -> None:
    attempts = AdapterObserver.counters()
    for adapter in (Adapter(False), Adapter(True)):
        AdapterObserver(adapter, journal.record, attempts)
        await adapter._reconnect()
    ends = [event for event in journal.events() if isinstance(event, SubjAttempt) and event.phase == "end"]
    assert ends == [SubjAttempt("end", "failed", None, 1), SubjAttempt("end", "ok", None, 2)]


async def test_an_event_that_is_no_message_of_the_platform_is_not_recorded_as_one(journal: Journal) -> None:
    adapter = Adapter()
    AdapterObserver(adapter, journal.record, AdapterObserver.counters())
    await adapter.handle_message(SimpleNamespace(message_id=None))
    assert len(adapter.messages) == 1 and journal.events() == []


async def test_a_listener_that_raises_has_ended(journal: Journal) -> None:
    adapter = Adapter()
    observer = AdapterObserver(adapter, journal.record, AdapterObserver.counters())
    assert not observer.listener_ended
    with pytest.raises(ConnectionError):
        await adapter._listen_loop()
    assert observer.listener_ended
    assert journal.events()[1] == SubjListener("end", "raised", "ConnectionError: gone")


async def test_a_message_is_recorded_by_its_id_and_passed_on(journal: Journal) -> None:
    adapter = Adapter()
    AdapterObserver(adapter, journal.record, AdapterObserver.counters())
    event = SimpleNamespace(message_id="m-1")
    await adapter.handle_message(event)
    assert adapter.messages == [event]
    assert journal.events() == [SubjMessage("m-1")]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"text": " hello\n there "}, {"text": "hello there"}),
        ({"text": "<@!1> hello"}, {"text": "hello"}),
        ({"text": "x" * (LONGEST_PASSAGE + 1)}, {"text": "x" * LONGEST_PASSAGE}),
        ({"text": ""}, {}),
        ({"text": None}, {}),
        ({"text": 5}, {}),
        ({"text": "this", "reply_to_text": "of before"}, {"text": "of before this"}),
        ({"source": SimpleNamespace(chat_id="G", user_id="U")}, {"place": "G", "user": "U"}),
        ({"source": SimpleNamespace(chat_id=7, user_id=None)}, {"place": "7", "user": ""}),
        ({"source": None}, {}),
        ({"media_urls": ["/tmp/a.png", "/tmp/b.png"]}, {"media": 2}),
        ({"media_urls": []}, {}),
        ({"media_urls": None}, {}),
    ],
)
async def test_a_message_is_recorded_with_what_the_adapter_made_of_it(
    journal: Journal, given: dict[str, Any], told: dict[str, Any]
) -> None:
    adapter = Adapter()
    AdapterObserver(adapter, journal.record, AdapterObserver.counters())
    await adapter.handle_message(SimpleNamespace(message_id="m-1", **given))
    assert journal.events() == [SubjMessage("m-1", **told)]


def test_another_instance_of_the_class_is_not_observed(journal: Journal) -> None:
    AdapterObserver(Adapter(True), journal.record, AdapterObserver.counters())
    assert asyncio.run(Adapter(True).connect())
    assert journal.events() == []


class Closing(Adapter):
    async def _listen_loop(self) -> None:
        await self.disconnect()


async def test_a_listener_that_ends_because_of_a_disconnect_did_not_give_up(journal: Journal) -> None:
    adapter = Closing()
    observer = AdapterObserver(adapter, journal.record, AdapterObserver.counters())
    await adapter._listen_loop()
    assert not observer.listener_ended
    adapter.disconnect = lambda: asyncio.sleep(0)  # type: ignore[method-assign]
    await adapter._listen_loop()
    assert observer.listener_ended
