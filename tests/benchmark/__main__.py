"""The benchmark of one run: `python -m tests.benchmark [--hermes 0.19.0] [--rounds 5] [--costs]`.

Everything is measured in one go, one worker at a time on one core, and the median of the rounds is printed:
a machine that is busy makes all figures worse, the ratios less so.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from harness import cli
from harness.commands.series import Series
from harness.hermes import environments
from harness.hermes.installation import Installation
from harness.journal.record import Record, parse
from harness.journal.run_kinds import SubjListener
from harness.process.supervisor import Supervisor
from harness.process.worker_spec import WorkerSpec
from harness.scenario import selection
from harness.scenario.parse_run import from_resolved
from harness.scenario.run_spec import RunSpec
from tests.benchmark.costs import costs

ROOT = Path(__file__).resolve().parents[2]
RUN = "exhausted/gateway-500"
GATEWAY_RUN = "down-from-the-start/token-500+heals-5h"
BUDGETS = (100, 400, 1600)
AIMS = {"wall": 0.40, "times": 15_000, "share": 0.35, "relay": 0.10, "gateway": 10.0, "table": 90.0}
"""Seconds for 100 attempts, times real time, the harness's share of CPU, how much dearer it is with a relay;
seconds for five virtual hours of the gateway with a cold worker, and for the fix table of one release on two
cores."""
LATER = {"toxic": {"type": "latency", "attributes": {"latency": 1}}}
IDLE_RELAY = {"link": "any", "from": "29h", "do": LATER, "fires": "0.."}
"""A proxy stands before each host for the whole run, and nothing is on it."""


PAYERS = {
    "main": "the subject's thread",
    "peer": "the platform's thread",
    "journal": "the journal",
    "jumps and sampling": "jumps and sampling",
}
"""Who is told of in the books (`gateway.Books`), in words."""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    options.add_argument("--hermes", default="0.19.0")
    options.add_argument("--python")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--level", default="adapter", choices=("adapter", "runner"))
    options.add_argument("--costs", action="store_true", help="only what things cost, in CPU of the worker")
    args = options.parse_args()
    installation = environments.resolve(args.hermes, args.python, say=print)
    print(installation.description)
    with tempfile.TemporaryDirectory() as folder:
        benchmark = Benchmark(installation, Path(folder), args.rounds)
        try:
            if args.costs:
                benchmark.report_costs()
            else:
                benchmark.report() if args.level == "adapter" else benchmark.report_gateway()
        finally:
            benchmark.supervisor.close()


class Benchmark:
    """One series of measurements over one warm fork server."""

    def __init__(self, installation: Installation, folder: Path, rounds: int) -> None:
        self._rounds = rounds
        self._folder = folder
        self._series = Series(installation, folder)
        self._installation = installation
        self.supervisor = Supervisor(installation.interpreter)

    def report(self) -> None:
        """Print all figures."""
        self._budget(100)
        rounds = [
            self._round() for _ in range(self._rounds)
        ]  # one after the other: a busy machine is busy for all
        wall, virtual = _median(rounds, "wall_s"), rounds[0]["virtual_s"]
        print(
            f"100 attempts, warm worker: {wall:.3f} s (aim {AIMS['wall']:.2f}), {virtual:.0f} virtual seconds"
        )
        print(f"times real time:           {virtual / wall:,.0f} (aim {AIMS['times']:,})")
        get, opened = _median(rounds, "get_s") * 1e3, _median(rounds, "open_s") * 1e3
        print(f"per attempt:               {wall * 10:.2f} ms, one GET each; no adapter and no harness:")
        print(f"  floor                    httpx GET {get:.2f} ms, aiohttp open and close {opened:.2f} ms")
        print(f"  times the floor          {_median(rounds, 'times'):.1f}, of real time")
        print(f"harness's share of CPU:    {_median(rounds, 'share'):.0%} (aim under {AIMS['share']:.0%})")
        cpu, bare = _median(rounds, "cpu_s"), _median(rounds, "bare_s")
        print(f"  CPU                      {cpu:.3f} s, bare {bare:.3f} s; of the run's:")
        for line in _shares(self._books(_run(RUN), "adapter")):
            print(line)
        self._report_relay()
        for budget in BUDGETS:
            spent = self._budget(budget)["wall_s"]
            print(f"{budget:5} attempts:            {spent:.3f} s, {spent / budget * 1e3:.2f} ms each")

    def _round(self) -> dict[str, float]:
        """100 attempts, the floors and the bare adapter, and how they compare."""
        run, floors, bare = self._budget(100), self._body("floors"), self._body("bare")
        compared = {
            "times": run["wall_s"] / 100 / floors["get_s"],
            "share": 1 - bare["cpu_s"] / run["cpu_s"],
            "bare_s": bare["cpu_s"],
        }
        return {**run, **floors, **compared}

    def _report_relay(self) -> None:
        """Rounds of the two by turns: a machine that gets busy gets so for both."""
        pairs = [(self._budget(100), self._budget(100, IDLE_RELAY)) for _ in range(2 * self._rounds)]
        without, relayed = ([pair[side]["cpu_s"] for pair in pairs] for side in (0, 1))
        dearer = median(relayed) / median(without) - 1
        print(f"with a relay, no toxic:    {dearer:+.0%} CPU (aim under {AIMS['relay']:.0%})")
        print(f"  CPU                      {median(relayed):.3f} s, without {median(without):.3f} s")

    def report_costs(self) -> None:
        """Print what an author of scenarios pays for what."""
        for line in costs(self._records, self._rounds):
            print(line, flush=True)

    def report_gateway(self) -> None:
        """Print what a run of the whole gateway costs, cold, who spent it, and what a fix table takes."""
        colds = []
        for number in range(self._rounds):
            series = Series(self._installation, self._folder / str(number), "runner")
            began = time.perf_counter()
            series.run([_run(GATEWAY_RUN)], lambda judged: None)
            colds.append(time.perf_counter() - began)
        books = self._books(_run(GATEWAY_RUN), "runner")
        quiet = self._books(
            from_resolved({**_run("healthy").resolved, "end": _run(GATEWAY_RUN).resolved["end"]}), "runner"
        )
        hours = books["virtual_s"] / 3600
        print(f"{GATEWAY_RUN}, {hours:.1f} virtual hours, cold: {median(colds):.1f} s")
        print(f"five virtual hours:        {median(colds) / hours * 5:.1f} s (aim {AIMS['gateway']:.0f})")
        print(f"CPU per virtual hour:      {books['cpu_s'] / hours:.2f} s, of the run:")
        start, subject, harness = _split(books)
        polling = _split(quiet)[1]
        shares = {
            "start": start,
            "polling": polling,
            "the rest of it": subject - polling,
            "the harness": harness,
        }
        for words, seconds in shares.items():
            print(f"  {words:24} {seconds:6.2f} s, {seconds / sum(shares.values()):.0%}")
        print("  (polling: what the gateway spends in as many quiet hours, connected)")
        began = time.perf_counter()
        hermes = ["--hermes", self._installation.version, "--python", str(self._installation.interpreter)]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            cli.main(["fixes", "14539", *hermes, "--out", str(self._folder / "fixes")])
        took = time.perf_counter() - began
        print(
            f"a fix table, on {len(os.sched_getaffinity(0))} cores:  {took:.0f} s (aim {AIMS['table']:.0f})"
        )

    def _books(self, spec: RunSpec, level: str) -> dict[str, Any]:
        """CPU of one run, by who spent it."""
        result = self._folder / "books.json"
        worker = Series(self._installation, self._folder, level).worker(spec, self._installation)
        extra = {"entry": "tests.benchmark.gateway:split", "result": str(result)}
        self._run(replace(worker, path_entries=(*worker.path_entries, str(ROOT)), extra=extra))
        books: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        return books

    def _records(self, spec: RunSpec) -> list[Record]:
        """A whole run, as it is."""
        worker = self._series.worker(spec, self._installation)
        self._run(worker)
        return parse(Path(worker.journal).read_text(encoding="utf-8"))

    def _budget(self, attempts: int, *rules: Mapping[str, Any]) -> dict[str, float]:
        """One whole run with this many attempts: from connect() to giving up; with more rules, if any."""
        extra = {"entry": "tests.benchmark.bodies:longer", "budget": attempts}
        worker = replace(self._worker(*rules), extra=extra)
        self._run(worker)
        records = parse(Path(worker.journal).read_text(encoding="utf-8"))
        marks: Mapping[str, Any] = records[-1].x["marks"]
        began, ended = marks["connecting"], marks["gave up"]
        gave_up = max(record.t for record in records if isinstance(record.event, SubjListener))
        spent = {key: ended[key] - began[key] for key in ("wall_s", "cpu_s")}
        return {**spent, "virtual_s": gave_up / 1e6}

    def _body(self, name: str) -> dict[str, float]:
        """What one of the other bodies measured."""
        result = self._folder / f"{name}.json"
        extra = {"entry": f"tests.benchmark.bodies:{name}", "result": str(result)}
        self._run(replace(self._worker(), extra=extra))
        measured: dict[str, float] = json.loads(result.read_text(encoding="utf-8"))
        return measured

    def _run(self, worker: WorkerSpec) -> None:
        problem = self.supervisor.run(worker).error()
        if problem is not None and "result" not in worker.extra:
            raise problem

    def _worker(self, *rules: Mapping[str, Any]) -> WorkerSpec:
        shipped = _run(RUN).resolved
        longer = from_resolved({**shipped, "rules": [*shipped["rules"], *rules], "end": "30h"})
        worker = self._series.worker(longer, self._installation)
        return replace(worker, path_entries=(*worker.path_entries, str(ROOT)))


def _run(name: str) -> RunSpec:
    return next(run for run in selection.all_runs() if run.name == name)


def _shares(books: Mapping[str, Any]) -> Iterator[str]:
    """Who spent the CPU of a run at the adapter level, from its first virtual second on."""
    spent = {who: seconds for who, seconds in books["spent"].items() if who != "start"}
    for who, words in PAYERS.items():
        yield f"  {words:24} {spent.get(who, 0.0) / sum(spent.values()):.0%}"


def _split(books: Mapping[str, Any]) -> tuple[float, float, float]:
    """CPU seconds of the start, of the subject's loop and threads after it, and of the harness."""
    spent: Mapping[str, float] = books["spent"]
    harness = sum(spent.get(who, 0.0) for who in ("peer", "journal", "jumps and sampling"))
    start = spent.get("start", 0.0)
    return start, sum(spent.values()) - start - harness, harness


def _median(rows: list[dict[str, float]], key: str) -> float:
    return median(row[key] for row in rows)


if __name__ == "__main__":
    main()
