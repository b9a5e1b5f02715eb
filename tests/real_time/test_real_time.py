"""Short scenarios in real time: the real adapter over plain asyncio, against a served platform.

It does what it does in virtual time, in the same order, and nothing is earlier.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from harness.commands.series import Series
from harness.hermes import environments
from harness.hermes.installation import Installation
from harness.journal.record import parse
from harness.scenario import loading
from harness.scenario.run_spec import RunSpec
from harness.scenario.variations import with_delay
from tests.fake_qq_server.serving.served import first_line, program
from tests.import_graph import ROOT

FILE = Path(__file__).with_name("short.yaml")
RUNS = [with_delay(run, 0) for scenario in loading.load_file(FILE) for run in scenario.runs]
RELEASE = "0.19.0"
"""Up to 0.16.0 a failed `/gateway` makes the bot spin, in real time as well, so that no run has an end."""
SERVE = (sys.executable, "-u", "-m", "harness.cli", "serve")
NOT_EARLIER_S = 0.1
"""How much earlier than in virtual time something may be: timers are not exact to the microsecond."""

Did = tuple[float, str]
"""Seconds since the first thing that the platform saw, and what was done."""


@pytest.mark.release
@pytest.mark.sweep
def test_the_bot_does_the_same_in_real_time(tmp_path: Path) -> None:
    installation = environments.resolve(RELEASE)
    virtual = in_virtual_time(installation, tmp_path / "virtual")
    with ExitStack() as stack:
        bots = {run.name: stack.enter_context(served(installation, run, tmp_path)) for run in RUNS}
        inside = {name: list(until_over(bot)) for name, bot in bots.items()}
    for run in RUNS:
        platform, bot = virtual[run.name]
        real = from_the_platform(lines(tmp_path / f"{run.name}.jsonl"))
        assert [what for _, what in real] == [what for _, what in platform], run.name
        assert inside[run.name] == bot, run.name
        pairs = zip(real, platform, strict=True)
        assert [pair for pair in pairs if pair[0][0] < pair[1][0] - NOT_EARLIER_S] == [], run.name


def in_virtual_time(installation: Installation, out: Path) -> dict[str, tuple[list[Did], list[str]]]:
    """What the platform saw, and what happened inside the bot, until the tear-down; by run."""
    found = {}
    for judged in Series(installation, out, jobs=2).run(RUNS, lambda judged: None):
        assert judged.journal is not None, judged.problem
        kinds = [record.kind for record in parse(judged.journal.read_text(encoding="utf-8"))]
        before = lines(judged.journal)[: kinds.index("run.teardown")]
        found[judged.name] = (from_the_platform(before), inside_the_bot(before))
    return found


@contextmanager
def served(installation: Installation, run: RunSpec, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The adapter under its own interpreter, on a platform of its own with the rules of this run."""
    journal = folder / f"{run.name}.jsonl"
    words = (f"{FILE}::{run.name}", "--seed", "0", "--log", "none", "--journal", str(journal))
    with program(*words, command=SERVE) as server:
        at = first_line(server)
        told = (installation.layout.name, at["token"], at["api"], str(run.end_us / 1_000_000))
        bot = subprocess.Popen(
            [str(installation.interpreter), "-m", "tests.real_time.adapter_program", *told],
            cwd=ROOT,
            env=environment(installation, folder / run.name),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            yield bot
        finally:
            server.send_signal(signal.SIGINT)  # before the bot, whose end is not compared
            server.wait(timeout=60)
            bot.kill()
            bot.communicate()


def environment(installation: Installation, home: Path) -> dict[str, str]:
    """A home of its own, this project, and nothing of the person's."""
    home.mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "HERMES_HOME": str(home),
        "HERMES_GATEWAY_LOCK_DIR": str(home / "locks"),
        "PYTHONPATH": os.pathsep.join([*map(str, installation.path_entries), str(ROOT)]),
        **installation.environment,
    }


def until_over(bot: subprocess.Popen[str]) -> Iterator[str]:
    """What the program prints, until it is over."""
    assert bot.stdout is not None
    records = (json.loads(line) for line in bot.stdout)
    yield from inside_the_bot(takewhile(lambda record: record["k"] != "run.teardown", records))


def lines(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]


def from_the_platform(records: Iterable[dict[str, Any]]) -> list[Did]:
    """What the bot asked, sent and became, and how the platform closed."""
    done = [(record["t"] / 1_000_000, platform_word(record["k"], record["d"])) for record in records]
    told = [(t, word) for t, word in done if word]
    return [(t - told[0][0], word) for t, word in told]


def platform_word(kind: str, d: dict[str, Any]) -> str | None:
    match kind:
        case "http.request":
            return f"{d['method']} {d['endpoint']}"
        case "http.send":
            return f"sends {d['what']}"
        case "ws.connect":
            return f"upgrade {d['status']}"
        case "ws.auth":
            return str(d["op"])
        case "session" if d["what"] in ("new", "ready", "resumed"):
            return f"session {d['what']}"
        case "ws.out" if d["op"] == "close":
            return f"closed {d['code']}"
    return None


def inside_the_bot(records: Iterable[dict[str, Any]]) -> list[str]:
    """Its attempts, what became of its listener, and what it handled."""
    words = (bot_word(record["k"], record["d"]) for record in records)
    return [word for word in words if word]


def bot_word(kind: str, d: dict[str, Any]) -> str | None:
    match kind:
        case "subj.connect" | "subj.attempt" | "subj.listener":
            return f"{kind} {d['phase']} {d['how']}"
        case "subj.message":
            return f"handles {d['text']}"
        case "subj.answer":
            return f"answer {d['phase']}"
    return None
