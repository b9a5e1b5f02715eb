"""A small gateway that does everything right: it owns the adapters, brings back what gave up, and stops.

It stands where hermes-agent has its gateway and has the same face, so that the whole pipeline drives it
unmodified. Where it fails a check, the check is wrong.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .config import Platform, PlatformConfig, load
from .platform_registry import platform_registry
from .platforms.qqbot.adapter import QQAdapter
from .state_file import write

LOOK_EVERY_S = 10.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 30.0, 300.0
LETTING_GO_S = 10.0
STOPPED_BY_SIGTERM = 1
NOTHING_CAN_HELP = 78

logger = logging.getLogger("gateway.run")


@dataclass(frozen=True)
class Code:
    """What the process exits with; None: not decided."""

    value: int | None = None


class GatewayRunner:
    """Runs from `start` to `stop`. `adapters` are in service, `_failed_platforms` wait for another try."""

    def __init__(self, config: dict[Platform, PlatformConfig] | None = None) -> None:
        self.config = config if config is not None else load()
        self.adapters: dict[Platform, Any] = {}
        self._failed_platforms: dict[Platform, dict[str, Any]] = {}
        self.exit_code = Code()
        self.exit_reason: str | None = None
        self._home = Path(os.environ["HERMES_HOME"])
        self._pid_file = self._home / "gateway.pid"
        self._stopped = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect everything that can be; what cannot is tried again, unless no try can help."""
        self._pid_file.write_text(str(os.getpid()), encoding="utf-8")
        self._say("running")
        for platform, config in self.config.items():
            if config.enabled:
                await self._connect(platform, tries=0)
        self._watching = asyncio.create_task(self._watch())
        await self._end_if_nothing_is_left()

    async def stop(self) -> None:
        """Let everything go; what does not let go in time is left to the end of the process."""
        if self._watching is not None:
            self._watching.cancel()
        for adapter in list(self.adapters.values()):
            await self._let_go(adapter)
        self.adapters.clear()
        self._pid_file.unlink(missing_ok=True)
        self._say("stopped")
        self._stopped.set()

    async def wait_for_shutdown(self) -> None:
        await self._stopped.wait()

    # -- adapters

    def _create(self, platform: Platform, config: PlatformConfig) -> Any:
        entry = platform_registry.entries.get(platform.value)
        return entry.adapter_factory(config) if entry else QQAdapter(config)

    async def _connect(self, platform: Platform, tries: int) -> None:
        adapter = self._create(platform, self.config[platform])
        adapter.set_message_handler(self._answer)
        adapter.set_fatal_error_handler(self._handle_adapter_fatal_error)
        if await adapter.connect():
            self._failed_platforms.pop(platform, None)
            self.adapters[platform] = adapter
            return
        await self._let_go(adapter)
        if adapter.fatal_error_retryable:
            self._queue(platform, tries + 1)
        else:
            self._failed_platforms.pop(platform, None)

    async def _answer(self, event: Any) -> str | None:
        return await self._handle_message_with_agent(event)

    async def _handle_message_with_agent(self, event: Any) -> str | None:
        return f"received: {event.text}"

    async def _handle_adapter_fatal_error(self, adapter: Any) -> None:
        """It gave up: its place is free, and it is tried again unless no try can help."""
        platform = adapter.platform
        if self.adapters.get(platform) is adapter:
            del self.adapters[platform]
        await self._let_go(adapter)
        if adapter.fatal_error_retryable:
            self._queue(platform, 0)
        await self._end_if_nothing_is_left()

    async def _let_go(self, adapter: Any) -> None:
        try:
            async with asyncio.timeout(LETTING_GO_S):
                await adapter.disconnect()
        except Exception:
            logger.exception("%s did not let go", adapter.platform.value)

    async def _end_if_nothing_is_left(self) -> None:
        if self.adapters or self._failed_platforms:
            return
        self.exit_code = Code(NOTHING_CAN_HELP)
        self.exit_reason = "no platform is left that another try could bring back"
        await self.stop()

    # -- bringing back

    def _queue(self, platform: Platform, tries: int) -> None:
        pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(tries, 10))
        self._failed_platforms[platform] = {"attempts": tries, "next": time.monotonic() + pause}

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for platform, waiting in list(self._failed_platforms.items()):
                if time.monotonic() >= waiting["next"]:
                    await self._connect(platform, waiting["attempts"])

    def _say(self, state: str) -> None:
        write(self._home / "gateway_state.json", lambda file: file.update({"gateway_state": state}))


async def start_gateway(
    config: dict[Platform, PlatformConfig] | None = None, *, verbosity: int | None = 0
) -> bool:
    """Run until told to stop, or until nothing is left to do. True is exit code 0; SystemExit has its own."""
    runner = GatewayRunner(config)
    loop = asyncio.get_running_loop()
    stopping: set[asyncio.Task[None]] = set()

    def told(number: int) -> None:
        if number == signal.SIGTERM:
            runner.exit_code = Code(STOPPED_BY_SIGTERM)
        stopping.add(asyncio.create_task(runner.stop()))

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told, number)
    await runner.start()
    await runner.wait_for_shutdown()
    if runner.exit_code.value is not None:
        raise SystemExit(runner.exit_code.value)
    return True
