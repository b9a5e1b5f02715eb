"""`serve`: the fake platform in real time, with a scenario's rules from the start, and a journal."""

from __future__ import annotations

import os
from dataclasses import fields
from typing import Any

from fake_qq_server.serving.options import Settings
from fake_qq_server.serving.program import Program, Story
from harness.commands.request import ServeRequest
from harness.commands.written import opened
from harness.errors import NOT_JUDGED, UsageError
from harness.journal.record import SCHEMA
from harness.journal.run_kinds import RunOpen, RunTeardown
from harness.journal.writer import Recorder
from harness.scenario import selection
from harness.scenario.run_spec import RunSpec
from harness.scenario.vocabulary import SERVED

NO_SCENARIO = "serve"
"""What a served session without a scenario is called in its journal."""


def serve(request: ServeRequest) -> int:
    """Serve until SIGINT or SIGTERM. 0 then; 2 where it cannot serve as asked, 125 where the fake failed."""
    if request.given_twice is not None:
        raise UsageError(f"the app id {request.given_twice} is given twice: --bot is once for each")
    run = _run(request.scenario) if request.scenario is not None else None
    settings = Settings(**{field.name: getattr(request, field.name) for field in fields(Settings)})
    program = Program(settings, _story(run), said_by="qqchaos: ")
    if request.journal is None:
        return _status(program.run())
    try:
        descriptor = opened(request.journal, 0o600)
    except OSError as problem:
        raise UsageError(f"{request.journal} cannot be written: {problem.strerror}") from None
    try:
        return _status(_journaled(program, descriptor, run, settings))
    finally:
        os.close(descriptor)


def _journaled(program: Program, descriptor: int, run: RunSpec | None, settings: Settings) -> int:
    """Serve with a journal, from its run.open to its run.close."""
    broken: list[OSError] = []

    def on_broken(problem: OSError) -> None:
        broken.append(problem)
        program.end(NOT_JUDGED)

    record = Recorder(descriptor, program.now_us, lambda count: None, on_broken)
    program.record = record
    program.on_secrets = record.keep_secret
    record("loop", _opened(run, settings))
    status = program.run()
    record("loop", RunTeardown("end"))
    record.close("end" if status == 0 else "harness")
    if broken:
        raise UsageError(f"the journal cannot be written: {broken[0].strerror}")
    return status


def _status(status: int) -> int:
    """A fake that failed says nothing about a bot."""
    return NOT_JUDGED if status == 1 else status


def _run(name: str) -> RunSpec:
    runs = selection.by_names([name], None)
    if len(runs) > 1:
        known = ", ".join(run.name for run in runs[:5])
        raise UsageError(f"{name} stands for {len(runs)} runs: serve one of them, such as {known}")
    return runs[0]


def _story(run: RunSpec | None) -> Story:
    if run is None:
        return Story()
    healing: dict[str, Any] = {"heal": run.heal.at, "held": run.heal.held} if run.heal else {}
    written = run.resolved["rules"], run.forbids, run.resolved.get("forbids", ())
    return Story(run.rules, *written, **healing)


def _opened(run: RunSpec | None, settings: Settings) -> RunOpen:
    """Whose journal it is: of a bot that nobody watches from inside."""
    return RunOpen(
        SCHEMA,
        run.name if run else NO_SCENARIO,
        SERVED,
        settings.seed or 0,
        "wall",
        None,
        {},
        {**run.resolved} if run else {},
    )
