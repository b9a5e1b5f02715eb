"""All of a run but its subject: the fake platform in a thread of its own, and the run's end (`time_table`).

The platform has a thread of its own ("peer") so that a subject which spins or blocks cannot stop the
platform, or the end of the run, with it. Built for one run and thrown away with its process.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from fake_qq_server.addresses import Addresses
from fake_qq_server.platform.options import Options
from fake_qq_server.rules.verbs.registry import RestartSubject, SignalProcess, SpeakAs
from harness.clock import BATON, new_event_loop
from harness.journal.run_kinds import RunTeardown
from harness.journal.writer import Recorder
from harness.scenario.run_spec import RunSpec
from harness.worker.proxy_server import RealToxiproxy
from harness.worker.time_table import TimeTable

logger = logging.getLogger(__name__)

TEAR_DOWN_S = 120.0
"""How long (virtual) a tear-down may take before the run is closed without it: longer than `stops` allows."""

PEER = "peer"


class World(TimeTable):
    """The platform's side of one run. `begin` returns once it listens; `stop_subject` is called at the end,
    `signal` where a rule sends the subject's process one, `restart` where one restarts the subject, `speak`
    where one makes it send. `leave` is for a program that has several lives (`program_lives`).

    `close_run` is called where the subject's loop does not even tear down: the end of a run must not depend
    on that loop. `fail` is told of any exception in the platform itself, from `begin` on: the run is worth
    nothing then. So it is where rules push without a pause: `runaway` is told of them, by their keys. Neither
    is meant to return. `toxiproxy`: the real one that stands before the platform.
    `on_thread` is told the kernel's number of the platform's thread.
    """

    def __init__(
        self, run: RunSpec, seed: int, record: Recorder, toxiproxy: RealToxiproxy | None = None
    ) -> None:
        super().__init__(run, record, Options(seed=seed))
        self._toxiproxy = toxiproxy
        self._up = threading.Event()
        self.stop_subject: Callable[[], None] = lambda: None
        self.signal: SignalProcess = lambda name: False
        self.restart: RestartSubject = lambda how, down_us: False
        self.speak: SpeakAs = lambda scene, place, text: False
        self.leave: Callable[[], None] = lambda: None
        self.close_run: Callable[[str], None] = lambda why: None
        self.fail: Callable[[BaseException], None] = _raise
        self.on_thread: Callable[[int], None] = lambda number: None
        self.runaway: Callable[[Sequence[str]], None] = lambda keys: None
        self.addresses: Addresses

    # -- called in the subject's thread

    def begin(self) -> Addresses:
        """Start the peer; virtual time does not pass meanwhile."""
        thread = threading.Thread(target=self._run_peer, name=PEER, daemon=True)
        thread.ours = True  # type: ignore[attr-defined]
        thread.start()
        self._up.wait()
        return self.addresses

    def owes_a_turn(self, now_us: int) -> bool:
        """Whether the platform's loop was told something that it must do before time passes. A hook of the
        clock (`Baton.before_jump`), to be called after those that may call `mark_give_up`."""
        due, self._mark_is_due = self._mark_is_due, False
        return due

    def give_way(self) -> None:
        """Let the platform's thread run at this instant."""
        BATON.park(None, 0, "handler")

    def exited(self) -> None:
        """The program ended itself: so does the run."""
        self._why = "exited"
        self.fake.loop.call_soon_threadsafe(self._over.set)

    def torn_down(self) -> None:
        """The subject's tear-down is over."""
        self.fake.loop.call_soon_threadsafe(self._torn_down.set)

    # -- in the peer's thread

    def _run_peer(self) -> None:
        self.on_thread(threading.get_native_id())
        try:
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(self._main())
        except Exception as problem:
            self.fail(problem)

    async def _main(self) -> None:
        asyncio.get_running_loop().set_exception_handler(self._loop_failed)
        self.fake = self._built(server=self._toxiproxy)
        self._torn_down = asyncio.Event()
        self.fake.on_error = self.fail
        self.fake.on_signal = lambda name: self.signal(name)
        self.fake.on_restart = lambda how, down_us: self.restart(how, down_us)
        self.fake.on_speak = lambda scene, place, text: self.speak(scene, place, text)
        self.fake.director.on_runaway = lambda keys: self.runaway(keys)
        self.addresses = self.fake.start()
        self._up.set()
        self._end_at(self._run.end_us)
        await self._over.wait()
        if self._toxiproxy is not None:
            self._toxiproxy.check()
        self.fake.director.report_unmet()
        self._record("loop", RunTeardown(self._why))
        if self._why != "exited":
            self.stop_subject()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._torn_down.wait(), TEAR_DOWN_S)
        self.close_run("the subject's loop did not answer at the tear-down")

    def _loop_failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What no callback of the fake's own caught: a task's exception, or asyncio's. One without an
        exception goes under our own name: asyncio's is the subject's."""
        del loop
        problem = context.get("exception")
        if problem is None:
            logger.error("the fake platform's loop: %s", context.get("message"))
        else:
            self.fail(problem)


def _raise(problem: BaseException) -> None:
    raise problem
