"""A second platform beside QQ: a small adapter of our own, registered as hermes' plugins register theirs.

It has no faults: it connects at once, and every ten minutes a user writes to it. Whether it keeps its place
and answers shows whether trouble with QQ stays QQ's. Import this only in a worker, after the subject.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
from collections.abc import Callable
from typing import Any

from harness.errors import SubjectError
from harness.journal.runner_kinds import BesideWord
from harness.journal.writer import Recorder

NAME = "beside"
ALLOW_ALL = "QQCHAOS_BESIDE_ALLOW_ALL"
"""hermes lets a plugin name an environment variable that lets everybody write to it."""

EVERY_S = 600.0
"""Virtual seconds between two messages, each from a new user."""

CONFIGURATION = {"enabled": True, "extra": {}}


def register(record: Recorder, still_writing: Callable[[], bool] = lambda: True) -> None:
    """Register the platform, before the gateway reads its configuration. Users write while `still_writing()`.

    Raises SubjectError on a subject that has no registry of platforms.
    """
    try:
        registry: Any = importlib.import_module("gateway.platform_registry")
        base: Any = importlib.import_module("gateway.platforms.base")
        config: Any = importlib.import_module("gateway.config")
    except ImportError as problem:
        raise SubjectError(f"no second platform can stand beside QQ here: {problem}") from problem
    os.environ[ALLOW_ALL] = "true"
    adapter = _adapter_class(base, config, MessageCounter(record), still_writing)
    registry.platform_registry.register(
        registry.PlatformEntry(
            name=NAME,
            label="Beside",
            adapter_factory=adapter,
            check_fn=lambda: True,
            allow_all_env=ALLOW_ALL,
        )
    )


def _adapter_class(
    base: Any, config: Any, messages: MessageCounter, still_writing: Callable[[], bool]
) -> Any:
    """The platform's adapter: a class made here, for hermes' base class is known only once it is imported."""

    class Beside(base.BasePlatformAdapter):  # type: ignore[misc]
        """In service as soon as it is connected, which takes no time."""

        def __init__(self, configured: Any) -> None:
            super().__init__(configured, config.Platform(NAME))
            self._writing: asyncio.Task[None] | None = None

        async def connect(self, **named: Any) -> bool:
            del named  # newer releases say whether it is a reconnect
            self._mark_connected()
            self._writing = asyncio.create_task(self._write(), name="harness: beside")
            return True

        async def disconnect(self) -> None:
            if self._writing is not None:
                self._writing.cancel()
            self._mark_disconnected()

        async def send(self, chat_id: str, content: str, *more: Any, **named: Any) -> Any:
            del content, more, named
            messages.answered(chat_id)
            return base.SendResult(success=True, message_id=f"sent-{chat_id}")

        async def send_typing(self, chat_id: str, *more: Any, **named: Any) -> None:
            del chat_id, more, named

        async def get_chat_info(self, chat_id: str) -> dict[str, Any]:
            return {"name": chat_id, "type": "dm"}

        async def _write(self) -> None:
            while True:
                await asyncio.sleep(EVERY_S)
                if still_writing():
                    await self._ask(messages.new_message())

        async def _ask(self, user: str) -> None:
            source = self.build_source(chat_id=user, chat_type="dm", user_id=user)
            try:
                await self.handle_message(base.MessageEvent(text="hello", source=source, message_id=user))
            except Exception:
                logging.getLogger("gateway").exception("the message beside QQ was not taken")

    return Beside


class MessageCounter:
    """Numbers the messages and records each, and the first answer to it."""

    def __init__(self, record: Recorder) -> None:
        self._record = record
        self._count = 0
        self._unanswered: dict[str, int] = {}

    def new_message(self) -> str:
        """Record a message by a new user; that user's id, which is also that of the chat."""
        self._count += 1
        user = f"user-{self._count}"
        self._unanswered[user] = self._count
        self._record("probe", BesideWord(self._count, "asked"))
        return user

    def answered(self, chat: str) -> None:
        """The bot wrote to this chat: recorded as the answer, unless the message has one already."""
        number = self._unanswered.pop(chat, None)
        if number is not None:
            self._record("probe", BesideWord(number, "answered"))
