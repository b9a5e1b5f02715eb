"""Journals of runs that were done before, by what they depend on: equal runs have equal journals.

The key is a hash of the subject's files and installed distributions, its Python, the packages that are lent
to it, this project's own sources, the walls, and everything that the worker is told: run, seed, level, fix.
What is found is judged again, which is pure; one in twenty (`DONE_AGAIN`) is done again and must be the same.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import subprocess
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from random import randrange

import fake_qq_server
import harness
from harness.commands.results import Judged, check_folder
from harness.errors import HarnessError, SubjectError
from harness.hermes.installation import Installation
from harness.journal.record import parse
from harness.judging.outcome import judge
from harness.process import walls
from harness.process.result import RunResult
from harness.process.worker_spec import WorkerSpec

DONE_AGAIN = 20
"""One in so many of the runs that are found is done again and compared."""

SCHEMA = 1
SUFFIXES = (".py", ".so", ".json", ".yaml", ".yml", ".toml")
_NO_SOURCES = ("__pycache__", "node_modules")
_LENT = ("websockets", "h11", "freezegun")
_DISTRIBUTIONS = """
from importlib.metadata import distributions
print(*sorted({f"{one.name}=={one.version}" for one in distributions()}), sep="\\n")
"""


@dataclass(frozen=True)
class OutcomeStore:
    """A folder of journals. `shared`: the hash of what all runs of one subject share."""

    folder: Path
    shared: str

    @classmethod
    def of(cls, folder: Path, installation: Installation) -> OutcomeStore:
        """The store for runs of this subject. Raises UsageError where nothing can be kept there, SubjectError
        where the interpreter does not say what is installed."""
        check_folder(folder, "--store", "nothing can be kept there")
        ours = [Path(package.__path__[0]) for package in (harness, fake_qq_server)]
        parts = [
            str(SCHEMA),
            installation.python,
            *(_files(root) for root in (installation.root, *ours)),
            *(f"{name}=={version(name)}" for name in _LENT),
            *walls.possible(),
            _distributions(installation),
        ]
        return cls(folder, _hash("\0".join(parts)))

    def key(self, worker: WorkerSpec) -> str:
        """The name of this run's journal, whatever folder it is done in."""
        told = asdict(worker)
        for where in ("journal", "path_entries", "folder", "heartbeat_file"):
            told.pop(where, None)
        told["subject"] = {name: value for name, value in told["subject"].items() if name != "path"}
        return _hash(self.shared + json.dumps(told, sort_keys=True, default=str))

    def find(self, key: str) -> str | None:
        """The text of a journal, or None where there is none that can be read."""
        try:
            return gzip.decompress(self._path(key).read_bytes()).decode("utf-8")
        except (OSError, EOFError, UnicodeDecodeError, zlib.error):
            return None

    def keep(self, key: str, journal: str) -> None:
        """Put a journal there, at once as a whole. A full disk keeps nothing, and stops nobody."""
        path = self._path(key)
        with contextlib.suppress(OSError):
            path.parent.mkdir(exist_ok=True)
            descriptor, made = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(descriptor, "wb") as file:
                file.write(gzip.compress(journal.encode("utf-8"), 1))
            Path(made).replace(path)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key[2:]}.jsonl.gz"


@dataclass(frozen=True)
class StoredRuns:
    """The runs of one series beside what a store has of them. `found`: journals by run; `again`: the runs
    that are done all the same."""

    store: OutcomeStore
    workers: Mapping[str, WorkerSpec]
    found: Mapping[str, str]
    again: frozenset[str]

    @classmethod
    def of(cls, folder: Path, installation: Installation, workers: Sequence[WorkerSpec]) -> StoredRuns:
        """Looks up all. Raises UsageError or SubjectError."""
        store = OutcomeStore.of(folder, installation)
        texts = {worker.run: store.find(store.key(worker)) for worker in workers}
        found = {run: text for run, text in texts.items() if text is not None}
        again = [*found][randrange(DONE_AGAIN) :: DONE_AGAIN] or [*found][:1]
        return cls(store, {worker.run: worker for worker in workers}, found, frozenset(again))

    @property
    def to_do(self) -> list[WorkerSpec]:
        """The runs that nobody did before, and those that are done again."""
        return [one for run, one in self.workers.items() if run not in self.found or run in self.again]

    def restored(self) -> Iterator[RunResult]:
        """The others; their journals are put where they belong."""
        for run in (run for run in self.found if run not in self.again):
            worker = self.workers[run]
            journal = Path(worker.journal)
            journal.write_text(self.found[run], encoding="utf-8")
            yield RunResult(worker, journal, None, 0.0, 0.0)

    def keep(self, done: Iterable[Judged]) -> None:
        """Keep what was done now. Raises HarnessError where a run that was done again is not the same."""
        different = []
        for judged in done:
            if judged.stored or judged.journal is None or not _is_repeatable(judged):
                continue
            assert judged.outcome is not None
            if judged.name in self.again:
                before = judge(parse(self.found[judged.name])).digest
                different += [] if before == judged.outcome.digest else [judged.name]
            else:
                key = self.store.key(self.workers[judged.name])
                self.store.keep(key, judged.journal.read_text(encoding="utf-8"))
        if different:
            raise HarnessError(
                f"{', '.join(different)}: not what --store {self.store.folder} has of an equal run. "
                "Something that it depends on is not in the key, or it is not deterministic: do not trust it"
            )


def _is_repeatable(judged: Judged) -> bool:
    """Whether it came to its own end: a limit on time, memory or files ends a run at any moment."""
    if judged.outcome is None or not judged.outcome.ending.judged:
        return False
    return getattr(judged.records[-1].event, "why", None) in ("end", "exited", "spin")


def _distributions(installation: Installation) -> str:
    command = [str(installation.interpreter), "-c", _DISTRIBUTIONS]
    environment = {"PYTHONPATH": os.pathsep.join(map(str, installation.path_entries))}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise SubjectError(f"{installation.interpreter} does not say what is installed: {done.stderr[-200:]}")
    return done.stdout


def _files(root: Path) -> str:
    """The hash of all code and data below a folder, with their names; without what is hidden."""
    total = hashlib.sha256()
    for path in sorted(_below(root)):
        total.update(str(path.relative_to(root)).encode("utf-8", "surrogateescape") + b"\0")
        with contextlib.suppress(OSError):
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _below(root: Path) -> Iterable[Path]:
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name not in _NO_SOURCES and not name.startswith(".")]
        yield from (Path(folder, name) for name in files if name.endswith(SUFFIXES))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
