"""The runner level: start the real gateway, let it live until the run's end, then Ctrl-C it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from fake_qq_server.addresses import Addresses
from fake_qq_server.events import Envelope
from fake_qq_server.rules.language import When
from harness.clock import BATON
from harness.errors import INTERRUPTED, SubjectError
from harness.hermes.layouts import Layout
from harness.journal.run_kinds import ClockHiccup, ProcEnding
from harness.process.child_setup import exit_with_problem
from harness.process.heartbeat_page import Phase
from harness.worker.credentials import BOT, CREDENTIALS
from harness.worker.run_context import Run
from harness.worker.subjects import other_platform
from harness.worker.subjects.adapter import Endpoints
from harness.worker.subjects.gateway import GatewaySubject, load, prepare_home
from harness.worker.subjects.leftovers import SETTLE_S, what_is_left
from harness.worker.subjects.signals import send_signal
from harness.worker.subjects.stale_state import leave_behind
from harness.worker.world import World

HANDLER = "runner.handler"


def prepare(run: Run) -> None:
    """Write the configuration, before anything of hermes is imported: it reads its home then."""
    prepare_home(CREDENTIALS, beside=run.scenario.beside is not None)


async def drive(run: Run, module: Any, layout: Layout, world: World, addresses: Addresses) -> int:
    """The gateway, from its start to the end of `start_gateway`; its exit code."""
    subject = GatewaySubject(
        module,
        layout,
        Endpoints(addresses.api, addresses.token),
        run.record,
        on_gave_up=partial(run.mark, "gave up"),
        on_told=_tell_rules(run, world),
        beside=run.scenario.beside is not None,
    )
    try:
        if run.scenario.beside is not None:
            other_platform.register(run.record, lambda: not subject.stopping)
        if run.scenario.start == "killed":
            leave_behind(CREDENTIALS[0])
    except SubjectError as problem:
        exit_with_problem(run.spec, "subject", str(problem))
    BATON.before_jump.append(lambda now: subject.sample())
    loop = asyncio.get_running_loop()

    def stop_subject() -> None:
        run.record("probe", subject.held())
        subject.stopping = subject.logs.collect = True
        run.heartbeat.enter(Phase.TEAR_DOWN)
        told(signal.SIGINT)

    def told(number: signal.Signals) -> bool:
        if not send_signal(number, loop):
            run.record("loop", ClockHiccup(f"{number.name} was not delivered"))
        return not subject.ended

    world.stop_subject = stop_subject
    world.signal = lambda name: told(signal.Signals[name])
    run.over = partial(_look_at_what_is_left, run, subject, world, addresses, loop)
    run.heartbeat.enter(Phase.RUNNING)
    run.mark("connecting")
    return await subject.run()


def live(run: Run, runner: asyncio.Runner, life: Coroutine[Any, Any, int]) -> NoReturn:
    """The program's life, as `asyncio.run(start_gateway())` has it: what is left of tasks, generators and
    the pool when `start_gateway` is over is ended and waited for by asyncio itself, and then only the process
    would end. Its loop stays open here, for one last look."""
    loop: Any = runner.get_loop()
    loop.close = lambda: None
    try:
        with runner:
            try:
                code = runner.run(life)
            finally:
                run.record("probe", ProcEnding())
    except SystemExit as exc:  # also out of a task
        code = exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    except KeyboardInterrupt:  # a Ctrl-C that it has no handler for any more
        code = INTERRUPTED
    assert run.over is not None, "the subject ended before it began"
    run.over(code)


def _look_at_what_is_left(
    run: Run,
    subject: GatewaySubject,
    world: World,
    addresses: Addresses,
    loop: asyncio.AbstractEventLoop,
    code: int,
) -> NoReturn:
    subject.over(code)
    if not subject.stopping:
        subject.stopping = subject.logs.collect = True
        world.exited()
    run.heartbeat.enter(Phase.TEAR_DOWN)
    gc.collect()
    loop.run_until_complete(asyncio.sleep(SETTLE_S))

    async def look() -> None:
        locks, home = Path(os.environ["HERMES_GATEWAY_LOCK_DIR"]), Path(os.environ["HERMES_HOME"])
        run.record("probe", what_is_left(subject.warnings, locks, addresses.ports, program=home))

    loop.run_until_complete(look())
    world.torn_down()
    run.end("end")


def _tell_rules(run: Run, world: World) -> Callable[[int], None]:
    """What is called as the fatal handler begins: tells the rules that wait for it, and gives the peer a
    turn, so that what they do at once is done before the handler goes on."""
    rules = run.scenario.rules
    if not any(isinstance(one.trigger, When) and one.trigger.event == HANDLER for one in rules):
        return lambda n: None

    def begins(n: int) -> None:
        world.fake.director.ask(HANDLER, Envelope(bot=BOT), n)
        BATON.park(None, 0, "handler")

    return begins


__all__ = ["drive", "live", "load", "prepare"]
