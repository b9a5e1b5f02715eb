"""hermes' own gateway as a subject: started as `hermes gateway run` starts it, with QQ as its platform.

Import this only in a worker. Its start, reconnect watcher, fatal handler, shutdown, threads and constants are
as shipped. What must not run is switched off by hermes' own switches (see `gateway_config`) or refused by the
audit hook; docs/runner.md lists each with its reason.

Observed through wrappers on the instances that the gateway makes itself: the only thing replaced in its
classes is their `__init__`, to learn of each instance.
"""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.errors import SubjectError
from harness.hermes.layouts import Layout
from harness.journal.run_kinds import ProcExit, RunnerStop, SubjAttempt, SubjHandler, SubjState
from harness.journal.runner_kinds import BesideState, RunnerAdapter, RunnerHeld, RunnerQueue, RunnerState
from harness.journal.writer import Recorder
from harness.scenario.run_spec import Answers
from harness.worker.subjects import other_platform
from harness.worker.subjects.adapter import PLATFORM, Endpoints
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

AGENT = "_handle_message_with_agent"
"""The runner's method that has an agent answer a message, once its sender is allowed and it is his turn."""


NOTHING_YET: Mapping[type, int] = {}


class GatewaySubject:
    """One start of the gateway. `run` lasts until it ends by itself or is stopped.

    `on_gave_up` is called, perhaps often, once the adapter gave up; `on_handler`, with the number of its
    record, whenever the runner's fatal-error handler begins. With `answers` a handler of ours answers in the
    agent's place; raises SubjectError where it cannot. `counted`: how many calls of each kind earlier lives
    of the program have made. `stopping`: the tear-down has begun. `leaving`: it was told to end, and is to be
    started again. `ended`: the program is over.
    """

    def __init__(
        self,
        modules: tuple[Any, Any],
        layout: Layout,
        endpoints: Endpoints,
        record: Recorder,
        *,
        on_gave_up: Callable[[], None],
        on_handler: Callable[[int], None],
        beside: bool = False,
        answers: Answers | None = None,
        counted: Mapping[type, int] = NOTHING_YET,
    ) -> None:
        adapter_module, self._module = modules
        self._agent = MessageHandler(answers, record) if answers else None
        if answers and not hasattr(self._module.GatewayRunner, AGENT):
            raise SubjectError(f"nothing can answer in the agent's place here: this gateway has no {AGENT}()")
        self._beside = beside
        self._record = record
        self._on_gave_up = on_gave_up
        self._on_handler = on_handler
        self._runner: Any = None
        self._observer: AdapterObserver | None = None
        self._handlers = CallCounter(SubjHandler, counted.get(SubjHandler, 0))
        self._counts = CallCounter(SubjAttempt, counted.get(SubjAttempt, 0))
        self._queue: RunnerQueue | None = None
        self._installed: RunnerAdapter | None = None
        self._beside_state: BesideState | None = None
        self._gateway_state: RunnerState | None = None
        self._snapshot: tuple[Any, ...] = ()
        for constant in layout.endpoints:
            setattr(adapter_module, constant, endpoints.for_name(constant))
        self._hook_init(getattr(adapter_module, layout.class_name), self._observe_adapter)
        self._hook_init(self._module.GatewayRunner, self._observe_runner)
        self._status = StatusFile(Path(os.environ["HERMES_HOME"]) / "gateway_state.json", PLATFORM, record)
        self.state = StateRecorder(self._read_state, record, self._why_fatal)
        self.logs = LogRecorder(record)
        logging.getLogger().addHandler(self.logs)
        logging.getLogger().setLevel(logging.INFO)
        record_never_awaited(record)
        self.stopping = self.leaving = self.ended = False
        self._raised: str | None = None

    async def run(self) -> int:
        """Start the gateway and wait for its end: true is exit code 0, false 1. SystemExit passes."""
        try:
            return 0 if await self._module.start_gateway(verbosity=None) else 1
        except Exception as exc:
            self._raised = one_line(exc)
            logging.getLogger("gateway").error("start_gateway() raised %s", self._raised)
            return 1
        finally:
            if self._observer is not None:  # asyncio ends what its loop still has, the listener too
                self._observer.bidden = True

    def record_exit(self, code: int) -> None:
        """Its process would end now, with this code: record what it says of itself last, and the exit."""
        self.ended = True
        self.sample()
        reason = self._raised or getattr(self._runner, "exit_reason", None)
        self._record("probe", ProcExit(code, str(reason) if reason else None))

    def sample(self) -> None:
        """Record what adapter and runner say of themselves, where that changed."""
        snapshot = self._take_snapshot()
        if snapshot == self._snapshot:
            return
        self._snapshot = snapshot
        self.state.sample()
        state = RunnerState(self._status.gateway_state)
        if state != self._gateway_state and (self._gateway_state or state.state):
            self._gateway_state = state
            self._record("probe", state)
        if self._runner is not None:
            self._sample_runner(self._runner)
        fatal = bool(self.state.last and self.state.last.fatal)
        ended = self._observer is not None and self._observer.listener_ended
        if (fatal or ended) and not self.stopping:
            self._on_gave_up()

    def _take_snapshot(self) -> tuple[Any, ...]:
        """All that a sample depends on, cheap to read: before most jumps nothing of it has changed."""
        runner, observer = self._runner, self._observer
        failed = installed = own = None
        if runner is not None:
            failed = [(one, *self._attempts(info)) for one, info in list(runner._failed_platforms.items())]
            installed = list(runner.adapters)
        if observer is not None:
            adapter = observer.adapter
            flag = adapter.fatal_error_code if adapter.has_fatal_error else None
            own = (adapter, adapter.is_connected, adapter.has_fatal_error, flag, observer.listener_ended)
        return (self._status.version(), own, failed, installed, self.stopping)

    def held_resources(self) -> RunnerHeld:
        """What the gateway still holds of QQ: its place in the runner, an HTTP client, lock files."""
        installed = self._installed is not None and self._installed.installed
        client = getattr(self._observer.adapter, "_http_client", None) if self._observer else None
        folder = Path(os.environ["HERMES_GATEWAY_LOCK_DIR"])
        locks = sorted(path.name for path in folder.glob("*.lock")) if folder.is_dir() else []
        return RunnerHeld(installed, client is not None and not getattr(client, "is_closed", False), locks)

    @property
    def warnings(self) -> list[str]:
        """What asyncio logged during the tear-down."""
        return self.logs.asyncio_lines

    # -- observing

    @staticmethod
    def _hook_init(kind: Any, on_instance: Callable[[Any], None]) -> None:
        make = kind.__init__

        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            make(self, *args, **kwargs)
            on_instance(self)

        kind.__init__ = init

    def _observe_adapter(self, adapter: Any) -> None:
        self._observer = AdapterObserver(adapter, self._record, self._counts)

    def _observe_runner(self, runner: Any) -> None:
        self._runner = runner
        if self._agent is not None:
            setattr(runner, AGENT, self._agent)
        handle = runner._handle_adapter_fatal_error

        runner._handle_adapter_fatal_error = record_calls(
            handle, self._record, self._handlers, on_begin=self._on_handler
        )
        runner.stop = record_calls(runner.stop, self._record, lambda: RunnerStop)

    def _sample_runner(self, runner: Any) -> None:
        failed = {platform.value: info for platform, info in dict(runner._failed_platforms).items()}
        info = failed.get(PLATFORM)
        queue = RunnerQueue(PLATFORM, info is not None, *self._attempts(info))
        installed = RunnerAdapter(PLATFORM, PLATFORM in {one.value for one in dict(runner.adapters)})
        if queue != self._queue:
            self._queue = queue
            self._record("probe", queue)
        if installed != self._installed:
            self._installed = installed
            self._record("probe", installed)
        if self._beside:
            self._sample_beside(runner, failed)

    def _sample_beside(self, runner: Any, failed: Mapping[str, Any]) -> None:
        name = other_platform.NAME
        installed = name in {one.value for one in dict(runner.adapters)}
        state = BesideState(installed, name in failed, self._status.state_of(name))
        if state != self._beside_state:
            self._beside_state = state
            self._record("probe", state)

    @staticmethod
    def _attempts(info: Any) -> tuple[int, bool]:
        return (int(info.get("attempts", 0)), bool(info.get("paused"))) if info else (0, False)

    def _why_fatal(self) -> object:
        return fatal_message(self._observer.adapter) if self._observer else None

    def _read_state(self) -> SubjState:
        status = self._status
        adapter = self._observer.adapter if self._observer else None
        if adapter is None:
            return SubjState(None, None, status.read_state())
        fatal = None
        if adapter.has_fatal_error:
            fatal = {"code": adapter.fatal_error_code, "retryable": adapter.fatal_error_retryable}
        return SubjState(bool(adapter.is_connected), fatal, status.read_state())


def load(layout: Layout) -> tuple[Any, Any]:
    """Import the adapter and the gateway. Whatever they raise means that the subject cannot be driven."""
    adapter = importlib.import_module(layout.module)
    if not getattr(adapter, "AIOHTTP_AVAILABLE", True):
        raise ImportError("aiohttp is missing, and without it the QQ adapter never connects")
    return adapter, importlib.import_module("gateway.run")
