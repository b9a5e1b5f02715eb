"""Where a run of the whole gateway spends its time: a body that measures itself and is otherwise a run.

CPU of the whole process is booked, at every hand-over of the baton, on who had it: the subject's main loop,
its other threads (which poll), the peer, and apart from them the sampling before each jump and the journal.
What comes before the first virtual second is the start.
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, NoReturn

from harness.clock import BATON
from harness.journal.writer import Recorder
from harness.process.worker_spec import WorkerSpec
from harness.worker import main as worker
from harness.worker.run_context import Run

_cpu = time.process_time  # freezegun leaves it alone
START_US = 1_000_000


class Books:
    """CPU seconds and turns by who had them."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self.turns: Counter[str] = Counter()
        self.who = "main"
        self.since = _cpu()

    def book(self, on: str) -> None:
        """What was spent since the last booking."""
        now = _cpu()
        self.spent["start" if BATON.now_us < START_US else on] += now - self.since
        self.since = now

    def within(self, on: str, call: Any) -> Any:
        """`call`, booked on `on` and not on whoever calls it."""

        def booked(*args: Any, **named: Any) -> Any:
            self.book(self.who)
            try:
                return call(*args, **named)
            finally:
                self.book(on)

        return booked


def split(spec: WorkerSpec) -> NoReturn:
    """A whole run; the books go to `extra["result"]`."""
    books = Books()
    baton: Any = BATON
    give, jump, record = baton._give, baton._jump, Recorder.__call__

    def giving(who: Any, got: Any, me: Any) -> Any:
        books.book(books.who)
        books.who = who.name
        books.turns[who.name] += 1
        return give(who, got, me)

    def jumping(to_us: int) -> None:
        books.book(books.who)
        jump(to_us)
        books.book("jumps and sampling")

    baton._give, baton._jump = giving, jumping
    recorder: Any = Recorder
    recorder.__call__ = books.within("journal", record)
    run: Any = Run
    ending = run.end

    def end(self: Any, why: Any, detail: str | None = None) -> None:
        found = {"spent": books.spent, "turns": books.turns, "cpu_s": _cpu(), "virtual_s": BATON.now_us / 1e6}
        Path(spec.extra["result"]).write_text(json.dumps(found), encoding="utf-8")
        ending(self, why, detail)

    run.end = end
    worker.main(spec)
