"""An adapter that is made to speak: what is called, and what is recorded of how it went."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.journal.run_kinds import SubjSend
from harness.worker.subjects.adapter import AdapterSubject
from tests.harness.worker.runs import Journal


class Speaker:
    """An adapter whose send gives this, or raises it."""

    def __init__(self, result: Any) -> None:
        self.sent: list[tuple[str, str]] = []
        self._result = result

    async def send(self, place: str, text: str) -> Any:
        self.sent.append((place, text))
        if isinstance(self._result, Exception):
            raise self._result
        return self._result


@pytest.mark.parametrize(
    ("result", "how", "error", "sent"),
    [
        (SimpleNamespace(success=True), "ok", None, None),
        (SimpleNamespace(success=True, message_id="m1"), "ok", None, "m1"),
        (None, "ok", None, None),
        (SimpleNamespace(success=False), "failed", None, None),
        (ValueError("no"), "raised", "ValueError: no", None),
    ],
)
def test_its_own_send_is_called_and_what_becomes_of_it_recorded(
    tmp_path: Path, result: Any, how: Any, error: str | None, sent: str | None
) -> None:
    journal = Journal(tmp_path)
    subject: Any = AdapterSubject.__new__(AdapterSubject)
    subject.adapter, subject._record, subject._speaking = Speaker(result), journal.record, set()

    async def run() -> None:
        subject.speaks("group", "G", "hello")
        await asyncio.gather(*subject._speaking)

    asyncio.run(run())
    assert subject.adapter.sent == [("G", "hello")]
    assert [record.event for record in journal.records()] == [
        SubjSend("begin", None, None, "group", "G", "hello"),
        SubjSend("end", how, error, "group", "G", "hello", sent),
    ]
