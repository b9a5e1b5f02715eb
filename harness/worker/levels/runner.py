"""The runner level: start the real gateway, keep it until the run's end, stop it with SIGINT."""

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
from fake_qq_server.rules.language_verbs import When
from harness.clock import BATON
from harness.errors import INTERRUPTED, SubjectError
from harness.hermes.layouts import Layout
from harness.journal.run_kinds import ClockHiccup, ProcEnding
from harness.process.child_setup import exit_with_problem
from harness.process.heartbeat_page import Phase
from harness.worker.credentials import BOT, CREDENTIALS
from harness.worker.program_lives import end_process
from harness.worker.run_context import Run
from harness.worker.subjects import other_platform
from harness.worker.subjects.adapter import Endpoints
from harness.worker.subjects.gateway import GatewaySubject, load
from harness.worker.subjects.gateway_config import write_home
from harness.worker.subjects.leftovers import SETTLE_S, find_leftovers
from harness.worker.subjects.signals import send_signal
from harness.worker.subjects.stale_state import write_stale_state
from harness.worker.world import World

HANDLER = "runner.handler"


def prepare(run: Run) -> None:
    """Write the configuration, before anything of hermes is imported: it reads its home then."""
    write_home(CREDENTIALS, run.scenario.bot, beside=run.scenario.beside is not None)


async def drive(run: Run, module: Any, layout: Layout, world: World, addresses: Addresses) -> int:
    """The gateway, from its start to the end of `start_gateway`; its exit code."""
    try:
        subject = GatewaySubject(
            module,
            layout,
            Endpoints(addresses.api, addresses.token),
            run.record,
            on_gave_up=partial(_gave_up, run, world),
            on_handler=_rules_on_handler(run, world),
            beside=run.scenario.beside is not None,
            answers=run.scenario.answers,
            counted=run.counted,
        )
        if run.scenario.beside is not None:
            other_platform.register(run.record, lambda: not subject.stopping)
        if run.scenario.start == "killed" and run.life == 1:
            write_stale_state(CREDENTIALS[0])
    except SubjectError as problem:
        exit_with_problem(run.spec, "subject", str(problem))
    BATON.before_jump += [lambda now: subject.sample(), world.owes_a_turn]
    loop = asyncio.get_running_loop()

    def stop_subject() -> None:
        run.record("probe", subject.held_resources())
        subject.stopping = subject.logs.collecting = True
        subject.leaving = False
        run.heartbeat.enter(Phase.TEAR_DOWN)
        send(signal.SIGINT)

    def leave() -> None:
        subject.stopping = subject.leaving = True
        send(signal.SIGTERM)

    def send(number: signal.Signals) -> bool:
        if not send_signal(number, loop):
            run.record("loop", ClockHiccup(f"{number.name} was not delivered"))
        return not subject.ended

    world.stop_subject, world.leave = stop_subject, leave
    world.signal = lambda name: send(signal.Signals[name])
    run.on_exit = partial(_finish, run, subject, world, addresses, loop)
    run.heartbeat.enter(Phase.RUNNING)
    run.mark("connecting")
    return await subject.run()


def run_program(run: Run, runner: asyncio.Runner, main: Coroutine[Any, Any, int]) -> NoReturn:
    """Run the program as `asyncio.run(start_gateway())` does: the tasks, generators and pool threads that are
    there when `start_gateway` ends are ended and waited for by asyncio itself, and only then would the
    process end. Its loop is kept open here, so that what is left in it can be found."""
    loop: Any = runner.get_loop()
    loop.close = lambda: None
    try:
        with runner:
            try:
                code = runner.run(main)
            finally:
                run.record("probe", ProcEnding())
    except SystemExit as exc:  # also out of a task
        code = exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    except KeyboardInterrupt:  # a Ctrl-C that it has no handler for any more
        code = INTERRUPTED
    assert run.on_exit is not None, "the subject ended before it began"
    run.on_exit(code)


def _finish(
    run: Run,
    subject: GatewaySubject,
    world: World,
    addresses: Addresses,
    loop: asyncio.AbstractEventLoop,
    code: int,
) -> NoReturn:
    """The program has ended with `code`: record that and what it left, and end the run. Where it is to be
    started again, end the process alone."""
    if subject.leaving:
        end_process(code)
    subject.record_exit(code)
    if not subject.stopping:
        subject.stopping = subject.logs.collecting = True
        world.exited()
    run.heartbeat.enter(Phase.TEAR_DOWN)
    gc.collect()
    loop.run_until_complete(asyncio.sleep(SETTLE_S))

    async def record_leftovers() -> None:
        locks, home = Path(os.environ["HERMES_GATEWAY_LOCK_DIR"]), Path(os.environ["HERMES_HOME"])
        run.record("probe", find_leftovers(subject.warnings, locks, addresses.ports, program=home))

    loop.run_until_complete(record_leftovers())
    world.torn_down()
    run.end("end")


def _gave_up(run: Run, world: World) -> None:
    """The adapter did; the gateway around it may bring it back, so the run and its probes go on."""
    run.mark("gave up")
    world.mark_give_up()


def _rules_on_handler(run: Run, world: World) -> Callable[[int], None]:
    """What to call as the fatal-error handler begins: it triggers the rules that wait for that, and lets the
    platform's thread run, so that what they do at once is done before the handler goes on."""
    rules = run.scenario.rules
    if not any(isinstance(one.trigger, When) and one.trigger.event == HANDLER for one in rules):
        return lambda n: None

    def begins(n: int) -> None:
        world.fake.director.ask(HANDLER, Envelope(bot=BOT), n)
        world.give_way()

    return begins


__all__ = ["drive", "load", "prepare", "run_program"]
