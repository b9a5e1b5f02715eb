"""The adapter level: connect the real adapter, keep it until the run's end, disconnect it."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from fake_qq_server.addresses import Addresses
from harness.clock import BATON
from harness.errors import SubjectError
from harness.hermes.layouts import Layout
from harness.process.child_setup import exit_with_problem
from harness.process.heartbeat_page import Phase
from harness.scenario.run_spec import Answers
from harness.worker.credentials import CREDENTIALS
from harness.worker.run_context import Run
from harness.worker.seam import Seam, check_exceptions, seam_rules
from harness.worker.subjects.adapter import AdapterSubject, Endpoints, load
from harness.worker.subjects.leftovers import SETTLE_S, find_leftovers, is_harness_task
from harness.worker.subjects.lives import AdapterLives
from harness.worker.world import World

STOPS_WITHIN_S = 60.0


def prepare(run: Run) -> None:
    """Nothing: this level needs no configuration."""
    del run


async def drive(run: Run, module: Any, layout: Layout, world: World, addresses: Addresses) -> None:
    """The subject's loop, from connect() to the end of the process."""
    subject = AdapterSubject(
        module,
        layout,
        Endpoints(addresses.api, addresses.token),
        CREDENTIALS,
        run.record,
        handler=run.scenario.handler,
        answers=run.scenario.answers or Answers(),
        bot=run.scenario.bot,
        on_gave_up=partial(_gave_up, run, world),
    )
    _put_seam(run, world, subject.adapter)
    BATON.before_jump += [lambda now: subject.sample(), world.owes_a_turn]
    run_is_over = asyncio.Event()
    loop, driver = asyncio.get_running_loop(), asyncio.current_task()

    def stop_subject() -> None:
        loop.call_soon_threadsafe(run_is_over.set)

    def is_busy() -> bool:
        alive = (task for task in asyncio.all_tasks(loop) if not task.done())
        return any(not is_harness_task(task) for task in alive if task is not driver)

    def on_built(adapter: Any) -> None:
        world.lives_again()
        _put_seam(run, world, adapter)

    lives = AdapterLives(subject, run.record, lambda task: task is driver, on_built)

    def speak(scene: str, place: str, text: str) -> bool:
        loop.call_soon_threadsafe(subject.speaks, scene, place, text)
        return True

    world.stop_subject, world.subject_is_busy, world.restart = stop_subject, is_busy, lives.restart
    world.speak = speak
    run.heartbeat.enter(Phase.RUNNING)
    run.mark("connecting")
    connecting = asyncio.create_task(subject.connect(), name="harness: connect")
    await run_is_over.wait()
    run.heartbeat.enter(Phase.TEAR_DOWN)
    stopping = None
    if lives.end():
        stopping = asyncio.create_task(subject.disconnect(), name="harness: disconnect")
        await asyncio.wait({stopping}, timeout=STOPS_WITHIN_S)
    del connecting
    gc.collect()
    await asyncio.sleep(SETTLE_S)
    locks = Path(os.environ["HERMES_GATEWAY_LOCK_DIR"])
    run.record("probe", find_leftovers(subject.warnings, locks, addresses.ports, buried=lives.open_clients))
    world.torn_down()
    run.end("end", None if stopping is None or stopping.done() else "the subject's disconnect() did not end")


def _put_seam(run: Run, world: World, adapter: Any) -> None:
    """Wrap the points of a new adapter at which a rule injects something."""
    if seam_rules(run.scenario.rules):
        try:
            check_exceptions(run.scenario.rules)
            Seam(adapter, world.fake.director)
        except SubjectError as problem:
            exit_with_problem(run.spec, "harness", str(problem))


def run_program(run: Run, runner: asyncio.Runner, main: Coroutine[Any, Any, None]) -> NoReturn:
    """Run the subject's loop. A SystemExit out of a task is let through: at this level that is a crash, which
    the supervisor reports."""
    with runner:
        runner.run(main)
    run.end("end")


def _gave_up(run: Run, world: World) -> None:
    run.mark("gave up")
    world.gave_up()


__all__ = ["drive", "load", "prepare", "run_program"]
