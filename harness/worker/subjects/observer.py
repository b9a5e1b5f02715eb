"""Observing a subject from inside, without changing what it does: its calls, its state, its logs.

Runs beside the subject and writes what it sees to the journal.
"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
import warnings
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from fake_qq_server.events import NOBODY, NOTHING, Envelope
from harness.journal.run_kinds import How, SpanEvent, SpanPhase, SubjLog, SubjSecret, SubjState
from harness.journal.writer import Recorder

MESSAGE_LENGTH = 500
"""Characters of what the subject says of its fatal flag."""

MakeSpan = Callable[[SpanPhase, How | None, str | None], SpanEvent]
"""Builds the record of a call's begin or end: of its phase, and at the end how it ended and its exception."""


def record_calls(
    call: Callable[..., Awaitable[Any]],
    record: Recorder,
    new_call: Callable[[], MakeSpan],
    *,
    succeeded: Callable[[Any], bool] = lambda result: True,
    on_begin: Callable[[int], None] = lambda n: None,
) -> Callable[..., Awaitable[Any]]:
    """`call`, with a record when it begins and when it ends.

    `new_call()` gives what builds the two records of one call. It ends `ok`, `failed` (where
    `succeeded(result)` is false), `raised` or `cancelled`. `on_begin(n)` is called before the call is made,
    with the number of the first record.
    """

    async def recorded(*args: Any, **kwargs: Any) -> Any:
        make_span = new_call()
        cause = record("probe", make_span("begin", None, None))
        on_begin(cause)

        def end(how: How, error: str | None = None) -> None:
            record("probe", make_span("end", how, error), Envelope(cause=cause))

        try:
            result = await call(*args, **kwargs)
        except BaseException as exc:
            end("cancelled" if type(exc).__name__ == "CancelledError" else "raised", one_line(exc))
            raise
        end("ok" if succeeded(result) else "failed")
        return result

    return recorded


def one_line(exc: BaseException) -> str:
    """An exception in one line: its type and text."""
    return f"{type(exc).__name__}: {exc}".splitlines()[0]


class StatusFile:
    """The subject's status file (gateway_state.json), read again only when it changed."""

    def __init__(self, path: Path, platform: str, record: Recorder) -> None:
        self._path = path
        self._name = str(path)
        self._platform = platform
        self._record = record
        self._read_version: tuple[int, int, int] | None = None
        self._content: Mapping[str, Any] = {}

    def read_state(self) -> str | None:
        """The platform's state ("connected", "disconnected", "fatal", …); None while there is no file.

        Records where a secret was found in the file.
        """
        version = self.version()
        if version is None:
            return None
        if version != self._read_version:
            self._read_version = version
            text = self._path.read_text()
            for name in self._record.secrets_in(text):
                self._record("probe", SubjSecret("status", name))
            self._content = _parse(text)
        return self.state_of(self._platform)

    def version(self) -> tuple[int, int, int] | None:
        """What changes whenever the file does; None while there is none."""
        try:
            stat = os.stat(self._name)  # noqa: PTH116  (asked before every jump of the clock)
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_mtime_ns, stat.st_size

    def state_of(self, platform: str) -> str | None:
        """A platform's state, as `read_state()` last read the file."""
        try:
            return str(self._content["platforms"][platform]["state"])
        except (KeyError, TypeError):
            return None

    def error_of(self, platform: str) -> str | None:
        """The code of a platform's error, as `read_state()` last read the file."""
        try:
            code = self._content["platforms"][platform]["error_code"]
        except (KeyError, TypeError):
            return None
        return None if code is None else str(code)

    @property
    def gateway_state(self) -> str | None:
        """The state of the gateway as a whole, as `read_state()` last read the file."""
        state = self._content.get("gateway_state")
        return None if state is None else str(state)


def _parse(text: str) -> Mapping[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:  # not JSON, or not all of it yet
        return {}
    return content if isinstance(content, dict) else {}


def fatal_message(adapter: object) -> object:
    """What an adapter says of its fatal flag; None for one that has no words."""
    return getattr(adapter, "fatal_error_message", None)


class StateRecorder:
    """Records what the subject says of itself, where that changed; `sample()` is called before each jump.

    `why()`: its own words on a fatal flag. They go into the record's `x`: they may differ from run to run.
    """

    def __init__(
        self, read: Callable[[], SubjState], record: Recorder, why: Callable[[], object] = lambda: None
    ) -> None:
        self._read = read
        self._record = record
        self._why = why
        self.last: SubjState | None = None

    def sample(self) -> None:
        """Record its state if that is another one than the last."""
        state = self._read()
        if state != self.last:
            self.last = state
            said = self._why() if state.fatal else None
            x = {"message": self._record.normal(str(said))[:MESSAGE_LENGTH]} if said else NOTHING
            self._record("probe", state, NOBODY, x)


def _exception_type(record: logging.LogRecord) -> str | None:
    kind = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
    return kind.__name__ if kind else None


OWN_LOGGERS = ("harness", "fake_qq_server")


def _is_the_harness_s(record: logging.LogRecord) -> bool:
    """Whether it comes of the harness itself: by its logger, or from asyncio in the fake platform's thread.

    Garbage is collected in whichever thread runs: of the subject's tasks and clients that are collected in
    the platform's, asyncio tells through the default exception handler of *their* loop. The platform's loop
    has a handler of its own and never gets there.
    """
    if record.name.partition(".")[0] in OWN_LOGGERS:
        return True
    here = getattr(threading.current_thread(), "ours", False)
    return bool(here) and record.name == "asyncio" and record.funcName != "default_exception_handler"


def record_never_awaited(record: Recorder) -> None:
    """From now on journal each "coroutine ... was never awaited", which Python tells as a warning only."""
    show: Callable[..., Any] = warnings.showwarning

    def shown(message: Any, category: Any, *place: Any, **more: Any) -> None:
        text = str(message).partition("\n")[0]
        if category is RuntimeWarning and text.endswith("was never awaited"):
            record("probe", SubjLog("WARNING", "py.warnings", text))
        else:
            show(message, category, *place, **more)

    warnings.showwarning = shown
    warnings.filterwarnings("always", ".* was never awaited", RuntimeWarning)


_FOLDERS = re.compile(r"(?<![\w/])/(?:[^\s/]+/)+")


class LogRecorder(logging.Handler):
    """Records level, logger and template of what the subject logs, and the type of an exception that it logs
    with it; never the arguments. What the fake platform's own loop and thread log is not the subject's.

    Of asyncio's messages ("Unclosed client session", "Task exception was never retrieved") that is the first
    line: the others are representations, with what differs between equal runs. From `collecting` on those
    lines are kept in `asyncio_lines` too.
    """

    def __init__(self, record: Recorder) -> None:
        super().__init__(logging.INFO)
        self._record = record
        self.collecting = False
        self.asyncio_lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Journal one log record. Called by `logging`, in the thread that logs."""
        if _is_the_harness_s(record):
            return
        template = str(record.msg)
        if record.name == "asyncio":
            template = _FOLDERS.sub("", next(iter(template.splitlines()), ""))
            if self.collecting:
                self.asyncio_lines.append(template)
        secrets = self._record.secrets_in(record.getMessage())
        self._record(
            "probe", SubjLog(record.levelname, record.name, template, secrets, _exception_type(record))
        )
