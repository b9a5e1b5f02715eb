"""What becomes of the program that users run, under a real systemd: docs/process-level.md, measured.

    python -m tests.process_level.table --hermes 0.19.0 [--fix NAME ...] [--policy NAME ...]
        [--outage ever|ends ...] [--out FOLDER]

For each fix of issue 14539 ("as shipped": none), each policy, and an outage that ends or does not: did
systemd start the program again, was it back on QQ, and how many minutes of its time after the outage. Beside
it what the runner level says of the same. A row is written as soon as it is measured: a table that was cut
short is one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.commands.results import Judged
from harness.commands.series import Series
from harness.hermes import environments, fixes
from harness.hermes.fixes import Fix
from harness.hermes.installation import Installation
from harness.journal.process_kinds import ProcUnit
from harness.judging.outcome import Outcome
from harness.judging.timeline import read
from harness.scenario.parse_run import from_resolved
from harness.scenario.run_spec import RunSpec
from harness.scenario.selection import by_names
from harness.scenario.vocabulary import PROCESS

OUTAGES = {
    "ever": "exhausted/gateway-500",
    "ends": "exhausted/gateway-500+heals-20m-after-gaveup-or-3h",
}
"""For ever, and until 20 minutes after the give-up."""
POLICIES = ("on-failure", "always", "hermes")
NONE = "as shipped"
NAMED = (NONE, "inline-final", "inline-retryable", "detached", "reference")
HEAD = (
    "fix",
    "outage",
    "policy",
    "restarted by systemd",
    "back on QQ",
    "`back`",
    "runner level: `back`",
    "agree",
)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    cells: tuple[str, ...]

    def markdown(self) -> str:
        return f"| {' | '.join(self.cells)} |"


def back_of(outcome: Outcome | None) -> str:
    """The word of the check `back`, or why there is none."""
    if outcome is None:
        return "not run"
    if not outcome.ending.judged:
        return "unknown"
    return next(check.state for check in outcome.checks if check.name == "back")


def recovery(judged: Judged) -> str:
    """Minutes from the healing to the READY or RESUMED after it."""
    run = read(judged.records)
    if run.heal is None:
        return "yes" if run.since is not None else "no"
    heal = run.heal
    ready = next((mark for mark in run.service.readies if mark.n > heal.n), None)
    return "no" if ready is None else f"after {(ready.t - heal.t) / 60e6:.1f} min"


def restarts(judged: Judged) -> str:
    """How often systemd started it again."""
    units = [one.event for one in judged.records if isinstance(one.event, ProcUnit)]
    return str(units[-1].restarts) if units else "no systemd"


def measured(
    installation: Installation,
    named: Sequence[str],
    policies: Sequence[str],
    outages: Sequence[str],
    out: Path,
) -> Iterator[Row]:
    """Each row, as it is measured."""
    for name in named:
        fix = None if name == NONE else fixes.choose(name, installation)
        for outage in outages:
            spec = by_names([OUTAGES[outage]], PROCESS)[0]
            inside = _run(installation, fix, spec, "runner", out / name / "runner")
            for policy in policies:
                with_policy = from_resolved({**spec.resolved, "restart": policy})
                outside = _run(installation, fix, with_policy, PROCESS, out / name / policy)
                words = back_of(outside.outcome), back_of(inside.outcome)
                agree = "-" if "unknown" in words else "yes" if words[0] == words[1] else "**no**"
                yield Row((name, outage, policy, restarts(outside), recovery(outside), *words, agree))


def _run(installation: Installation, fix: Fix | None, spec: RunSpec, level: str, out: Path) -> Judged:
    return Series(installation, out, level=level, fix=fix).run([spec], lambda judged: None)[0]


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--hermes", default="0.19.0")
    parser.add_argument("--fix", action="append", default=[])
    parser.add_argument("--policy", action="append", default=[], choices=POLICIES)
    parser.add_argument("--outage", action="append", default=[], choices=tuple(OUTAGES))
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args(words)
    installation = environments.resolve(asked.hermes, say=lambda line: print(line, file=sys.stderr))
    with tempfile.TemporaryDirectory(prefix="process-level-") as folder:
        out = asked.out or Path(folder)
        print(Row(HEAD).markdown(), Row(("---",) * len(HEAD)).markdown(), sep="\n", flush=True)
        chosen = asked.fix or NAMED, asked.policy or POLICIES, asked.outage or tuple(OUTAGES)
        for row in measured(installation, *chosen, out):
            print(row.markdown(), flush=True)


if __name__ == "__main__":
    main()
