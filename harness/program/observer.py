"""What is seen of a program from outside: the log that it writes, its status file, what it leaves behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from fake_qq_server.events import Event
from harness.journal.process_kinds import SubjGaveUp
from harness.journal.run_kinds import How, Left, SubjAttempt, SubjLog, SubjState
from harness.journal.runner_kinds import RunnerState
from harness.journal.writer import Recorder
from harness.worker.subjects.adapter import PLATFORM
from harness.worker.subjects.leftovers import files
from harness.worker.subjects.observer import StatusFile

Record = Callable[[Event], object]

LOG = Path("logs/agent.log")
"""All that hermes logs, INFO and above, below its home."""

MOST_OF_A_LINE = 300

_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ (?P<level>[A-Z]+) (?P<logger>[\w.]+): (?P<said>.*)")
_TAG = re.compile(r"^\[QQBot:\w*\] ")

BEGINS = "Reconnecting in "
ENDS: Mapping[str, How] = {"Reconnected": "ok", "Reconnect failed": "failed"}
GAVE_UP = "Max reconnect attempts reached"
"""The words of hermes' log, the same from 0.13.0 to 0.19.0."""


class Log:
    """Reads the log as it grows, and records its lines, with what they tell of attempts and of a give-up."""

    def __init__(self, path: Path, record: Record, secrets_in: Callable[[str], object]) -> None:
        self._path = path
        self._record = record
        self._secrets_in = secrets_in
        self._read = 0
        self._attempts = 0

    def look(self) -> None:
        """Record the whole lines that are new."""
        try:
            if self._path.stat().st_size == self._read:
                return
            with self._path.open("rb") as file:
                file.seek(self._read)
                new = file.read()
        except OSError:
            return
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode("utf-8", "replace").splitlines():
            self._tell(line)

    def _tell(self, line: str) -> None:
        found = _LINE.match(line)
        secrets = list(self._secrets_in(line))  # type: ignore[call-overload]
        if found is None:  # the rest of a traceback
            if secrets:
                self._record(SubjLog("INFO", "log", "a line that belongs to the one before", secrets))
            return
        said = _TAG.sub("", found["said"])
        self._record(SubjLog(found["level"], found["logger"], said[:MOST_OF_A_LINE], secrets))
        if said.startswith(BEGINS):
            self._attempts += 1
            self._record(SubjAttempt("begin", number=self._attempts))
        for words, how in ENDS.items():
            if said.startswith(words) and self._attempts:
                self._record(SubjAttempt("end", how, number=self._attempts))
        if said.startswith(GAVE_UP):
            self._record(SubjGaveUp())


class Status:
    """The status file, recorded whenever what it says has changed."""

    def __init__(self, home: Path, record: Record, recorder: Recorder) -> None:
        self._file = StatusFile(home / "gateway_state.json", PLATFORM, recorder)
        self._record = record
        self._last: tuple[SubjState | None, RunnerState | None] = (None, None)

    def look(self) -> None:
        """Read it again if it is another one."""
        status = self._file.read_state()
        if status is None and self._last[0] is None:
            return
        code = self._file.error_of(PLATFORM) if status == "fatal" else None
        fatal = {"code": code, "retryable": None} if status == "fatal" else None
        words = SubjState(None, fatal, status), RunnerState(self._file.gateway_state)
        for now, before in zip(words, self._last, strict=True):
            if now != before:
                self._record(now)
        self._last = words


def left_by(home: Path, locks: Path, processes: list[str]) -> Left:
    """What a program that has ended left of what would stand in the way of its successor. `processes`: the
    names of those that it had started and that still run."""
    return Left(locks=files(locks, "*.lock"), files=files(home, "*.pid"), processes=processes or None)
