"""All of a run but its subject: the fake platform in a thread of its own, the time table, the run's end.

The platform has a thread of its own ("peer") so that a subject which spins or blocks cannot stop the
platform, or the end of the run, with it. Built for one run and thrown away with its process.

The time table. A run ends at its scenario's end, or ten virtual minutes after it gave up where no healing is
set, no rule waits for the give-up and no task of the subject is left, so that nothing could change it. One
heartbeat before the end (earlier where `answers` are slow) a run in service gets a probe message; with a
healing another one three heartbeats after service came back. Then comes the marked tear-down.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from fake_qq_server.addresses import Addresses
from fake_qq_server.events import NOBODY, NOTHING, Envelope, Event, Session
from fake_qq_server.platform.options import Options
from fake_qq_server.rule_writer import RuleWriter
from fake_qq_server.rules.moments import GAVE_UP
from fake_qq_server.rules.verbs.registry import RestartSubject, SignalProcess, SpeakAs
from fake_qq_server.server import FakeQQ
from fake_qq_server.wire.websocket import WebSocketProtocol
from harness.clock import BATON, new_event_loop
from harness.journal.run_kinds import RunTeardown
from harness.journal.writer import Recorder
from harness.scenario.limits import RECOVERY_HEARTBEATS
from harness.scenario.run_spec import RunSpec
from harness.worker.credentials import BOT, CREDENTIALS
from harness.worker.proxy_server import RealToxiproxy

logger = logging.getLogger(__name__)

AFTER_GIVING_UP_US = 600_000_000
TEAR_DOWN_S = 120.0
"""How long (virtual) a tear-down may take before the run is closed without it: longer than `stops` allows."""

PEER = "peer"
PROBE_EVENTS = {
    "c2c": "C2C_MESSAGE_CREATE",
    "group": "GROUP_AT_MESSAGE_CREATE",
    "guild": "AT_MESSAGE_CREATE",
    "dm": "DIRECT_MESSAGE_CREATE",
}
"""What the platform dispatches as a probe of each kind (`vocabulary.PROBES`)."""


class World:
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
        self._run = run
        self._toxiproxy = toxiproxy
        self._options = Options(seed=seed)
        self._heartbeat_us = self._options.heartbeat_ms * 1000
        self._record = record
        self._up = threading.Event()
        self._gave_up_at: int | None = None
        self._awaits_give_up = any(moment.mark == GAVE_UP for moment in run.moments())
        self._restarts = any(do.row.acts_on == "subject" for rule in run.rules for do in rule.do)
        self._ends_after_give_up = run.end_after_us is not None and run.heal is None
        self._mark_is_due = False
        self._marked = False
        self._why: Literal["end", "gaveup", "exited"] = "end"
        self._probes = 0
        self.stop_subject: Callable[[], None] = lambda: None
        self.subject_is_busy: Callable[[], bool] = lambda: False
        self.signal: SignalProcess = lambda name: False
        self.restart: RestartSubject = lambda how, down_us: False
        self.speak: SpeakAs = lambda scene, place, text: False
        self.leave: Callable[[], None] = lambda: None
        self.close_run: Callable[[str], None] = lambda why: None
        self.fail: Callable[[BaseException], None] = _raise
        self.on_thread: Callable[[int], None] = lambda number: None
        self.runaway: Callable[[Sequence[str]], None] = lambda keys: None
        self.fake: FakeQQ
        self.addresses: Addresses

    # -- called in the subject's thread

    def begin(self) -> Addresses:
        """Start the peer; virtual time does not pass meanwhile."""
        thread = threading.Thread(target=self._run_peer, name=PEER, daemon=True)
        thread.ours = True  # type: ignore[attr-defined]
        thread.start()
        self._up.wait()
        return self.addresses

    def gave_up(self) -> None:
        """The subject gave up, and nobody is there to bring it back; called at that moment, perhaps often."""
        self.mark_give_up()
        if self._gave_up_at is None:
            self._gave_up_at = self.fake.now_us()
            self.fake.loop.call_soon_threadsafe(self._set_end)

    def lives_again(self) -> None:
        """A new life of the subject begins, which has not given up."""
        self._gave_up_at = None

    def mark_give_up(self) -> None:
        """The subject gave up; called at that moment, perhaps often. The rules are told once, where one waits
        for it."""
        if (self._awaits_give_up or self._ends_after_give_up) and not self._marked:
            self._marked = self._mark_is_due = True
            self.fake.loop.call_soon_threadsafe(self._give_up_marked)

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
        self.fake = FakeQQ(
            self._sink,
            [CREDENTIALS],
            rules=self._run.rules,
            forbids=self._run.forbids,
            heal=self._run.heal.at if self._run.heal else None,
            held=self._run.heal.held if self._run.heal else "keep",
            seed=self._options.seed,
            delay_us=self._run.delay_us,
            options=self._options,
            on_secrets=self._record.keep_secret,
            server=self._toxiproxy,
        )
        self._over, self._torn_down = asyncio.Event(), asyncio.Event()
        self.fake.on_heal = self._healed
        self.fake.on_error = self.fail
        self.fake.stage.normal = self._record.normal
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

    def _sink(self, src: str, event: Event, about: Envelope = NOBODY, x: Mapping[str, Any] = NOTHING) -> int:
        n = self._record(src, event, about, x)
        if isinstance(event, Session) and event.what in ("ready", "resumed") and self.fake.director.healed:
            self._probe_after_heal()
        return n

    def _give_up_marked(self) -> None:
        self.fake.director.mark(GAVE_UP, BOT)
        if self._ends_after_give_up:
            self._end_later()

    def _healed(self) -> None:
        self._probe_after_heal()
        self._end_later()

    def _end_later(self) -> None:
        """What ends the run sooner has come: the healing, or without one the give-up."""
        if self._run.end_after_us is not None:
            self._end_at(min(self.fake.now_us() + self._run.end_after_us, self._run.end_us))

    def _end_at(self, at_us: int) -> None:
        """The end, and one heartbeat before it a probe."""
        lead_us = self._heartbeat_us + (self._run.answers.slower_us if self._run.answers else 0)
        self.fake.call_at(max(0, at_us - lead_us), self._probe)
        self.fake.call_at(at_us, self._over.set)

    def _set_end(self) -> None:
        """It gave up: unless a healing or a rule is still to come, ten more minutes show all there is."""
        more = self._awaits_give_up or self._restarts
        if self._run.heal is None and not more and self._gave_up_at is not None:
            at = self._gave_up_at + AFTER_GIVING_UP_US
            if at < self._run.end_us:
                self.fake.call_at(at, self._end_early)

    def _end_early(self) -> None:
        """Only where nothing is left that could change it: a task of the subject's might."""
        if not self.subject_is_busy():
            self._why = "gaveup"
            self._over.set()

    # -- probes

    def _probe_after_heal(self) -> None:
        """Service may have come back: look again in three heartbeats, and probe if it is still that one."""
        websocket = self.fake.newest(BOT)
        if websocket is not None:
            at = self.fake.now_us() + RECOVERY_HEARTBEATS * self._heartbeat_us
            self.fake.call_at(at, lambda: self._probe(websocket))

    def _probe(self, only: WebSocketProtocol | None = None) -> None:
        websocket = self.fake.serving(BOT)
        if websocket is None or self._gave_up_at is not None or (only is not None and websocket is not only):
            return
        self._probes += 1
        for kind in self._run.probes:
            first = kind == self._run.probes[0]
            name = f"probe-{self._probes}" if first else f"probe-{self._probes}-{kind}"
            fields = {"id": name, "content": name.replace("-", " ")}
            RuleWriter(websocket, self.fake.now_us, None, None).dispatch(
                PROBE_EVENTS[kind], fields, probe=True
            )


def _raise(problem: BaseException) -> None:
    raise problem
