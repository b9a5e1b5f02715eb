"""The runner level: start the real gateway, let it live until the run's end, then Ctrl-C it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from fake_qq_server.events import Envelope
from fake_qq_server.server import Addresses
from harness.birth import give_up
from harness.clock import BATON
from harness.errors import SubjectError
from harness.journal import ClockHiccup, ProcExit, RunTeardown
from harness.layouts import Layout
from harness.pulse import Phase
from harness.run_in_worker import CREDENTIALS, Run
from harness.subjects import second
from harness.subjects.adapter import Endpoints
from harness.subjects.gateway import GatewaySubject, load, prepare_home
from harness.subjects.killed import leave_behind
from harness.subjects.left import what_is_left
from harness.subjects.signals import send_signal
from harness.world import BOT, World

SETTLE_S = 0.25


def prepare(run: Run) -> None:
    """Write the configuration, before anything of hermes is imported: it reads its home then."""
    prepare_home(CREDENTIALS, beside=run.scenario.beside is not None)


async def drive(run: Run, module: Any, layout: Layout, world: World, addresses: Addresses) -> None:
    """The gateway's loop, from its start to the end of the process."""
    subject = GatewaySubject(
        module,
        layout,
        Endpoints(addresses.api, addresses.token),
        run.record,
        on_gave_up=partial(run.mark, "gave up"),
        on_told=partial(_handler_begins, world),
        beside=run.scenario.beside is not None,
    )
    try:
        if run.scenario.beside is not None:
            second.register(run.record, lambda: not subject.stopping)
        if run.scenario.start == "killed":
            leave_behind(CREDENTIALS[0])
    except SubjectError as problem:
        give_up(run.spec, "subject", str(problem))
    BATON.before_jump.append(lambda now: subject.sample())
    loop = asyncio.get_running_loop()

    def stop_subject() -> None:
        run.record("probe", subject.held())
        subject.stopping = subject.logs.collect = True
        run.pulse.enter(Phase.TEAR_DOWN)
        told(signal.SIGINT)

    def told(number: signal.Signals) -> bool:
        if not send_signal(number, loop):
            run.record("loop", ClockHiccup(f"{number.name} was not delivered"))
        return not subject.ended

    world.stop_subject = stop_subject
    world.signal = lambda name: told(signal.Signals[name])
    run.pulse.enter(Phase.RUNNING)
    run.mark("connecting")
    await subject.run()
    subject.sample()
    if not subject.stopping:
        subject.stopping = subject.logs.collect = True
        world.exited()
    run.pulse.enter(Phase.TEAR_DOWN)
    gc.collect()
    await asyncio.sleep(SETTLE_S)
    locks, home = Path(os.environ["HERMES_GATEWAY_LOCK_DIR"]), Path(os.environ["HERMES_HOME"])
    run.record("probe", what_is_left(subject.warnings, locks, addresses.ports, program=home))
    world.torn_down()
    run.end("end")


def _handler_begins(world: World) -> None:
    """Tell the rules, and give the peer a turn: what they do at once is done before the handler goes on."""
    world.fake.director.happened("runner.handler", Envelope(bot=BOT), None)
    BATON.park(None, 0, "handler")


def left(run: Run, exc: SystemExit) -> NoReturn:
    """A SystemExit out of a task ends the program as one out of `start_gateway` does: with its code."""
    code = exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    run.record("probe", ProcExit(code, "SystemExit out of a task"))
    run.record("loop", RunTeardown("exited"))
    run.end("end")


__all__ = ["drive", "left", "load", "prepare"]
