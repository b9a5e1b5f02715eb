"""The real QQAdapter as a subject: built, redirected, observed, with a recording fatal-error handler.

Import this only in a worker: it imports the subject. The client's code and constants are as shipped; its
endpoints are redirected (imported by value, so patched where they are used), and what it does is observed
through wrappers on the one instance, never on the class.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.hermes.layouts import Layout
from harness.journal.run_kinds import How, SpanPhase, SubjHandler, SubjSend, SubjState
from harness.journal.writer import Recorder
from harness.scenario.run_spec import Answers, BotConfig, Handler
from harness.worker.subjects import qq_config
from harness.worker.subjects.adapter_observer import AdapterObserver
from harness.worker.subjects.message_handler import MessageHandler
from harness.worker.subjects.observer import (
    LogRecorder,
    StateRecorder,
    StatusFile,
    fatal_message,
    one_line,
    record_calls,
    record_never_awaited,
)
from harness.worker.subjects.occurrence import CallCounter

PLATFORM = "qqbot"


@dataclass(frozen=True)
class Endpoints:
    """Where the fake listens, as the adapter's constants want it."""

    api: str
    token: str

    def for_name(self, constant: str) -> str:
        """The address for one of the names in `Layout.endpoints`."""
        return {"API_BASE": self.api, "TOKEN_URL": self.token}[constant]


def load(layout: Layout) -> Any:
    """Import the adapter's module. Whatever it raises means that the subject cannot be driven."""
    module = importlib.import_module(layout.module)
    if not getattr(module, "AIOHTTP_AVAILABLE", True):
        raise ImportError("aiohttp is missing, and without it the QQ adapter never connects")
    return module


class _OwnSend:
    """One call of the adapter's send, of its own accord; `begin` is what is recorded of its begin."""

    def __init__(self, begin: SubjSend, send: Callable[[str, str], Awaitable[Any]]) -> None:
        self._begin = begin
        self._send = send
        self._sent: str | None = None

    async def send(self, place: str, text: str) -> Any:
        """What the adapter says of it."""
        result = await self._send(place, text)
        named = getattr(result, "message_id", None)
        self._sent = str(named) if named else None
        return result

    def span(self, phase: SpanPhase, how: How | None, error: str | None) -> SubjSend:
        """The record of its begin, or of its end."""
        return replace(self._begin, phase=phase, how=how, error=error, sent=self._sent)


class AdapterSubject:
    """One QQAdapter, built for one run; where a rule restarts it, one after the other."""

    def __init__(
        self,
        module: Any,
        layout: Layout,
        endpoints: Endpoints,
        credentials: tuple[str, str],
        record: Recorder,
        *,
        handler: Handler,
        answers: Answers,
        bot: BotConfig,
        on_gave_up: Callable[[], None],
    ) -> None:
        self._record = record
        self._on_gave_up = on_gave_up
        self._stopping = False
        self._speaking: set[asyncio.Task[Any]] = set()
        self.module = module
        for constant in layout.endpoints:
            setattr(module, constant, endpoints.for_name(constant))
        self._layout, self._credentials, self._bot = layout, credentials, bot
        self._attempts = AdapterObserver.counters()
        self._message_handler = MessageHandler(answers, record)
        self._fatal_error_handler = self._fatal_handler(handler)
        self.build()
        home = Path(os.environ["HERMES_HOME"])
        status = StatusFile(home / "gateway_state.json", PLATFORM, record)
        self.state = StateRecorder(
            lambda: self._read_state(status), record, lambda: fatal_message(self.adapter)
        )
        self._logs = LogRecorder(record)
        logging.getLogger().addHandler(self._logs)
        logging.getLogger().setLevel(logging.INFO)
        record_never_awaited(record)

    async def connect(self) -> None:
        """The subject's own connect(); its failure is the subject's, and is in the journal."""
        try:
            await self.adapter.connect()
        except Exception as exc:
            logging.getLogger("gateway").error("connect() raised %s", one_line(exc))

    async def disconnect(self) -> None:
        """The marked tear-down."""
        self._stopping = True
        self._logs.collecting = True
        await self.stop()

    async def stop(self) -> None:
        """The subject's own disconnect(); its failure is the subject's."""
        try:
            await self.adapter.disconnect()
        except Exception as exc:
            logging.getLogger("gateway").error("disconnect() raised %s", one_line(exc))

    def speaks(self, scene: str, place: str, text: str) -> None:
        """Make it send a message, as a scheduled job of its owner would. Called in its loop."""
        task = asyncio.create_task(self._speak(scene, place, text), name="harness: speak")
        self._speaking.add(task)
        task.add_done_callback(self._speaking.discard)

    async def _speak(self, scene: str, place: str, text: str) -> None:
        call = _OwnSend(SubjSend("begin", None, None, scene, place, text), self.adapter.send)
        send = record_calls(
            call.send,
            self._record,
            lambda: call.span,
            succeeded=lambda result: bool(getattr(result, "success", True)),
        )
        with contextlib.suppress(Exception):  # the subject's, and in the journal
            await send(place, text)

    def forsake(self) -> None:
        """The adapter is about to be killed: what ends from here on was not its own doing."""
        self._observer.bidden = True

    @property
    def warnings(self) -> list[str]:
        """What asyncio had to say during the tear-down ("Unclosed client session")."""
        return self._logs.asyncio_lines

    def sample(self) -> None:
        """Record what it says of itself, where that changed; notice when it gives up."""
        self.state.sample()
        fatal = bool(self.state.last and self.state.last.fatal)
        if (self._observer.listener_ended or fatal) and not self._stopping:
            self._on_gave_up()

    # -- building

    def build(self) -> None:
        """Make the adapter, or after its end another one, and observe it."""
        self.adapter = self._new_adapter()
        self._observer = AdapterObserver(self.adapter, self._record, self._attempts)
        self.adapter.set_message_handler(self._message_handler)
        self.adapter.set_fatal_error_handler(self._fatal_error_handler)

    def _new_adapter(self) -> Any:
        config = importlib.import_module("gateway.config")
        extra = qq_config.extra(self._credentials, self._bot)
        return getattr(self.module, self._layout.class_name)(config.PlatformConfig(enabled=True, extra=extra))

    def _read_state(self, status: StatusFile) -> SubjState:
        adapter = self.adapter
        fatal = None
        if adapter.has_fatal_error:
            fatal = {"code": adapter.fatal_error_code, "retryable": adapter.fatal_error_retryable}
        return SubjState(bool(adapter.is_connected), fatal, status.read_state())

    # -- what the gateway around it would do

    def _fatal_handler(self, handler: Handler) -> Callable[[Any], Awaitable[None]]:
        new_call = CallCounter(SubjHandler)

        async def called(adapter: Any) -> None:
            if handler.kind == "slow":
                await asyncio.sleep(handler.slow_us / 1e6)
            elif handler.kind == "raise":
                raise RuntimeError("the fatal-error handler raises, as the scenario says")
            elif handler.kind == "disconnect":
                await adapter.disconnect()

        return record_calls(called, self._record, new_call)
