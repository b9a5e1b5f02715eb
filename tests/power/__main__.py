"""Measure the power of the catalogue: how many single-edit mutants of the adapter change a verdict.

    python -m tests.power --seed 1 --mutants 300
    python -m tests.power --seed 1 --mutants 60 --level runner

A mutant is killed where a run that passes on the original does not on the mutant. Each result is written to
--out. equivalent.json, beside this file, says by reason which ones a person found to be equivalent: those are
not run, unless --equivalent runs them alone. Takes some seconds a mutant.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.hermes import environments
from harness.hermes.releases import DEFAULT
from harness.scenario import selection
from tests.power.measure import Measurement, Result, private_copy, summary
from tests.power.mutants import mutants, sample

EQUIVALENT = Path(__file__).parent / "equivalent.json"

FUNCTIONS = (
    "connect",
    "disconnect",
    "_cleanup",
    "_ensure_token",
    "_get_gateway_url",
    "_open_ws",
    "_listen_loop",
    "_reconnect",
    "_read_events",
    "_heartbeat_loop",
    "_send_identify",
    "_send_resume",
    "_dispatch_payload",
    "_handle_ready",
    "_on_message",
    "_handle_c2c_message",
    "_handle_group_message",
    "_api_request",
    "_wait_for_reconnection",
    "send",
    "_send_chunk",
    "_send_c2c_text",
    "_send_group_text",
    "_build_text_body",
    "send_typing",
    "_is_duplicate",
    "_next_msg_seq",
)
"""The adapter's protocol and sending code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Print a line a mutant and the figures; 0."""
    options = argparse.ArgumentParser(prog="python -m tests.power", description=__doc__)
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.add_argument("--seed", type=int, default=0, help="which mutants are drawn")
    options.add_argument("--mutants", type=int, default=150, metavar="N")
    options.add_argument("--first", type=int, default=0, metavar="N", help="leave out this many of them")
    options.add_argument("--only", default="", metavar="TEXT", help="only mutants with this in their name")
    options.add_argument(
        "--again",
        type=Path,
        metavar="FILE",
        help="take what was killed from an earlier --out, run the rest",
    )
    options.add_argument("--equivalent", action="store_true", help="only those that are called equivalent")
    options.add_argument("--hermes", default=DEFAULT)
    options.add_argument("--with-fix", default="reference")
    options.add_argument("--level", default="adapter", choices=("adapter", "runner"))
    options.add_argument("-k", dest="expression", help="only these runs")
    options.add_argument("-j", dest="jobs", type=int, default=len(os.sched_getaffinity(0)))
    options.add_argument("--out", type=Path, default=Path(".qqchaos/power.json"))
    args = options.parse_args(argv)
    runs = [run for run in selection.all_runs() if args.level in run.levels]
    with private_copy(environments.resolve(args.hermes)) as copy:
        source = copy.adapter.read_bytes()
        everything = mutants(source, FUNCTIONS)
        print(f"{len(everything)} mutants of {len(FUNCTIONS)} functions in all", flush=True)
        measurement = Measurement(copy, args.level, args.with_fix or None, args.jobs)
        measurement.on_original(selection.narrowed(runs, [], args.expression))
        on_lines = sum(not measurement.executed.isdisjoint(one.lines) for one in everything)
        print(f"{on_lines} of them on lines that a run executes", flush=True)
        results = []
        why, killed = equivalents(), _killed(args.again) if args.again else {}
        for mutant in sample(source, FUNCTIONS, measurement.usable, args.mutants, args.seed)[args.first :]:
            known = why.get(mutant.name)
            if args.only not in mutant.name:
                continue
            if args.equivalent and known is None:
                continue
            if mutant.name in killed:
                results.append(killed[mutant.name])
                continue
            if known is None or args.equivalent:
                results.append(measurement.of(mutant))
            else:
                results.append(Result(mutant.name, mutant.function, "equivalent", known))
            print(f"{results[-1].state:10}  {mutant.name}  {results[-1].by}", flush=True)
            _write(args.out, results)
    print(summary(results))
    return 0


def equivalents() -> dict[str, str]:
    """Reasons by mutant."""
    by_reason = json.loads(EQUIVALENT.read_text(encoding="utf-8"))
    return {name: reason for reason, names in by_reason.items() for name in names}


def _killed(file: Path) -> dict[str, Result]:
    """Those that were killed, by mutant: more scenarios and stricter checks kill them all the same."""
    results = (Result(**one) for one in json.loads(file.read_text(encoding="utf-8")))
    return {one.mutant: one for one in results if one.state == "killed"}


def _write(out: Path, results: Sequence[Result]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps([dataclasses.asdict(one) for one in results], indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
