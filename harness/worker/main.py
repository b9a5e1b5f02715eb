"""One run, from inside its process: builds the world, drives the subject in it, writes the journal.

Called in a fork of the fork server (or a fresh interpreter) with the clock's hooks already in. Never
returns: the process ends here, so that nothing of the subject can outlive its run.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.metadata
import logging
import os
import platform
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from fake_qq_server.addresses import Addresses
from fake_qq_server.unprompted import busiest
from harness import clock
from harness.clock import BATON
from harness.clock.baton import Participant
from harness.clock.gc_and_random import make_deterministic
from harness.errors import HarnessError, QQChaosError
from harness.hermes.layouts import LAYOUTS, Layout
from harness.journal.run_kinds import (
    CLOCK,
    CLOCK_WITH_A_PROXY,
    ClockBlocked,
    ClockSpin,
    RunOpen,
    SubjEgress,
    SubjThread,
)
from harness.journal.writer import Recorder
from harness.process.child_setup import exit_with_problem
from harness.process.heartbeat_page import HeartbeatPage
from harness.process.worker_spec import WorkerSpec
from harness.scenario.parse_run import from_resolved
from harness.worker import egress
from harness.worker.program_lives import BeginWorld, lead_lives, restarts
from harness.worker.proxy_server import RealToxiproxy
from harness.worker.run_context import Run, real_time
from harness.worker.world import PEER, World

LIBRARIES = ("asyncio", "aiohttp", "httpx", "httpcore")
"""Whose logs `--verbose` shows beside the subject's own."""
SHOWN_CALLBACKS = 8
"""How many entries of a spinning loop's queue are recorded."""

DRIVERS = {"adapter": "harness.worker.levels.adapter", "runner": "harness.worker.levels.runner"}


