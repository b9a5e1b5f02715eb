"""The journal of a program with several lives: the worker's own process writes it, each life asks it to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fake_qq_server.events import NOBODY, NOTHING, Envelope, Event
from harness.journal.run_kinds import SpanEvent, SubjAttempt, SubjHandler
from harness.journal.writer import Recorder


class LifeRecords:
    """In the worker's own process: what its lives record, and an end for each call that a life's end cut off.

    `counted`: the highest number of a call of each kind that is counted.
    """

    def __init__(self, record: Recorder, counted: dict[type, int]) -> None:
        self._record = record
        self._counted = counted
        self._open: dict[int, SpanEvent] = {}

    def __call__(self, src: str, event: Event, about: Envelope, x: Mapping[str, Any]) -> int:
        """Write one record of the life's; its number."""
        number = self._record(src, event, about, x)
        if isinstance(event, SpanEvent):
            if event.phase == "begin":
                self._open[number] = event
            elif about.cause is not None:
                self._open.pop(about.cause, None)
        if isinstance(event, SubjAttempt | SubjHandler):
            self._counted[type(event)] = event.number
        return number

    def close_calls(self) -> None:
        """The life is over, and with it each call that was under way."""
        for number, event in self._open.items():
            self._record("probe", replace(event, phase="end", how="cancelled"), Envelope(cause=number))
        self._open.clear()


class RemoteRecorder:
    """In the process of a life: what it says of its methods is what `Recorder` says of them. `ask(name, ...)`
    calls a function of the worker's own process."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        self._ask = ask

    def __call__(
        self, src: str, event: Event, about: Envelope = NOBODY, x: Mapping[str, Any] = NOTHING
    ) -> int:
        """See `Recorder`."""
        return int(self._ask("record", src, event, about, dict(x)))

    def normal(self, text: str) -> str:
        """See `Recorder`."""
        return str(self._ask("normal", text))

    def secrets_in(self, text: str) -> Sequence[str]:
        """See `Recorder`."""
        found: Sequence[str] = self._ask("secrets in", text)
        return found

    def close(self, why: Any, *, detail: str | None = None, x: Mapping[str, Any] = NOTHING) -> None:
        """The run is over: the worker's own process closes the journal and ends."""
        del x
        self._ask("end", why, detail)
