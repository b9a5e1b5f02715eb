"""Watching a subject from inside, without changing what it does: spans, state, logs."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from fake_qq_server.events import Envelope
from harness.journal.run_kinds import How, Phase, Span, SubjLog, SubjSecret, SubjState
from harness.journal.writer import Recorder

Edge = Callable[[Phase, How | None, str | None], Span]
"""Builds the record of one end of a call."""


def spans(
    call: Callable[..., Awaitable[Any]],
    record: Recorder,
    make: Callable[[], Edge],
    *,
    good: Callable[[Any], bool] = lambda result: True,
    began: Callable[[int], None] = lambda n: None,
) -> Callable[..., Awaitable[Any]]:
    """`call` with a record at its begin and at its end.

    `make()` gives what builds this call's two records; an end is `ok`, `failed` (where `good(result)` is
    false), `raised` or `cancelled`. `began(n)` is called before the call is, with the first record's number.
    """

    async def watched(*args: Any, **kwargs: Any) -> Any:
        make_this = make()
        cause = record("probe", make_this("begin", None, None))
        began(cause)

        def end(how: How, error: str | None = None) -> None:
            record("probe", make_this("end", how, error), Envelope(cause=cause))

        try:
            result = await call(*args, **kwargs)
        except BaseException as exc:
            end("cancelled" if type(exc).__name__ == "CancelledError" else "raised", describe(exc))
            raise
        end("ok" if good(result) else "failed")
        return result

    return watched


def describe(exc: BaseException) -> str:
    """An exception in one line: its type and text."""
    return f"{type(exc).__name__}: {exc}".splitlines()[0]


class StatusFile:
    """The subject's status file, read again only when it changed."""

    def __init__(self, path: Path, platform: str, record: Recorder) -> None:
        self._path = path
        self._name = str(path)
        self._platform = platform
        self._record = record
        self._seen: tuple[int, int, int] | None = None
        self._said: Mapping[str, Any] = {}

    def state(self) -> str | None:
        """The platform's state ("connected", "disconnected", "fatal", …); None while there is none."""
        version = self.version()
        if version is None:
            return None
        if version != self._seen:
            self._seen = version
            text = self._path.read_text()
            for name in self._record.secrets_in(text):
                self._record("probe", SubjSecret("status", name))
            self._said = _document(text)
        return self.word(self._platform)

    def version(self) -> tuple[int, int, int] | None:
        """What changes whenever the file does; None while there is none."""
        try:
            stat = os.stat(self._name)  # noqa: PTH116  (asked before every jump of the clock)
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_mtime_ns, stat.st_size

    def word(self, platform: str) -> str | None:
        """A platform's state, as `state()` last read the file."""
        try:
            return str(self._said["platforms"][platform]["state"])
        except (KeyError, TypeError):
            return None

    @property
    def gateway(self) -> str | None:
        """What the file says of the gateway as a whole, as `state()` last read it."""
        said = self._said.get("gateway_state")
        return None if said is None else str(said)


def _document(text: str) -> Mapping[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


class StateWatch:
    """Samples what the subject says of itself and records changes; `sample()` before each jump."""

    def __init__(self, read: Callable[[], SubjState], record: Recorder) -> None:
        self._read = read
        self._record = record
        self.last: SubjState | None = None

    def sample(self) -> None:
        state = self._read()
        if state != self.last:
            self.last = state
            self._record("probe", state)


class LogWatch(logging.Handler):
    """Records level, logger and template of what the subject logs; never its arguments."""

    def __init__(self, record: Recorder) -> None:
        super().__init__(logging.INFO)
        self._record = record
        self.collect = False
        self.collected: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if self.collect and record.name == "asyncio":
            self.collected.append(str(record.msg).splitlines()[0])
        secrets = self._record.secrets_in(record.getMessage())
        self._record("probe", SubjLog(record.levelname, record.name, str(record.msg), secrets))
