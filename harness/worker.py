"""One run, from inside its process: builds the world and the subject, lets them live, writes the journal.

Called by the nursery's child (or a fresh interpreter) with the clock's hooks already in. Never returns: the
process ends here, so that nothing of the subject's can outlive its run.
"""

from __future__ import annotations

import asyncio
import gc
import importlib.metadata
import os
import platform
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import freezegun.api

from fake_qq_server.events import Event
from fake_qq_server.language import When
from fake_qq_server.platform import Options

from . import clock, egress
from .birth import give_up
from .clock import BATON
from .clock.baton import Participant
from .clock.tame import tame
from .errors import QQChaosError
from .journal import (
    SCHEMA,
    ClockBlocked,
    ClockSpin,
    RunOpen,
    SubjEgress,
    SubjThread,
)
from .layouts import LAYOUTS, Layout
from .pulse import Phase, Pulse
from .recorder import Recorder
from .scenario import RunSpec
from .seam import Seam
from .subjects.adapter import AdapterSubject, Endpoints, load
from .subjects.left import what_is_left
from .workerspec import WorkerSpec
from .world import Plan, World

APP_ID = "102000001"
SECRET = "canary-secret-0a1b2c3d"
STOPS_WITHIN_S = 60.0

_real_time = freezegun.api.real_perf_counter
_real_cpu = time.process_time


@dataclass
class Run:
    """What belongs to one run inside its process."""

    spec: WorkerSpec
    scenario: RunSpec
    record: Recorder
    pulse: Pulse
    started: float
    marks: dict[str, dict[str, float]] = field(default_factory=dict)
    connecting: Callable[[int], None] = lambda port: None
    """Told of each connect to a loopback port; the world's, once there is one."""

    def mark(self, phase: str) -> None:
        """Remember the real time and CPU at the first time that something is reached (they go to `x`)."""
        now = {"wall_s": round(_real_time() - self.started, 4), "cpu_s": round(_real_cpu(), 4)}
        self.marks.setdefault(phase, now)

    def end(self, why: Any, detail: str | None = None) -> NoReturn:
        """Close the journal and end the process."""
        self.record.close(
            why,
            detail=detail,
            x={
                "wall_s": round(_real_time() - self.started, 4),
                "cpu_s": round(_real_cpu(), 4),
                "turns": BATON.turns,
                "marks": self.marks,
            },
        )
        self.pulse.enter(Phase.DONE)
        os._exit(0)


def main(spec: WorkerSpec) -> NoReturn:
    """Do the run that `spec` describes, then end the process."""
    started = _real_time()
    pulse = Pulse(spec.pulse)
    descriptor = os.open(spec.journal, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    record = Recorder(descriptor, lambda: BATON.now_us, lambda count: run.end("spin", "records"))
    run = Run(spec, RunSpec.from_resolved(dict(spec.scenario)), record, pulse, started)
    clock.begin(seed=spec.seed, seen=lambda phase, name: record("probe", SubjThread(phase, name)))
    BATON.on_turn = pulse.beat
    BATON.on_spin = partial(_spun, run)
    BATON.on_blocked = lambda who, seconds: _note(run, "loop", ClockBlocked(who.name, seconds))
    layout = next(row for row in LAYOUTS if row.name == spec.layout)
    record.name(spec.folder, "home")
    record("loop", _run_open(spec), x={"subject": dict(spec.subject), "folder": spec.folder})
    egress.install(partial(_refused, run), connecting=lambda port: run.connecting(port))
    module = _load(run, layout)
    tame(BATON, spec.seed)
    run.mark("imported")
    with asyncio.Runner(loop_factory=clock.new_event_loop) as runner:
        runner.run(_drive(run, module, layout))
    run.end("end")


def _load(run: Run, layout: Layout) -> Any:
    """The adapter's module, with the fix laid over it. What cannot be imported is no ending."""
    fix = run.spec.fix
    if fix and fix.get("kind") == "named":
        from .fixes.rewrite import install

        install(layout.module, layout.class_name, str(fix["name"]))
    try:
        return load(layout)
    except QQChaosError as problem:
        give_up(run.spec, "subject", str(problem))
    except Exception as problem:
        give_up(
            run.spec, "subject", f"{layout.module} cannot be imported: {type(problem).__name__}: {problem}"
        )


def _run_open(spec: WorkerSpec) -> RunOpen:
    versions = {"python": platform.python_version()}
    for name in ("aiohttp", "httpx", "websockets"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    subject = {key: value for key, value in spec.subject.items() if key not in ("path", "interpreter")}
    return RunOpen(
        SCHEMA,
        spec.run,
        spec.level,
        spec.seed,
        "baton",
        str(spec.fix["name"]) if spec.fix else None,
        subject,
        dict(spec.scenario),
        versions,
    )


async def _drive(run: Run, module: Any, layout: Layout) -> None:
    """The subject's loop: connect, live until the end of the run, tear down."""
    plan = run.scenario
    options = Options(seed=run.spec.seed)
    world = World(
        Plan(
            plan.rules,
            plan.end_us,
            plan.heal.at if plan.heal else None,
            plan.heal.held if plan.heal else "keep",
            plan.delay_us,
            run.spec.seed,
            (APP_ID, SECRET),
            options,
        ),
        run.record,
    )
    world.fail = lambda problem: run.end("harness", _told(problem))
    addresses = world.begin()
    for host, port in addresses.ports.items():
        run.record.name(str(port), host)
    run.connecting = world.fake.refused
    subject = AdapterSubject(
        module,
        layout,
        Endpoints(addresses.api, addresses.token),
        (APP_ID, SECRET),
        run.record,
        handler=plan.handler,
        on_gave_up=partial(_gave_up, run, world),
    )
    if any(isinstance(r.trigger, When) and r.trigger.event.startswith("seam.") for r in plan.rules):
        Seam(subject.adapter, world.fake.director)
    BATON.before_jump.append(lambda now: subject.sample())
    over = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop_subject() -> None:
        loop.call_soon_threadsafe(over.set)

    world.stop_subject = stop_subject
    world.close_run = lambda why: run.end("end", why)
    run.pulse.enter(Phase.RUNNING)
    run.mark("connecting")
    connecting = asyncio.create_task(subject.connect(), name="harness: connect")
    await over.wait()
    run.pulse.enter(Phase.TEAR_DOWN)
    stopping = asyncio.create_task(subject.disconnect(), name="harness: disconnect")
    await asyncio.wait({stopping}, timeout=STOPS_WITHIN_S)
    del connecting
    gc.collect()
    await asyncio.sleep(0.25)  # aiohttp and httpx close their transports a moment later
    run.record("probe", what_is_left(subject, Path(os.environ["HERMES_GATEWAY_LOCK_DIR"]), addresses.ports))
    world.torn_down()
    run.end("end", None if stopping.done() else "the subject's disconnect() did not end")


def _gave_up(run: Run, world: World) -> None:
    run.mark("gave up")
    world.gave_up()


def _note(run: Run, src: str, event: Event) -> None:
    run.record(src, event)


def _refused(run: Run, what: egress.What, target: str) -> None:
    _note(run, "probe", SubjEgress(what, target))


def _told(problem: BaseException) -> str:
    """An exception and the innermost place it passed, in one line."""
    frames = traceback.extract_tb(problem.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(problem).__name__}: {problem}{where}"


def _spun(run: Run, who: Participant, count: int, what: str) -> None:
    """The subject starves its loop: recorded at the same turn in every run, and the run is over."""
    del what
    run.record("loop", ClockSpin(count, who.name))
    run.end("spin")
