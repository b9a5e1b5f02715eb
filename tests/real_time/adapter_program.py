"""The real adapter over plain asyncio and the machine's own clock: connect, and wait to be ended.

    python -m tests.real_time.adapter_program LAYOUT TOKEN_URL API_BASE SECONDS

Runs under the subject's interpreter, and writes a journal of what happens inside the bot to stdout.
"""

from __future__ import annotations

import asyncio
import sys
import time

from harness.hermes.layouts import LAYOUTS
from harness.journal.run_kinds import RunTeardown
from harness.journal.writer import Recorder
from harness.scenario.run_spec import Answers, BotConfig, Handler
from harness.worker.credentials import CREDENTIALS
from harness.worker.subjects.adapter import AdapterSubject, Endpoints, load


def _journal_on_stdout() -> Recorder:
    def broken(problem: OSError) -> None:
        sys.exit(str(problem))

    return Recorder(sys.stdout.fileno(), lambda: time.monotonic_ns() // 1000, lambda count: None, broken)


async def _live(layout_name: str, token: str, api: str, seconds: float) -> None:
    layout = next(row for row in LAYOUTS if row.name == layout_name)
    record = _journal_on_stdout()
    subject = AdapterSubject(
        load(layout),
        layout,
        Endpoints(api, token),
        CREDENTIALS,
        record,
        handler=Handler(),
        answers=Answers(),
        bot=BotConfig(),
        on_gave_up=lambda: None,
    )
    await subject.connect()
    for _ in range(int(seconds * 10)):
        await asyncio.sleep(0.1)
        subject.sample()
    record("loop", RunTeardown("end"))
    await asyncio.sleep(3600)  # the test ends this process: what a tear-down does is not compared


if __name__ == "__main__":
    name, token_url, api_base, lasts = sys.argv[1:]
    asyncio.run(_live(name, token_url, api_base, float(lasts)))
