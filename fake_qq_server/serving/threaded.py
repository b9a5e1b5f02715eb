"""The fake platform in a thread of its own, for tests in the same process.

    with ThreadedServer() as server:
        qq = Client(server.ready["control"], server.ready["control_token"])

A loop of its own, in real time also where a test freezes that of its process. Nothing is printed, and no
signal is handled.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from concurrent.futures import Future
from dataclasses import replace
from types import TracebackType

from fake_qq_server.client.shapes import Ready
from fake_qq_server.serving.options import Settings
from fake_qq_server.serving.program import ENDED, Program

LONGEST_STOP_S = 30.0
"""How long its sockets may take to close."""


class _RealTime(asyncio.SelectorEventLoop):
    """A loop that keeps the clock that there was: freezegun and the like replace the name in its module."""

    _now = staticmethod(time.monotonic)

    def time(self) -> float:
        """Seconds."""
        return self._now()


class ServerFailed(Exception):
    """The fake itself failed, or its thread did not end: what tests saw since proves nothing."""


class ThreadedServer:
    """Serves from its `with` statement's beginning to its end. `log`, `ready_file` and `print_env` of the
    settings are for the program alone.

    Entering raises OSError where it cannot serve as asked; leaving, and `check`, ServerFailed.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._ready: Future[Ready] = Future()
        self._program = Program(replace(settings or Settings(), log="none"), on_ready=self._begun)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="fake QQ platform", daemon=True)

    @property
    def ready(self) -> Ready:
        """Where it serves."""
        return self._ready.result()

    def __enter__(self) -> ThreadedServer:
        self._thread.start()
        self._ready.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # it ended by itself, and its loop with it
            self._loop.call_soon_threadsafe(self._program.end, ENDED)
        self._thread.join(LONGEST_STOP_S)
        if self._thread.is_alive():
            raise ServerFailed(f"the fake platform did not end within {LONGEST_STOP_S:.0f} s")
        self.check()

    def check(self) -> None:
        """Raises ServerFailed where the fake itself failed."""
        if self._program.problem is not None:
            raise ServerFailed("the fake platform itself failed") from self._program.problem

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=_RealTime) as runner:
                runner.run(self._program.serve())
        except BaseException as problem:
            if self._ready.done():
                self._program.problem = problem
            else:
                self._ready.set_exception(problem)

    def _begun(self, ready: Ready) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set_result(ready)
