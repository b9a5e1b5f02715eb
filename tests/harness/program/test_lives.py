"""The lives of a program: each end is recorded once, and before the life after it."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from fake_qq_server.events import Event
from harness.journal.process_kinds import ProcUnit
from harness.journal.run_kinds import ProcExit, SubjLife
from harness.program.lives import Lives
from harness.program.service import Name, Program, Status


class Scripted:
    """A service whose status is what a test says."""

    name: Name = "systemd"
    detail = "of a test"

    def __init__(self) -> None:
        self.now = Status(None)

    def start(self, program: Program) -> None:
        raise NotImplementedError

    def status(self) -> Status:
        return self.now

    def send(self, number: signal.Signals, *, job: bool) -> bool:
        raise NotImplementedError

    def left(self) -> list[str]:
        return []

    def close(self) -> None:
        pass


def lived(*statuses: Status) -> tuple[Sequence[Event], Lives]:
    service, records = Scripted(), list[Event]()
    lives = Lives(service, records.append, lambda: None)
    for service.now in statuses:
        lives.look()
        lives.look()
    return records, lives


def test_an_end_that_nobody_follows_is_the_last() -> None:
    records, lives = lived(Status(None), Status(None, codes=(1,), over=True))
    assert (records, lives.over) == ([ProcExit(1)], True)


def test_an_end_waits_until_its_service_manager_has_decided() -> None:
    records, lives = lived(Status(None, codes=(1,)))
    assert (records, lives.over) == ([], False)


def test_a_life_after_an_end_is_recorded_after_it() -> None:
    records, lives = lived(Status(None, codes=(1,), waits=True), Status(None, lives=2, codes=(1,)))
    assert (records, lives.over) == ([ProcExit(1), SubjLife("started", 2)], False)


def test_an_end_is_not_lost_where_the_next_life_came_before_anybody_looked() -> None:
    records, _ = lived(Status(None, lives=2, codes=(1,)))
    assert records == [ProcExit(1), SubjLife("started", 2)]


def test_what_the_service_manager_says_is_recorded_where_it_changes() -> None:
    running = Status(None, unit=("active", "running", 0))
    records, _ = lived(running, running, Status(None, unit=("failed", "failed", 0)))
    assert records == [ProcUnit("active", "running", 0), ProcUnit("failed", "failed", 0)]
