"""A run without a subject, before a series: does this machine give a worker what it needs?

Virtual time passes, a line goes there and back over 127.0.0.1 between two loops in two threads, and a file is
written. What goes wrong is told as the harness's problem, so nobody takes a machine's trouble for a bot's.
"""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import NoReturn

from harness import clock
from harness.clock import BATON
from harness.journal.record import Record
from harness.journal.run_kinds import RunClose
from harness.process.child_setup import exit_with_problem
from harness.process.heartbeat_page import HeartbeatPage, Phase
from harness.process.worker_spec import WorkerSpec

SLEEP_S = 3_600.0
"""Virtual seconds."""

LINE = b"a line\n"


def main(spec: WorkerSpec) -> NoReturn:
    """Try everything, close the journal, and end the process."""
    page = HeartbeatPage(spec.heartbeat_file)
    clock.begin()
    BATON.on_turn = page.write_turn
    page.enter(Phase.RUNNING)
    try:
        slept_us = _slept()
        Path(os.environ["HERMES_HOME"], "file").write_bytes(bytes(1 << 16))
    except OSError as problem:
        trouble(spec, f"{problem.strerror or problem}{f' ({problem.filename})' if problem.filename else ''}")
    if slept_us != SLEEP_S * 1e6:
        trouble(spec, f"an hour of virtual time took {slept_us} µs of it")
    end = Record(1, slept_us, "loop", RunClose("end"))
    Path(spec.journal).write_text(end.as_json() + "\n", encoding="utf-8")
    page.enter(Phase.DONE)
    os._exit(0)


def trouble(spec: WorkerSpec, what: str) -> NoReturn:
    """The self-test failed."""
    exit_with_problem(spec, "harness", f"the self-test fails, so this machine cannot run anything: {what}")


def _slept() -> int:
    """Microseconds of virtual time that an hour of sleep took, with an exchange over loopback before it."""
    with asyncio.Runner(loop_factory=clock.new_event_loop) as runner:
        return runner.run(_exchange_and_sleep())


async def _exchange_and_sleep() -> int:
    answer = _answer_of(await _echo_server())
    if await answer != LINE:
        raise OSError("what was sent over 127.0.0.1 did not come back")
    before = BATON.now_us
    await asyncio.sleep(SLEEP_S)
    return BATON.now_us - before


async def _echo_server() -> int:
    """Listen for one line, which is sent back; the port."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    try:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
    except OSError as problem:
        raise OSError(f"127.0.0.1 cannot be listened on ({problem.strerror})") from problem
    port: int = server.sockets[0].getsockname()[1]
    return port


def _answer_of(port: int) -> asyncio.Future[bytes]:
    """What the echo server answers to a line, sent by another loop in another thread."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[bytes] = loop.create_future()

    async def ask() -> bytes:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError as problem:
            raise OSError(f"127.0.0.1 cannot be reached ({problem.strerror})") from problem
        writer.write(LINE)
        line = await reader.readline()
        writer.close()
        return line

    def work() -> None:
        try:
            with asyncio.Runner(loop_factory=clock.new_event_loop) as runner:
                loop.call_soon_threadsafe(answered.set_result, runner.run(ask()))
        except OSError as problem:
            loop.call_soon_threadsafe(answered.set_exception, problem)

    threading.Thread(target=work, daemon=True).start()
    return answered
