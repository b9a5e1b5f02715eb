"""The runner level: hermes' own gateway, started as `hermes gateway run` starts it, with QQ as its platform.

Import this only in a worker. Its start, reconnect watcher, fatal handler, shutdown, threads and constants are
as shipped. What is held back is held back by hermes' own switches, in the configuration below and in
`ENVIRONMENT`, or by the audit hook; docs/runner.md lists each with its reason.

Watched from wrappers on the instances that the gateway makes itself: the only thing laid over its classes is
their `__init__`, to learn of each instance.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.hermes.layouts import Layout
from harness.journal.run_kinds import ProcExit, RunnerStop, SubjHandler, SubjState
from harness.journal.runner_kinds import BesideState, RunnerAdapter, RunnerHeld, RunnerQueue, RunnerState
from harness.journal.writer import Recorder
from harness.worker.subjects import other_platform
from harness.worker.subjects.adapter import PLATFORM, Endpoints
from harness.worker.subjects.adapter_observer import AdapterWatch
from harness.worker.subjects.observer import LogWatch, StateWatch, StatusFile, describe, spans
from harness.worker.subjects.occurrence import Counter

ENVIRONMENT = {"TIRITH_ENABLED": "0", "HERMES_DISABLE_LAZY_INSTALLS": "1"}
"""hermes' own switches: no scanner is downloaded, nothing is installed while it runs."""


def configuration(credentials: tuple[str, str], *, beside: bool = False) -> dict[str, Any]:
    """config.yaml: QQ alone or with our own platform beside it, and hermes' own switches for what would look
    for the world outside."""
    app_id, secret = credentials
    allowed = {"dm_policy": "allowlist", "allow_from": ["*"]}
    groups = {"group_policy": "allowlist", "group_allow_from": ["*"]}
    extra = {"app_id": app_id, "client_secret": secret, **allowed, **groups}
    others = {other_platform.NAME: other_platform.CONFIGURATION} if beside else {}
    return {
        "platforms": {PLATFORM: {"enabled": True, "extra": extra}, **others},
        "security": {"allow_lazy_installs": False, "tirith_enabled": False},
        "kanban": {"dispatch_in_gateway": False},
    }


