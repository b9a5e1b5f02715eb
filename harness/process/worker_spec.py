"""What a worker is told: one frozen dataclass, as JSON from the parent to the worker.

Stdlib only: runs under the subject's interpreter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from harness.journal.record import SCHEMA
from harness.journal.run_kinds import FixRef, RunOpen

DEFAULT_ENTRY = "harness.worker.main:main"
"""What a worker calls with its spec, unless `extra["entry"]` names another module:function."""


SELF_TEST_ENTRY = "harness.worker.self_test:main"
"""What a worker calls that tries the machine out."""


@dataclass(frozen=True)
class WorkerSpec:
    """One run. All fields are JSON.

    `run` is its name, `journal` the absolute path it writes to. `folder` and `env` are completed by the
    supervisor: the private folder (holds the files named below, home and temporary files), and the whole
    environment (what the caller put into `env` wins). `path_entries` go first on `sys.path`. `fresh`: a fresh
    interpreter instead of a fork of the warm one. `limits` overrides fields of `watchdog.Limits` for this
    run. `network`: the channel over which the parent puts a real Toxiproxy before the platform
    (`control_channel`), empty for none. `walls`: which of `walls.WALLS` stand around the worker, completed in
    it. `subject`, `layout`, `fix`, `scenario`, `extra` are the worker's.
    """

    run: str
    level: str
    seed: int
    journal: str
    folder: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    path_entries: tuple[str, ...] = ()
    layout: str = ""
    fix: FixRef | None = None
    scenario: Mapping[str, Any] = field(default_factory=dict)
    subject: Mapping[str, Any] = field(default_factory=dict)
    verbose: bool = False
    fresh: bool = False
    limits: Mapping[str, float] = field(default_factory=dict)
    network: str = ""
    walls: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def opened(self, clock: str, versions: Mapping[str, str]) -> RunOpen:
        """The first record of this run's journal. `clock`: of what kind its time is."""
        subject = {key: value for key, value in self.subject.items() if key not in ("path", "interpreter")}
        told = (self.run, self.level, self.seed, clock, self.fix, subject, dict(self.scenario))
        return RunOpen(SCHEMA, *told, versions=versions)

    @property
    def spec_file(self) -> Path:
        """This spec as JSON; what the worker is started with."""
        return Path(self.folder) / "spec.json"

    @property
    def heartbeat_file(self) -> Path:
        """The page shared with the supervisor; see `heartbeat_page`."""
        return Path(self.folder) / "heartbeat"

    @property
    def problem_file(self) -> Path:
        """Where a worker says why there is no run; see `child_setup.exit_with_problem`."""
        return Path(self.folder) / "problem.json"

    @property
    def stack_file(self) -> Path:
        """Where a worker's stacks are written before it is killed; see `child_setup.STACK_SIGNAL`."""
        return Path(self.folder) / "stack"

    @property
    def stdout_file(self) -> Path:
        """What the worker and its subject print; not kept."""
        return Path(self.folder) / "stdout"

    @property
    def stderr_file(self) -> Path:
        """What they print to stderr; its end goes into the journal where the parent closes that."""
        return Path(self.folder) / "stderr"

    @property
    def entry(self) -> tuple[str, str]:
        """Module and function that the worker calls."""
        module, _, function = str(self.extra.get("entry", DEFAULT_ENTRY)).partition(":")
        return module, function

    def to_json(self) -> str:
        """One line, in ASCII: a path may hold bytes that are no UTF-8. Raises TypeError for what JSON cannot
        say."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> WorkerSpec:
        """The spec of `to_json`. Raises ValueError for another shape."""
        data = json.loads(text)
        known = {f.name for f in fields(cls)}
        if not isinstance(data, dict) or not set(data) <= known:
            raise ValueError(f"not a worker's spec: {text[:80]!r}")
        try:
            fix = FixRef.read(data.get("fix"))
            tuples = {name: tuple(data.get(name, ())) for name in ("path_entries", "walls")}
            return cls(**{**data, **tuples, "fix": fix})
        except TypeError as problem:
            raise ValueError(f"not a worker's spec: {problem}") from problem
