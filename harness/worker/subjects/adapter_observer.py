"""Watching one QQAdapter, whoever built it: wrappers on the instance, never on the class."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from harness.journal.run_kinds import SubjAttempt, SubjConnect, SubjDisconnect, SubjListener, SubjMessage
from harness.journal.writer import Recorder
from harness.worker.subjects.observer import Edge, spans
from harness.worker.subjects.occurrence import Counter


class AdapterWatch:
    """Records what an adapter's methods do. `attempts` goes on counting over all adapters of a run."""

    def __init__(self, adapter: Any, record: Recorder, attempts: Counter) -> None:
        self.adapter = adapter
        self.listener_ended = False
        self._record = record
        self._wrap("_reconnect", attempts, bool)
        self._wrap("connect", lambda: SubjConnect, bool)
        self._wrap("disconnect", lambda: SubjDisconnect)
        self._wrap("_listen_loop", lambda: SubjListener)
        adapter._listen_loop = self._noting_its_end(adapter._listen_loop)
        adapter.handle_message = self._noting_messages(adapter.handle_message)

    @staticmethod
    def counters() -> Counter:
        """What several watches of one run share."""
        return Counter(SubjAttempt)

    def _wrap(
        self, method: str, make: Callable[[], Edge], good: Callable[[Any], bool] = lambda result: True
    ) -> None:
        call = getattr(self.adapter, method, None)
        if call is not None:
            setattr(self.adapter, method, spans(call, self._record, make, good=good))

    def _noting_its_end(self, listen: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def noting() -> None:
            try:
                await listen()
            finally:
                self.listener_ended = True

        return noting

    def _noting_messages(self, handle: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
        async def noting(event: Any) -> Any:
            self._record("probe", SubjMessage(str(event.message_id)))
            return await handle(event)

        return noting
