"""The lives of a program: when each ended and how, what its service manager says, what CPU it used."""

from __future__ import annotations

from collections.abc import Callable

from fake_qq_server.events import Event
from harness.journal.process_kinds import ProcUnit
from harness.journal.run_kinds import ProcExit, SubjLife
from harness.process import procfs
from harness.program.priority import prefer
from harness.program.service import Service


class Lives:
    """`on_end` is called as a life ends, before that is recorded. `over`: the last one has ended, and nobody
    starts another. `cpu_s`: of the last life, in seconds. `pid`: of the life that runs, None where none does.
    """

    def __init__(
        self, service: Service, record: Callable[[Event], object], on_end: Callable[[], object]
    ) -> None:
        self._service = service
        self._record = record
        self._on_end = on_end
        self._begun, self._ended = 1, 0
        self.pid: int | None = None
        self._unit: tuple[str, str, int] | None = None
        self.over = False
        self.cpu_s = 0.0

    def look(self) -> None:
        """Record what is new."""
        found = self._service.status()
        if found.unit is not None and found.unit != self._unit:
            self._unit = found.unit
            self._record(ProcUnit(*found.unit))
        if found.pid is not None and found.pid != self.pid:
            prefer(found.pid)
        self.pid = found.pid
        stat = procfs.stat(found.pid) if found.pid is not None else None
        self.cpu_s = stat.cpu_s if stat else self.cpu_s
        for number in range(self._ended, len(found.codes)):
            last = number == found.lives - 1
            if last and not (found.waits or found.over):
                return  # its service manager has not decided yet
            self._ended += 1
            self._on_end()
            self._record(ProcExit(found.codes[number]))
            self.over = last and not found.waits
        if found.lives > self._begun:
            self._begun = found.lives
            self._record(SubjLife("started", self._begun))
