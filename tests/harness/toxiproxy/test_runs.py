"""Whole runs with a real Toxiproxy between: the correct bot, its verdicts, and what the journal tells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness import cli
from harness.commands.results import Judged
from harness.commands.series import Series
from harness.hermes import environments
from harness.journal.run_kinds import RunClose
from harness.scenario import selection
from harness.toxiproxy import program, server
from harness.toxiproxy.api import Api
from tests.harness import bot

TOXICS = """\
scenario: late
story: Everything that the platform says comes 30 ms later, for two minutes.
issues: []
levels: [adapter]
asks: [connects]
rules:
  - {id: late, link: ws, from: ready + 1m, until: ready + 3m,
     do: {toxic: {type: latency, attributes: {latency: 30}}}}
end: 10m
---
scenario: lasting
story: The same, to the end of the run.
issues: []
levels: [adapter]
asks: [connects]
rules: [{link: ws, from: ready + 1m, do: {toxic: {type: latency, attributes: {latency: 30}}}, fires: 0..}]
end: 10m
---
scenario: cut
story: The proxy is away for a minute, then all is well.
issues: []
levels: [adapter]
asks: [recovers, resumes]
rules: [{id: cut, link: any, from: ready + 1m, do: {toxic: {type: down}}}]
heal: ready + 2m
end: 30m
---
scenario: swallowed
story: Nothing from the platform arrives any more, and two minutes later all is well.
issues: []
levels: [adapter]
asks: [recovers]
rules: [{id: swallow, link: ws, from: ready + 1m, do: {toxic: {type: timeout, attributes: {timeout: 0}}}}]
heal: ready + 3m
end: 30m
---
scenario: by-chance
story: On half of all connections everything comes later.
issues: []
levels: [adapter]
asks: [connects]
rules:
  - {id: late, link: ws, do: {toxic: {type: latency, toxicity: 0.5, attributes: {latency: 30}}}, fires: 0..}
end: 10m
"""


def series(out: Path, *names: str, **how: Any) -> list[Judged]:
    return Series(
        environments.resolve(str(bot.CORRECT), sys.executable), out, network="toxiproxy", **how
    ).run(selection.by_names(names, "adapter"), lambda judged: None)


def said(judged: Judged) -> tuple[str, str]:
    assert judged.outcome is not None, judged.problem
    return judged.outcome.verdict, judged.outcome.ending.name


@pytest.fixture
def toxics(tmp_path: Path) -> str:
    file = tmp_path / "toxics.yaml"
    file.write_text(TOXICS)
    return str(file)


def children() -> set[str]:
    """The programs of this process's children."""
    task = Path(f"/proc/{os.getpid()}/task")
    pids = " ".join(path.read_text() for path in task.glob("*/children")).split()
    return {Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids}


def test_a_toxic_acts_and_what_it_does_takes_its_time(toxiproxy: Path, toxics: str, tmp_path: Path) -> None:
    names = [f"{toxics}::{name}" for name in ("late", "cut", "swallowed")]
    by_name = {one.name: one for one in series(tmp_path, *names, jobs=2)}
    assert {name: said(one) for name, one in by_name.items()} == {
        "late": ("pass", "tolerated"), "cut": ("pass", "recovered"), "swallowed": ("pass", "recovered")
    }  # fmt: skip
    assert by_name["late"].records[-1].x["held_s"] >= 0.03
    assert children().isdisjoint({"toxiproxy-serve"})  # as long as the kernel lets a name be


def test_the_journal_and_the_report_tell_of_the_clock(
    toxiproxy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "healthy", *bot.on(), "--network", "toxiproxy", "--out", str(tmp_path), "-v"]
    assert cli.main(words) == 0
    told = capsys.readouterr().out
    assert "clock: baton+1:1, a real proxy stood between" in told and "--network toxiproxy" in told
    document = json.loads((tmp_path / "outcome.json").read_text())
    assert document["outcomes"][0]["clock"] == "baton+1:1"


@pytest.mark.parametrize("name", ["late", "lasting"])
def test_a_server_that_dies_in_the_middle_makes_the_run_unknown_and_keeps_its_journal(
    toxiproxy: Path, toxics: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Found out when a toxic is to go; or at the run's end, where none is."""
    started: list[subprocess.Popen[bytes]] = []

    class Noted(server.Server):
        def __init__(self, host: str, port: int, process: Any) -> None:
            super().__init__(host, port, process)
            started.append(process)

    def kill(*about: Any) -> None:
        started[-1].kill()
        started[-1].wait()

    monkeypatch.setattr(server, "Server", Noted)
    monkeypatch.setattr(Api, "add", kill)
    (judged,) = series(tmp_path, f"{toxics}::{name}")
    assert said(judged) == ("unknown", "instrument-failed")
    closed = judged.records[-1].event
    assert isinstance(closed, RunClose) and closed.why == "harness"
    assert closed.detail == "Toxiproxy ended in the middle of the run (signal 9, SIGKILL)"
    assert judged.records[-1].t > 60_000_000


def test_a_missing_server_is_one_sentence_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "find", lambda cache=None: None)
    assert cli.main(["run", "healthy", *bot.on(), "--network", "toxiproxy", "--out", str(tmp_path)]) == 125
    told = capsys.readouterr()
    assert told.out == "" and told.err.startswith("qqchaos: --network toxiproxy: there is no Toxiproxy; ")
    assert told.err.count("\n") == 1 and list(tmp_path.iterdir()) == []


def test_a_run_that_a_real_proxy_cannot_carry_says_so_and_the_others_run(
    toxiproxy: Path, toxics: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", f"{toxics}::by-chance", "healthy", *bot.on(), "--network", "toxiproxy"]
    assert cli.main([*words, "--out", str(tmp_path)]) == 125
    told = capsys.readouterr().out
    assert "by-chance  NOT RUN  rule late: with --network toxiproxy a toxicity is 0 or 1: " in told
    assert "1 NOT RUN, 1 PASS" in told
