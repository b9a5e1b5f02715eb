"""One run of the program: the platform and the proxy before it, the program's clock, and the journal.

The event loop's time is scaled, and with it the platform's and the run's. A thread of its own ticks in real
time: at each tick the program is looked at, and the rate of time is what `pace` says.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fake_qq_server.events import NOBODY, NOTHING, Envelope, Event
from fake_qq_server.platform.options import Options
from fake_qq_server.rules.verbs.signal_ import KILL
from fake_qq_server.serving.tls import CA_FILE, environment, server_context
from harness.journal.process_kinds import ProcRate, ProcService, SubjGaveUp
from harness.journal.run_kinds import CLOCK_SCALED, RunTeardown, SubjEgress, SubjState
from harness.journal.writer import Recorder
from harness.process import private_dirs, procfs
from harness.process.child_setup import exit_with_problem
from harness.process.worker_spec import WorkerSpec
from harness.program import faketime, scaled_time
from harness.program.lives import Lives
from harness.program.observer import LOG, Log, Status, left_by
from harness.program.pace import Pace
from harness.program.proxy import ADDRESS, RecordingProxy
from harness.program.sentinel import Sentinel
from harness.program.service import Program, Service
from harness.program.spin import spin
from harness.scenario.parse_run import from_resolved
from harness.worker.credentials import CREDENTIALS
from harness.worker.subjects.gateway_config import ENVIRONMENT, configuration_text
from harness.worker.time_table import TimeTable

TICK_S = 0.005
"""Real seconds between two looks at the program."""

STOP_S = 95.0
"""Seconds for the end of a program that was told to stop: longer than the check `stops` allows."""


class ProgramRun(TimeTable):
    """The world around one program, and its journal. `run` does all of it; the journal is closed then."""

    def __init__(self, spec: WorkerSpec, service: Service) -> None:
        self._spec = spec
        self._service = service
        self._homes = Path(spec.extra["homes"])
        self._hermes = self._homes / "hermes"
        self._clock = scaled_time.ScaledClock()
        descriptor = os.open(spec.journal, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        recorder = Recorder(descriptor, self._now_us, lambda count: None, self._broken)
        super().__init__(from_resolved(dict(spec.scenario)), recorder, Options(seed=spec.seed))
        self._pace = Pace(float(spec.extra["speed"]))
        self._pace.starts(0)
        self._sentinel = Sentinel()
        self._trouble: str | None = None
        self._file = faketime.TimestampFile(self._homes / "clock", faketime.now())
        self._log = Log(self._hermes / LOG, self._seen, recorder.secrets_in)
        self._status = Status(self._hermes, self._seen, recorder)
        self._lives = Lives(service, self._seen, self._life_ends)
        self._tearing_down = self._ticking = False
        self._began = time.monotonic()

    def run(self) -> None:
        """See the class."""
        self._record.name(self._spec.folder, "home")
        x = {"folder": self._spec.folder, "walls": self._spec.walls, **self._spec.extra.get("told", {})}
        versions = {name: str(self._spec.subject[name]) for name in ("python", "aiohttp")}
        self._record("loop", self._spec.opened(CLOCK_SCALED, versions), x=x)
        with scaled_time.runner(self._clock) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        certificates = self._homes / "certificates"
        certificates.mkdir()
        fake = self.fake = self._built(tls=server_context(certificates, [ADDRESS, "localhost"]))
        fake.on_error = self._failed
        fake.on_signal = self._signalled
        ports = fake.addresses.ports
        for host, port in ports.items():
            self._record.name_port(port, host)
        proxy = RecordingProxy(ports, lambda said: self._seen(SubjEgress("connect", said)))
        over = threading.Event()
        try:
            address = await proxy.start(ADDRESS)
            fake.start()
            self._file.write(self._clock.now(), 1.0)
            self._service.start(self._program(environment(certificates / CA_FILE, address)))
            self._seen(ProcService(self._service.name, self._service.detail))
            loop = asyncio.get_running_loop()
            threading.Thread(target=self._tick_on, args=(loop, over), daemon=True).start()
            self._end_at(self._run.end_us)
            await self._over.wait()
            await self._tear_down()
        finally:
            over.set()
            self._service.close()
            await proxy.stop()
            fake.stop()
            await asyncio.sleep(0)  # sockets close in the loop's next turn

    def _program(self, needed: Mapping[str, str]) -> Program:
        """The program, and its home written: config.yaml as at the runner level."""
        extra = self._spec.extra
        library, shim = extra["library"], extra["shim"]
        clock = self._file.environment(Path(library), Path(shim) if shim else None) if library else {}
        text = configuration_text(CREDENTIALS, self._run.bot)
        (self._hermes / "config.yaml").write_text(text, encoding="utf-8")
        asked = self._run.variables(self.fake.addresses.ports["ws"])
        own = {**self._spec.env, **ENVIRONMENT, **needed, **clock, **asked}
        whole = private_dirs.environment(self._homes, own)
        return Program(tuple(extra["command"]), whole, self._homes / "home", self._homes / "output")

    async def _tear_down(self) -> None:
        """The marked one: the program is told to stop, in real time, and what it leaves is looked at."""
        if self._why != "exited" and not self._trouble:
            self._pace.stops()
            self._set_rate()
            found = await spin(self._main_thread_cpu_s)
            if found is not None:
                self._seen(found)
        self.fake.director.report_unmet()
        self._record("loop", RunTeardown(self._why))
        self._tearing_down = True
        if self._why != "exited":
            self._stop(signal.SIGTERM, job=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                while not self._lives.over:
                    await asyncio.sleep(0.02)
        self._look()
        if self._lives.over:
            self._seen(left_by(self._hermes, self._homes / "locks", self._service.left()))
        self._seen(self._sentinel.found())
        trouble = self._trouble or self._sentinel.trouble()
        self._close("harness" if trouble else "end", trouble)

    def _main_thread_cpu_s(self) -> float | None:
        """Of the life that runs, None where none does."""
        pid = self._lives.pid
        return None if pid is None else procfs.thread_cpu_s(pid, pid)

    def _close(self, why: str, detail: str | None = None) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        x = {
            "wall_s": round(time.monotonic() - self._began, 3),
            "cpu_s": round(self._lives.cpu_s, 3),
            "harness_cpu_s": round(used.ru_utime + used.ru_stime, 3),
        }
        self._record.close(why, detail=detail, x=x)

    # -- what happens meanwhile

    def _sink(self, src: str, event: Event, about: Envelope = NOBODY, x: Mapping[str, Any] = NOTHING) -> int:
        n = super()._sink(src, event, about, x)
        self._sentinel.saw(event)
        self._pace.saw(event, self._now_us())
        self._set_rate()
        return n

    def _seen(self, event: Event) -> None:
        """Something was seen of the program."""
        self._record("probe", event)
        self._sentinel.saw(event)
        if isinstance(event, SubjGaveUp) or (isinstance(event, SubjState) and event.fatal):
            self.mark_give_up()

    def _signalled(self, name: str) -> bool:
        """A rule has it sent a signal: by a stop job, unless the rule says otherwise."""
        if name == KILL:
            return self._service.send(signal.SIGKILL, job=False)
        signals = [do for rule in self._run.rules for do in rule.do if do.verb == "signal"]
        job = all(do.args.more.get("job") != "none" for do in signals)
        return self._stop(signal.Signals[name], job=job)

    def _stop(self, number: signal.Signals, *, job: bool) -> bool:
        self._pace.stops()
        self._set_rate()
        return self._service.send(number, job=job)

    def _tick_on(self, loop: asyncio.AbstractEventLoop, over: threading.Event) -> None:
        """In a thread of its own, in real time."""
        while not over.is_set():
            due = time.monotonic() + TICK_S
            time.sleep(TICK_S)
            if not self._ticking:
                self._ticking = True
                with contextlib.suppress(RuntimeError):  # the loop is closed
                    loop.call_soon_threadsafe(self._tick, due)

    def _tick(self, due: float) -> None:
        self._ticking = False
        self._sentinel.late((time.monotonic() - due) * self._clock.rate)
        try:
            self._look()
            self._set_rate()
            self._trouble = self._trouble or self._sentinel.trouble()
            if self._trouble and not self._tearing_down:
                self._over.set()  # what follows would prove nothing
        except Exception as problem:
            self._failed(problem)

    def _look(self) -> None:
        self._log.look()
        self._status.look()
        self._lives.look()
        if self._lives.over and not self._tearing_down:
            self._why = "exited"
            self._over.set()

    def _life_ends(self) -> None:
        """What it said last comes before its end; the next one, if there is one, starts in real time."""
        self._log.look()
        self._status.look()
        self._pace.starts(self._now_us())

    def _set_rate(self) -> None:
        rate = self._pace.step(self._now_us(), time.monotonic())
        if rate is not None:
            self._clock.set_rate(rate)
            self._file.write(self._clock.now(), rate)
            self._record("loop", ProcRate(rate))

    def _now_us(self) -> int:
        return self.fake.now_us() if hasattr(self, "fake") else 0

    # -- trouble

    def _failed(self, problem: BaseException) -> None:
        """The harness itself failed: the run proves nothing, and its process ends here."""
        traceback.print_exception(problem)
        self._close("harness", f"{type(problem).__name__}: {problem}")
        self._service.close()
        os._exit(0)

    def _broken(self, problem: OSError) -> None:
        exit_with_problem(self._spec, "harness", f"the journal cannot be written: {problem.strerror}")
