"""One run of the program: `python -m harness.program.main SPEC`, in a process and namespaces of its own.

Here are the platform, the proxy before it and the journal, in an event loop whose time is scaled. The program
is a child of this process, or a unit of a systemd that is. When this process ends, whatever ends it, all of it
is over: it is the first of its namespace, or its children are killed with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fake_qq_server.events import NOBODY, NOTHING, Envelope, Event, EventSent, Heal, HttpSend, Session
from fake_qq_server.platform.options import Options
from fake_qq_server.serving.tls import CA_FILE, environment, server_context
from harness.errors import HarnessError
from harness.journal.process_kinds import ProcRate, ProcService, ProcUnit, SubjGaveUp
from harness.journal.record import SCHEMA
from harness.journal.run_kinds import (
    CLOCK_SCALED,
    ProcExit,
    RunOpen,
    RunTeardown,
    SubjEgress,
    SubjLife,
    SubjState,
)
from harness.journal.writer import Recorder
from harness.process import private_dirs, procfs, walls
from harness.process.child_setup import exit_with_problem
from harness.process.worker_spec import WorkerSpec
from harness.program import faketime, scaled_time, systemd
from harness.program.observer import LOG, Log, Status, left_by
from harness.program.pace import Pace
from harness.program.proxy import RecordingProxy
from harness.program.sentinel import Sentinel
from harness.program.service import Alone, Program, Service
from harness.scenario.limits import RECOVERY_HEARTBEATS, RECOVERY_US
from harness.scenario.parse_run import from_resolved
from harness.worker.credentials import CREDENTIALS
from harness.worker.subjects.gateway_config import ENVIRONMENT, configuration_text
from harness.worker.time_table import TimeTable

TICK_S = 0.005
"""Real seconds between two looks at the program."""

START_S = 90.0
"""Real seconds for a start: where the bot is not ready then, time passes faster all the same."""

ANSWER_S = 60.0
"""Seconds of the run within which an answer is due."""

AFTER_ANSWER_S = 2.0
"""Until this long after a reply time stays real: there may be another."""

STOP_S = 95.0
"""Seconds for the end of a program that was told to stop: longer than the check `stops` allows."""


class ProgramRun(TimeTable):
    """The world around one program, and its journal."""

    def __init__(self, spec: WorkerSpec, service: Service) -> None:
        self._spec = spec
        self._service = service
        self._folder = Path(spec.extra["homes"])
        self._clock = scaled_time.ScaledClock()
        descriptor = os.open(spec.journal, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        self._recorder = Recorder(
            descriptor, self._now_us, lambda count: None, self._broken, lambda count: self._close("journal")
        )
        super().__init__(from_resolved(dict(spec.scenario)), self._recorder, Options(seed=spec.seed))
        self._pace = Pace(float(spec.extra["speed"]))
        self._pace.slow("starting")
        self._sentinel = Sentinel()
        self._file = faketime.TimestampFile(self._folder / "clock", faketime.now())
        home = self._folder / "hermes"
        self._log = Log(home / LOG, self._seen, self._recorder.secrets_in)
        self._status = Status(home, self._seen, self._recorder)
        self._lives, self._exits = 1, 0
        self._tearing_down = self._ended = False
        self._unanswered: set[str] = set()
        self._unit: object = None
        self._cpu_s = 0.0
        self._ticking = False
        self._began = time.monotonic()
        self._starts_by = self._began + START_S
        self._slow_until_us: dict[str, int] = {}

    # -- from its start to its end

    def run(self) -> None:
        """All of it; the journal is closed then."""
        self._recorder.name(self._spec.folder, "home")
        self._recorder("loop", self._opened(), x={"folder": self._spec.folder, "walls": self._spec.walls})
        with scaled_time.runner(self._clock) as runner:
            runner.run(self._main())

    def _opened(self) -> RunOpen:
        spec = self._spec
        versions = {"python": str(spec.subject["python"]), "aiohttp": str(spec.subject["aiohttp"])}
        subject = {key: value for key, value in spec.subject.items() if key not in ("path", "interpreter")}
        return RunOpen(
            SCHEMA, spec.run, spec.level, spec.seed, CLOCK_SCALED, spec.fix, subject, dict(spec.scenario), versions
        )  # fmt: skip

    async def _main(self) -> None:
        certificates = self._folder / "certificates"
        certificates.mkdir()
        fake = self.fake = self._built(tls=server_context(certificates, ["127.0.0.1", "localhost"]))
        fake.on_error = self._failed
        fake.on_signal = self._signalled
        ports = fake.addresses.ports
        proxy = RecordingProxy(ports, lambda said: self._seen(SubjEgress("connect", said)))
        stopped = threading.Event()
        try:
            address = await proxy.start("127.0.0.1")
            fake.start()
            for host, port in ports.items():
                self._recorder.name_port(port, host)
            self._file.write(self._clock.now(), 1.0)
            self._service.start(self._program(environment(certificates / CA_FILE, address)))
            self._seen(ProcService(self._service.name, self._service.detail))  # type: ignore[arg-type]
            loop = asyncio.get_running_loop()
            threading.Thread(target=self._tick_on, args=(loop, stopped), daemon=True).start()
            self._end_at(self._run.end_us)
            await self._over.wait()
            await self._tear_down()
        finally:
            stopped.set()
            self._service.close()
            await proxy.stop()
            fake.stop()
            await asyncio.sleep(0)

    def _program(self, needed: Mapping[str, str]) -> Program:
        extra = self._spec.extra
        library, shim = extra.get("library"), extra.get("shim")
        clock = self._file.environment(Path(library), Path(shim) if shim else None) if library else {}
        (self._folder / "hermes" / "config.yaml").write_text(
            configuration_text(CREDENTIALS, self._run.bot), encoding="utf-8"
        )
        own = {**self._spec.env, **ENVIRONMENT, **needed, **clock, **self._run.environment}
        return Program(
            tuple(extra["command"]),
            private_dirs.environment(self._folder, own),
            self._folder / "home",
            self._folder / "output",
        )

    async def _tear_down(self) -> None:
        """The marked one: the program is told to stop, at real speed, and what it leaves is looked at."""
        self.fake.director.report_unmet()
        self._recorder("loop", RunTeardown(self._why))
        self._tearing_down = True
        if self._why != "exited":
            self._pace.slow("stopping")
            self._service.send(signal.SIGTERM, job=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                while not self._ended:
                    await asyncio.sleep(0.02)
        self._look()
        if self._ended:
            mine = (os.getpid(), *self._service_processes())
            left = [_name(one.pid) for one in procfs.all_processes() if self._is_left(one, mine)]
            self._seen(left_by(self._folder / "hermes", self._folder / "locks", left))
        self._seen(self._sentinel.found())
        trouble = self._sentinel.trouble()
        self._close("harness" if trouble else "end", trouble)

    def _service_processes(self) -> tuple[int, ...]:
        return getattr(self._service, "processes", ())

    def _is_left(self, one: procfs.Stat, mine: tuple[int, ...]) -> bool:
        """Of a namespace of our own, whatever is not ours; without one, nothing is known."""
        return (
            bool(self._spec.extra["private"])
            and one.pid not in mine
            and one.ppid not in mine[1:]
            and one.state != "Z"
        )  # noqa: E501

    def _close(self, why: str, detail: str | None = None) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        x = {
            "wall_s": round(time.monotonic() - self._began, 3),
            "cpu_s": round(self._cpu_s, 3),
            "harness_cpu_s": round(used.ru_utime + used.ru_stime, 3),
        }
        self._recorder.close(why, detail=detail, x=x)

    # -- what happens meanwhile

    def _sink(self, src: str, event: Event, about: Envelope = NOBODY, x: Mapping[str, Any] = NOTHING) -> int:
        n = super()._sink(src, event, about, x)
        self._sentinel.saw(event)
        if isinstance(event, Session) and event.what in ("ready", "resumed"):
            self._pace.resume("starting")
            if self._pace.has("recovering"):
                held = (RECOVERY_HEARTBEATS + 1) * self._heartbeat_us
                self._slow_until_us["recovering"] = self._now_us() + held
        elif isinstance(event, EventSent):
            self._unanswered.add(event.id)
            self._slow("answering", int(ANSWER_S * 1e6))
        elif isinstance(event, HttpSend) and event.what == "message" and event.msg_id in self._unanswered:
            self._unanswered.discard(event.msg_id)
            self._slow("answering", int((ANSWER_S if self._unanswered else AFTER_ANSWER_S) * 1e6))
        elif isinstance(event, Heal):
            self._slow("recovering", RECOVERY_US + 60_000_000)
        return n

    def _slow(self, reason: str, for_us: int) -> None:
        self._pace.slow(reason)
        self._slow_until_us[reason] = self._now_us() + for_us

    def _seen(self, event: Event) -> None:
        self._recorder("probe", event)
        self._sentinel.saw(event)
        if isinstance(event, SubjGaveUp) or (isinstance(event, SubjState) and event.fatal):
            self.mark_give_up()

    def _signalled(self, name: str) -> bool:
        """A rule sends it a signal; whether that is a stop job says the rule."""
        job = not any(
            do.verb == "signal" and do.args.more.get("job") == "none"
            for rule in self._run.rules
            for do in rule.do
        )
        self._pace.slow("stopping")
        self._set_rate()
        return self._service.send(signal.Signals[name], job=job)

    def _tick_on(self, loop: asyncio.AbstractEventLoop, stopped: threading.Event) -> None:
        """In a thread of its own, in real time."""
        while not stopped.is_set():
            due = time.monotonic() + TICK_S
            time.sleep(TICK_S)
            if not self._ticking:
                self._ticking = True
                with contextlib.suppress(RuntimeError):  # the loop is closed
                    loop.call_soon_threadsafe(self._tick, due)

    def _tick(self, due: float) -> None:
        self._ticking = False
        now = time.monotonic()
        self._sentinel.late((now - due) * self._clock.rate)
        try:
            self._look()
            self._set_rate()
        except Exception as problem:
            self._failed(problem)

    def _look(self) -> None:
        """At the program, and at how long there is reason to be slow."""
        self._log.look()
        self._status.look()
        self._look_at_process()
        for reason, until in list(self._slow_until_us.items()):
            if self._now_us() > until:
                del self._slow_until_us[reason]
                self._pace.resume(reason)
        if time.monotonic() > self._starts_by:
            self._pace.resume("starting")

    def _look_at_process(self) -> None:
        found = self._service.status()
        if found.unit is not None and found.unit != self._unit:
            self._unit = found.unit
            self._seen(ProcUnit(*found.unit))
        if found.pid is not None:
            stat = procfs.stat(found.pid)
            self._cpu_s = stat.cpu_s if stat else self._cpu_s
        for number in range(self._exits, len(found.codes)):
            last = number == found.lives - 1
            if last and not (found.waits or found.over):
                break  # its service manager has not decided yet
            self._ended_with(found.codes[number], for_good=last and not found.waits)
        if found.lives > self._lives:
            self._lives = found.lives
            self._seen(SubjLife("started", self._lives))

    def _ended_with(self, code: int, *, for_good: bool) -> None:
        """A life of the program is over. The next one, if there is one, starts at real speed."""
        self._exits += 1
        self._log.look()
        self._status.look()
        self._seen(ProcExit(code))
        self._pace.slow("starting")
        self._starts_by = time.monotonic() + START_S
        if for_good:
            self._ended = True
            if not self._tearing_down:
                self._exited()

    def _exited(self) -> None:
        self._why = "exited"
        self._over.set()

    def _set_rate(self) -> None:
        rate = self._pace.step(time.monotonic())
        if rate is not None:
            self._clock.set_rate(rate)
            self._file.write(self._clock.now(), rate)
            self._recorder("loop", ProcRate(rate))

    def _now_us(self) -> int:
        return self.fake.now_us() if hasattr(self, "fake") else 0

    # -- trouble

    def _failed(self, problem: BaseException) -> None:
        """The harness itself failed: the run proves nothing."""
        traceback.print_exception(problem)
        self._close("harness", f"{type(problem).__name__}: {problem}")
        self._service.close()
        os._exit(0)

    def _broken(self, problem: OSError) -> None:
        exit_with_problem(self._spec, "harness", f"the journal cannot be written: {problem.strerror}")


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return "a process"


def main(file: str) -> None:
    """Do the run that the file describes."""
    spec = WorkerSpec.from_json(Path(file).read_text(encoding="utf-8"))
    try:
        if spec.extra["private"]:
            spec = replace(spec, walls=_furnish(Path(spec.extra["homes"])))
        else:
            Path(spec.extra["homes"]).mkdir()
        for home in private_dirs.HOMES:
            (Path(spec.extra["homes"]) / home).mkdir(mode=0o700)
        ProgramRun(spec, _service(spec)).run()
    except HarnessError as problem:
        exit_with_problem(spec, "harness", str(problem))


def _furnish(homes: Path) -> tuple[str, ...]:
    """The namespaces' own: a network with a loopback, memory for the homes, and a /dev/shm, in which what is
    killed leaves things behind. The walls that stand: no process outside can be seen, or sent a signal."""
    standing = walls.put_up(but=["signals"])
    homes.mkdir()
    for place in (homes, Path("/dev/shm")):
        systemd.mount("tmpfs", place)
    return (*standing, "signals")


def _service(spec: WorkerSpec) -> Service:
    """A systemd where one can be had, else nobody, and why."""
    lacking = systemd.missing() or (None if spec.extra["private"] else "namespaces need root")
    if lacking is None:
        try:
            return systemd.Systemd(spec.extra["unit"], Path(spec.extra["homes"]), spec.extra["cgroup"])
        except (HarnessError, OSError, subprocess.SubprocessError) as problem:
            lacking = str(problem)
    return Alone(lacking)


if __name__ == "__main__":
    main(sys.argv[1])
