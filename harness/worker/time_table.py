"""The time table of a run: when it is probed, and when it ends. Asks the platform, and nothing of the clock.

A run ends at its scenario's end, or ten virtual minutes after it gave up where no healing is set, no rule
waits for the give-up and no task of the subject is left, so that nothing could change it. One heartbeat
before the end (earlier where `answers` are slow) a run in service gets a probe message; with a healing
another one three heartbeats after service came back. Then comes the marked tear-down.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Literal

from fake_qq_server.events import NOBODY, NOTHING, Envelope, Event, Session
from fake_qq_server.platform.options import Options
from fake_qq_server.rule_writer import RuleWriter
from fake_qq_server.rules.moments import GAVE_UP
from fake_qq_server.server import FakeQQ
from fake_qq_server.server_proxies import ProxyServer
from fake_qq_server.wire.websocket import WebSocketProtocol
from harness.journal.writer import Recorder
from harness.scenario.limits import RECOVERY_HEARTBEATS
from harness.scenario.run_spec import RunSpec
from harness.worker.credentials import BOT, CREDENTIALS

AFTER_GIVING_UP_US = 600_000_000
PROBE_EVENTS = {
    "c2c": "C2C_MESSAGE_CREATE",
    "group": "GROUP_AT_MESSAGE_CREATE",
    "guild": "AT_MESSAGE_CREATE",
    "dm": "DIRECT_MESSAGE_CREATE",
}
"""What the platform dispatches as a probe of each kind (`vocabulary.PROBES`)."""


class TimeTable:
    """Of one run. Whoever has it builds the platform (`_built`) in the platform's loop, says when the table
    begins (`_end_at`), and waits there for `_over`. `_why` is then what `run.teardown` tells."""

    def __init__(self, run: RunSpec, record: Recorder, options: Options) -> None:
        self._run = run
        self._options = options
        self._heartbeat_us = options.heartbeat_ms * 1000
        self._record = record
        self._gave_up_at: int | None = None
        self._awaits_give_up = any(moment.mark == GAVE_UP for moment in run.moments())
        self._restarts = any(do.row.acts_on == "subject" for rule in run.rules for do in rule.do)
        self._ends_after_give_up = run.end_after_us is not None and run.heal is None
        self._mark_is_due = False
        self._marked = False
        self._why: Literal["end", "gaveup", "exited"] = "end"
        self._probes = 0
        self.subject_is_busy: Callable[[], bool] = lambda: False
        self.fake: FakeQQ
        self._over: asyncio.Event

    def _built(self, *, server: ProxyServer | None = None, tls: ssl.SSLContext | None = None) -> FakeQQ:
        """The platform of the run, in the running loop; and what tells the table is in place."""
        heal = self._run.heal
        fake = FakeQQ(
            self._sink,
            [CREDENTIALS],
            rules=self._run.rules,
            forbids=self._run.forbids,
            heal=heal.at if heal else None,
            held=heal.held if heal else "keep",
            seed=self._options.seed,
            delay_us=self._run.delay_us,
            options=self._options,
            on_secrets=self._record.keep_secret,
            server=server,
            tls=tls,
        )
        self._over = asyncio.Event()
        fake.on_heal = self._healed
        fake.stage.normal = self._record.normal
        return fake

    # -- what the subject did

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

    # -- in the platform's thread

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