def main(spec: WorkerSpec) -> NoReturn:
    """Do the run that `spec` describes, then end the process."""
    started = real_time()
    page = HeartbeatPage(spec.heartbeat_file)
    descriptor = os.open(spec.journal, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    record = Recorder(
        descriptor,
        lambda: BATON.now_us,
        lambda count: _on_flood(run, count),
        lambda problem: exit_with_problem(
            spec, "harness", f"the journal cannot be written: {problem.strerror}"
        ),
        lambda count: run.end("journal", f"{count} records"),
    )
    run = Run(spec, from_resolved(dict(spec.scenario)), record, page, started)
    clock.begin(seed=spec.seed, on_thread=lambda phase, name: record("probe", SubjThread(phase, name)))
    BATON.on_turn = page.write_turn
    BATON.on_spin = partial(_on_spin, run)
    BATON.on_blocked = partial(_on_blocked, run)
    layout = next(row for row in LAYOUTS if row.name == spec.layout)
    level: Any = importlib.import_module(DRIVERS[spec.level])
    record.name(spec.folder, "home")
    record(
        "loop", _run_open(spec), x={"subject": dict(spec.subject), "folder": spec.folder, "walls": spec.walls}
    )
    level.prepare(run)
    begin_world: BeginWorld = partial(_begin_world, run)
    if spec.level != "adapter" and restarts(run.scenario):
        make_deterministic(BATON, spec.seed)
        begin_world = lead_lives(run, *begin_world())  # returns in each life
    _live(run, layout, level, begin_world)


def _live(run: Run, layout: Layout, level: Any, begin_world: BeginWorld) -> NoReturn:
    """Import the subject and drive it, to the end of this process."""
    egress.install(partial(_on_refused, run), on_connect=lambda port, sock: run.on_connect(port, sock))
    module = _load(run, layout, level)
    if run.spec.verbose:
        _log_everything(layout)
    make_deterministic(BATON, run.spec.seed + run.life - 1)
    run.mark("imported")
    run_program: Callable[..., NoReturn] = level.run_program
    drive = _drive(run, module, layout, level, begin_world)
    run_program(run, asyncio.Runner(loop_factory=clock.new_event_loop), drive)


def _load(run: Run, layout: Layout, level: Any) -> Any:
    """The subject's modules, with the fix laid over them. What cannot be imported is no ending."""
    fix = run.spec.fix
    if fix is not None and fix.kind == "named":
        from harness.hermes.fixes.rewrite import install

        install(layout.module, layout.class_name, fix.name)
    try:
        return level.load(layout)
    except QQChaosError as problem:
        exit_with_problem(run.spec, "subject", str(problem))
    except Exception as problem:
        why = f"{type(problem).__name__}: {problem}"
        exit_with_problem(run.spec, "subject", f"{layout.module} cannot be imported: {why}")


def _log_everything(layout: Layout) -> None:
    """Write all logs of the subject and its libraries to stderr too; the journal stays as it is."""
    for name in (layout.package, *LIBRARIES):
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.addHandler(logging.StreamHandler())


async def _drive(run: Run, module: Any, layout: Layout, level: Any, begin_world: BeginWorld) -> Any:
    """Begin the world, then let the level drive the subject in it; what that returns."""
    world, addresses = begin_world()
    return await level.drive(run, module, layout, world, addresses)


def _begin_world(run: Run) -> tuple[World, Addresses]:
    """The world of the run, begun."""
    if run.spec.network:
        try:
            run.toxiproxy = RealToxiproxy(BATON, run.spec.network)
        except HarnessError as problem:
            exit_with_problem(run.spec, "harness", str(problem))
    world = run.world()
    world.fail = lambda problem: run.end("harness", _one_line(problem))
    world.close_run = lambda why: run.end("end", why)
    world.on_thread = run.heartbeat.write_platform_thread
    world.runaway = lambda keys: run.end("rules", "; ".join(keys))
    addresses = world.begin()
    for host, port in addresses.ports.items():
        run.record.name_port(port, host)
    os.environ.update(run.scenario.variables(addresses.ports["ws"]))
    run.on_connect = partial(_on_connect, run, world)
    run.unprompted = world.fake.director.unprompted
    return world, addresses


def _on_connect(run: Run, world: World, port: int, sock: Any) -> None:
    if run.toxiproxy is not None:
        run.toxiproxy.dialled(port, sock)
    world.fake.refused(port)


def _run_open(spec: WorkerSpec) -> RunOpen:
    versions = {"python": platform.python_version()}
    for name in ("aiohttp", "httpx", "websockets"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return spec.opened(CLOCK_WITH_A_PROXY if spec.network else CLOCK, versions)


def _on_blocked(run: Run, who: Participant, seconds: float) -> None:
    run.record("loop", ClockBlocked(who.name, seconds))


def _on_refused(run: Run, kind: egress.Kind, target: str) -> None:
    run.record("probe", SubjEgress(kind, target))


def _one_line(problem: BaseException) -> str:
    """An exception and the innermost place it passed, in one line; a sentence of ours is enough by itself."""
    if isinstance(problem, QQChaosError):
        return str(problem)
    frames = traceback.extract_tb(problem.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(problem).__name__}: {problem}{where}"


def _on_flood(run: Run, count: int) -> None:
    """So many records at one instant are a spin: the subject's, unless the rules made most of them."""
    acts = run.unprompted()
    if sum(acts.values()) * 2 > count:
        run.end("rules", "; ".join(busiest(acts)))
    run.end("spin", "records")


def _on_spin(run: Run, who: Participant, count: int, what: str) -> None:
    """The subject spins: recorded at the same turn in every run, and the run ends here."""
    if who.name == PEER and who.ours:
        run.end("harness", f"the fake platform spins: {count} {what}")
    run.record("loop", ClockSpin(count, who.name), x={"what": what, "ready": _ready_callbacks(who)})
    run.end("spin")


def _ready_callbacks(who: Participant) -> list[str]:
    """What stands in the spinning loop's queue, for people to read: tasks with the line they are at."""
    found = []
    for handle in list(getattr(who.loop, "_ready", ()))[:SHOWN_CALLBACKS]:
        task = getattr(getattr(handle, "_callback", None), "__self__", None)
        found.append(repr(task) if isinstance(task, asyncio.Task) else repr(handle))
    return found
