"""Are runs deterministic? The same run, repeated under other circumstances, must leave the same journal.

    found = check_determinism(interpreter, spec)
    found.differences        # empty: every rerun has the first one's digest

`reruns` and `compare` are pure; `check_determinism` does the reruns one after the other.

Circumstances that may not matter: that it is run again; a fork of the fork server or a fresh interpreter; the
seed of Python's hashes; where the private folder is; how much the subject logs; how busy the machine is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from harness.commands.busy_loops import busy_loops
from harness.errors import HarnessError
from harness.journal.record import Record, digest, parse
from harness.judging.outcome import records_in_digest
from harness.process import private_dirs
from harness.process.supervisor import Supervisor
from harness.process.worker_spec import WorkerSpec

HASH_SEED = "4242"
"""Another than the supervisor's own, which is 0."""

DEEP = "a-folder-with-a-rather-long-name/and-another-below-it"


@dataclass(frozen=True)
class Rerun:
    """One way to do the run. `elsewhere`: with its private folder in another place; `loaded`: with every
    core kept busy."""

    name: str
    words: str
    spec: WorkerSpec
    elsewhere: bool = False
    loaded: bool = False


@dataclass(frozen=True)
class Difference:
    """A rerun whose journal is not the first one's. `n`: the number of the first record that differs;
    `expected` and `found`: the two records as the digest sees them, None where a journal has ended."""

    rerun: str
    n: int
    expected: str | None
    found: str | None

    def __str__(self) -> str:
        return f"{self.rerun} differs at record {self.n}: {self.found}, where the first has {self.expected}"


@dataclass(frozen=True)
class Comparison:
    """`digests` by name, in order; the first is what the others are compared with."""

    digests: Mapping[str, str]
    differences: tuple[Difference, ...]

    @property
    def equal(self) -> bool:
        """Whether no rerun's journal differs from the first."""
        return not self.differences


def reruns(spec: WorkerSpec) -> tuple[Rerun, ...]:
    """The ways to do the run of `spec`, the plain one first; each has a journal of its own beside it."""
    made = (
        Rerun("plain", "as it is", replace(spec, fresh=False, verbose=False)),
        Rerun("again", "once more", replace(spec, fresh=False, verbose=False)),
        Rerun("fresh", "in a fresh interpreter", replace(spec, fresh=True)),
        Rerun(
            "hash-seed",
            f"in a fresh interpreter with PYTHONHASHSEED={HASH_SEED}",
            replace(spec, fresh=True, env={**spec.env, "PYTHONHASHSEED": HASH_SEED}),
        ),
        Rerun("elsewhere", "with its private folder elsewhere", spec, elsewhere=True),
        Rerun("verbose", "with everything logged", replace(spec, verbose=True)),
        Rerun("loaded", "on a busy machine", spec, loaded=True),
    )
    return tuple(replace(one, spec=_own_journal(one)) for one in made)


def compare(journals: Mapping[str, Sequence[Record]]) -> Comparison:
    """All journals with the first, by the reruns' names. What a digest leaves out is left out here too."""
    lines = {
        name: [one.as_json(digest=True) for one in records_in_digest(records)]
        for name, records in journals.items()
    }
    digests = {name: digest(records_in_digest(records)) for name, records in journals.items()}
    first = next(iter(lines), None)
    if first is None:
        return Comparison({}, ())
    found = (_first_difference(name, lines[first], own) for name, own in lines.items() if name != first)
    return Comparison(digests, tuple(one for one in found if one is not None))


def check_determinism(
    interpreter: Path,
    spec: WorkerSpec,
    names: Sequence[str] = (),
    *,
    supervisor: Supervisor | None = None,
) -> Comparison:
    """Do the reruns (all, or the plain one and those named) and compare their journals.

    `supervisor`: one of this interpreter's that is running already; it goes on. Raises SubjectError or
    HarnessError where a rerun leaves nothing to compare.
    """
    chosen = [one for one in reruns(spec) if not names or one.name in (*names, "plain")]
    with ExitStack() as stack:
        here = supervisor or stack.enter_context(Supervisor(interpreter))
        deep = stack.enter_context(private_dirs.temporary_copy("reruns")) / DEEP
        deep.mkdir(parents=True)
        there = stack.enter_context(Supervisor(interpreter, private_root=deep))
        return compare({one.name: _run(one, there if one.elsewhere else here) for one in chosen})


def _run(one: Rerun, supervisor: Supervisor) -> Sequence[Record]:
    with busy_loops(2 * len(os.sched_getaffinity(0)) if one.loaded else 0):
        result = supervisor.run(one.spec)
    problem = result.error()
    if problem is not None:
        raise problem
    if result.journal is None:
        raise HarnessError(f"{one.spec.run}, {one.words}: no journal was written")
    return parse(result.journal.read_text(encoding="utf-8"))


def _own_journal(one: Rerun) -> WorkerSpec:
    path = Path(one.spec.journal)
    return replace(one.spec, journal=str(path.with_name(f"{path.stem}.{one.name}{path.suffix}")))


def _first_difference(name: str, expected: Sequence[str], found: Sequence[str]) -> Difference | None:
    for n in range(max(len(expected), len(found))):
        pair = (expected[n] if n < len(expected) else None, found[n] if n < len(found) else None)
        if pair[0] != pair[1]:
            return Difference(name, n + 1, *pair)
    return None


__all__ = ["Comparison", "Difference", "Rerun", "check_determinism", "compare", "reruns"]
