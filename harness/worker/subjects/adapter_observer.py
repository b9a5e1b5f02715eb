"""Observing one QQAdapter, whoever built it: wrappers on the instance, never on the class."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fake_qq_server.platform.told import LONGEST_PASSAGE, opening
from harness.journal.run_kinds import SubjAttempt, SubjConnect, SubjDisconnect, SubjListener, SubjMessage
from harness.journal.writer import Recorder
from harness.worker.subjects.observer import MakeSpan, record_calls
from harness.worker.subjects.occurrence import CallCounter

SCENES = {"dm": "c2c"}
"""hermes' words for kinds of chats, where QQ has another one."""


class AdapterObserver:
    """Records the calls of an adapter's methods and the messages it is given.

    `attempts` counts reconnect attempts over all adapters of a run. `listener_ended`: the listen loop ended
    unbidden. `bidden`: since it began, its end was asked for, by disconnect() or by the program's end.
    """

    def __init__(self, adapter: Any, record: Recorder, attempts: CallCounter) -> None:
        self.adapter = adapter
        self.listener_ended = self.bidden = False
        self._record = record
        self._wrap("_reconnect", attempts, bool)
        self._wrap("connect", lambda: SubjConnect, bool)
        self._wrap("disconnect", lambda: SubjDisconnect)
        adapter.disconnect = self._noting_the_bidding(adapter.disconnect)
        self._wrap("_listen_loop", lambda: SubjListener)
        adapter._listen_loop = self._noting_the_end(adapter._listen_loop)
        adapter.handle_message = self._noting_messages(adapter.handle_message)

    @staticmethod
    def counters() -> CallCounter:
        """What the observers of all adapters of one run share as `attempts`."""
        return CallCounter(SubjAttempt)

    def _wrap(
        self,
        method: str,
        new_call: Callable[[], MakeSpan],
        succeeded: Callable[[Any], bool] = lambda result: True,
    ) -> None:
        call = getattr(self.adapter, method, None)
        if call is not None:
            setattr(self.adapter, method, record_calls(call, self._record, new_call, succeeded=succeeded))

    def _noting_the_end(self, listen: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def noting() -> None:
            self.bidden = False
            try:
                await listen()
            finally:
                self.listener_ended = self.listener_ended or not self.bidden

        return noting

    def _noting_the_bidding(self, disconnect: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def noting() -> None:
            self.bidden = True
            await disconnect()

        return noting

    def _noting_messages(self, handle: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
        async def noting(event: Any) -> Any:
            if event.message_id is not None:  # hermes hands itself such events, to go on after a restart
                self._record("probe", _given(event))
            return await handle(event)

        return noting


def _given(event: Any) -> SubjMessage:
    """What the adapter made of a message."""
    media, source = (getattr(event, name, None) for name in ("media_urls", "source"))
    # What is quoted stands in the text, or apart from it.
    texts = [getattr(event, name, None) for name in ("reply_to_text", "text")]
    text = "\n".join(one for one in texts if isinstance(one, str))
    place, user, kind = (getattr(source, name, None) for name in ("chat_id", "user_id", "chat_type"))
    return SubjMessage(
        str(event.message_id),
        opening(text, LONGEST_PASSAGE),
        None if source is None else str(place or ""),
        None if source is None else str(user or ""),
        len(media) if media else None,
        SCENES.get(kind, str(kind)) if kind else None,
    )