class GatewaySubject:
    """One start of the gateway. `run` lasts until it ends by itself or is told to.

    `on_gave_up` is called, perhaps often, once the adapter gave up; `on_told`, with its record's number,
    whenever the runner's fatal handler begins.
    """

    def __init__(
        self,
        modules: tuple[Any, Any],
        layout: Layout,
        endpoints: Endpoints,
        record: Recorder,
        *,
        on_gave_up: Callable[[], None],
        on_told: Callable[[int], None],
        beside: bool = False,
    ) -> None:
        adapter_module, self._module = modules
        self._beside = beside
        self._record = record
        self._on_gave_up = on_gave_up
        self._on_told = on_told
        self._runner: Any = None
        self._watch: AdapterWatch | None = None
        self._handlers = Counter(SubjHandler)
        self._counts = AdapterWatch.counters()
        self._queue: RunnerQueue | None = None
        self._installed: RunnerAdapter | None = None
        self._second: BesideState | None = None
        self._said: RunnerState | None = None
        self._looked: tuple[Any, ...] = ()
        for constant in layout.endpoints:
            setattr(adapter_module, constant, endpoints.for_name(constant))
        self._told_of_each(getattr(adapter_module, layout.class_name), self._adopt)
        self._told_of_each(self._module.GatewayRunner, self._own)
        self._status = StatusFile(Path(os.environ["HERMES_HOME"]) / "gateway_state.json", PLATFORM, record)
        self.state = StateWatch(self._read_state, record)
        self.logs = LogWatch(record)
        logging.getLogger().addHandler(self.logs)
        logging.getLogger().setLevel(logging.INFO)
        self.stopping = self.ended = False
        self._raised: str | None = None

    async def run(self) -> int:
        """Start the gateway and wait for its end: true is exit code 0, false 1. SystemExit passes."""
        try:
            return 0 if await self._module.start_gateway(verbosity=None) else 1
        except Exception as exc:
            self._raised = describe(exc)
            logging.getLogger("gateway").error("start_gateway() raised %s", self._raised)
            return 1

    def over(self, code: int) -> None:
        """Its process would end now, with this code: record what it said of itself last, and the end."""
        self.ended = True
        self.sample()
        reason = self._raised or getattr(self._runner, "exit_reason", None)
        self._record("probe", ProcExit(code, str(reason) if reason else None))

    def sample(self) -> None:
        """Record what adapter and runner say of themselves, where that changed."""
        looks = self._looks()
        if looks == self._looked:
            return
        self._looked = looks
        self.state.sample()
        said = RunnerState(self._status.gateway)
        if said != self._said and (self._said or said.state):
            self._said = said
            self._record("probe", said)
        if self._runner is not None:
            self._sample_runner(self._runner)
        fatal = bool(self.state.last and self.state.last.fatal)
        ended = self._watch is not None and self._watch.listener_ended
        if (fatal or ended) and not self.stopping:
            self._on_gave_up()

    def _looks(self) -> tuple[Any, ...]:
        """All that a sample is made of, raw: asked before every jump, and mostly nothing has changed."""
        runner, watch = self._runner, self._watch
        failed = installed = own = None
        if runner is not None:
            failed = [(one, *self._tries(info)) for one, info in list(runner._failed_platforms.items())]
            installed = list(runner.adapters)
        if watch is not None:
            adapter = watch.adapter
            flag = adapter.fatal_error_code if adapter.has_fatal_error else None
            own = (adapter, adapter.is_connected, adapter.has_fatal_error, flag, watch.listener_ended)
        return (self._status.version(), own, failed, installed, self.stopping)

    def held(self) -> RunnerHeld:
        """What is still held of QQ."""
        installed = self._installed is not None and self._installed.installed
        client = getattr(self._watch.adapter, "_http_client", None) if self._watch else None
        folder = Path(os.environ["HERMES_GATEWAY_LOCK_DIR"])
        locks = sorted(path.name for path in folder.glob("*.lock")) if folder.is_dir() else []
        return RunnerHeld(installed, client is not None and not getattr(client, "is_closed", False), locks)

    @property
    def warnings(self) -> list[str]:
        return self.logs.collected

    # -- watching

    @staticmethod
    def _told_of_each(kind: Any, tell: Callable[[Any], None]) -> None:
        make = kind.__init__

        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            make(self, *args, **kwargs)
            tell(self)

        kind.__init__ = init

    def _adopt(self, adapter: Any) -> None:
        self._watch = AdapterWatch(adapter, self._record, self._counts)

    def _own(self, runner: Any) -> None:
        self._runner = runner
        handle = runner._handle_adapter_fatal_error

        runner._handle_adapter_fatal_error = spans(handle, self._record, self._handlers, began=self._on_told)
        runner.stop = spans(runner.stop, self._record, lambda: RunnerStop)

    def _sample_runner(self, runner: Any) -> None:
        failed = {platform.value: info for platform, info in dict(runner._failed_platforms).items()}
        info = failed.get(PLATFORM)
        queue = RunnerQueue(PLATFORM, info is not None, *self._tries(info))
        installed = RunnerAdapter(PLATFORM, PLATFORM in {one.value for one in dict(runner.adapters)})
        if queue != self._queue:
            self._queue = queue
            self._record("probe", queue)
        if installed != self._installed:
            self._installed = installed
            self._record("probe", installed)
        if self._beside:
            self._sample_second(runner, failed)

    def _sample_second(self, runner: Any, failed: Mapping[str, Any]) -> None:
        name = other_platform.NAME
        installed = name in {one.value for one in dict(runner.adapters)}
        state = BesideState(installed, name in failed, self._status.word(name))
        if state != self._second:
            self._second = state
            self._record("probe", state)

    @staticmethod
    def _tries(info: Any) -> tuple[int, bool]:
        return (int(info.get("attempts", 0)), bool(info.get("paused"))) if info else (0, False)

    def _read_state(self) -> SubjState:
        status = self._status
        adapter = self._watch.adapter if self._watch else None
        if adapter is None:
            return SubjState(None, None, status.state())
        fatal = None
        if adapter.has_fatal_error:
            fatal = {"code": adapter.fatal_error_code, "retryable": adapter.fatal_error_retryable}
        return SubjState(bool(adapter.is_connected), fatal, status.state())


def prepare_home(credentials: tuple[str, str], *, beside: bool = False) -> None:
    """Write config.yaml (JSON is YAML) into HERMES_HOME, before anything of hermes is imported."""
    os.environ.update(ENVIRONMENT)
    path = Path(os.environ["HERMES_HOME"]) / "config.yaml"
    path.write_text(json.dumps(configuration(credentials, beside=beside)), encoding="utf-8")


def load(layout: Layout) -> tuple[Any, Any]:
    """Import the adapter and the gateway. Whatever they raise means that the subject cannot be driven."""
    adapter = importlib.import_module(layout.module)
    if not getattr(adapter, "AIOHTTP_AVAILABLE", True):
        raise ImportError("aiohttp is missing, and without it the QQ adapter never connects")
    return adapter, importlib.import_module("gateway.run")
