"""What every adapter of a registered platform begins with."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import Platform, PlatformConfig
from ..state_file import write


@dataclass(frozen=True)
class Source:
    """Where a message comes from."""

    chat_id: str
    chat_type: str
    user_id: str


@dataclass(frozen=True)
class MessageEvent:
    """One message."""

    text: str
    source: Source
    message_id: str


@dataclass(frozen=True)
class SendResult:
    """What became of a message that was sent."""

    success: bool
    message_id: str | None = None


class BasePlatformAdapter:
    """Keeps its platform's word in the status file, and sends what the handler answers."""

    has_fatal_error = False
    fatal_error_code: str | None = None
    fatal_error_retryable = False

    def __init__(self, config: PlatformConfig, platform: Platform) -> None:
        self.config = config
        self.platform = platform
        self.is_connected = False
        self._on_message: Callable[[Any], Awaitable[str | None]] | None = None

    def set_message_handler(self, handler: Callable[[Any], Awaitable[str | None]]) -> None:
        self._on_message = handler

    def set_fatal_error_handler(self, handler: Callable[[Any], Awaitable[None]]) -> None:
        """It never has one."""

    def build_source(self, *, chat_id: str, chat_type: str, user_id: str) -> Source:
        return Source(chat_id, chat_type, user_id)

    async def handle_message(self, event: MessageEvent) -> None:
        text = await self._on_message(event) if self._on_message else None
        if text:
            await self.send(event.source.chat_id, text)

    async def send(self, chat_id: str, content: str) -> SendResult:
        raise NotImplementedError

    def _mark_connected(self) -> None:
        self.is_connected = True
        self._say("connected")

    def _mark_disconnected(self) -> None:
        self.is_connected = False
        self._say("disconnected")

    def _say(self, state: str) -> None:
        path = Path(os.environ["HERMES_HOME"]) / "gateway_state.json"
        write(path, lambda file: file["platforms"].update({self.platform.value: {"state": state}}))
