"""The runner level: start the real gateway, let it live until the run's end, then Ctrl-C it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

from fake_qq_server.server import Addresses
from harness.clock import BATON
from harness.layouts import Layout
from harness.pulse import Phase
from harness.run_in_worker import CREDENTIALS, Run
from harness.subjects.adapter import Endpoints
from harness.subjects.gateway import GatewaySubject, load, prepare_home, send_signal
from harness.subjects.left import what_is_left
from harness.world import World

SETTLE_S = 0.25


def prepare(run: Run) -> None:
    """Write the configuration, before anything of hermes is imported: it reads its home then."""
    del run
    prepare_home(CREDENTIALS)


async def drive(run: Run, module: Any, layout: Layout, world: World, addresses: Addresses) -> None:
    """The gateway's loop, from its start to the end of the process."""
    subject = GatewaySubject(
        module,
        layout,
        Endpoints(addresses.api, addresses.token),
        run.record,
        on_gave_up=partial(run.mark, "gave up"),
    )
    BATON.before_jump.append(lambda now: subject.sample())
    loop = asyncio.get_running_loop()

    def stop_subject() -> None:
        subject.stopping = subject.logs.collect = True
        run.pulse.enter(Phase.TEAR_DOWN)
        send_signal(signal.SIGINT, loop)

    world.stop_subject = stop_subject
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
    locks = Path(os.environ["HERMES_GATEWAY_LOCK_DIR"])
    run.record("probe", what_is_left(subject.warnings, locks, addresses.ports))
    world.torn_down()
    run.end("end")


__all__ = ["drive", "load", "prepare"]
