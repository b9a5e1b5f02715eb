"""What belongs to one run inside its process: its spec, its journal, its heartbeat page, and its end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import freezegun.api

from harness.clock import BATON
from harness.journal.writer import Recorder
from harness.process.heartbeat_page import HeartbeatPage, Phase
from harness.process.worker_spec import WorkerSpec
from harness.scenario.run_spec import RunSpec
from harness.worker.proxy_server import RealToxiproxy
from harness.worker.world import World

real_time = freezegun.api.real_perf_counter
real_cpu = time.process_time


@dataclass
class Run:
    """One run.

    `started` is real time in seconds. `on_connect(port, sock)` is called for each connect to a loopback port,
    with its socket; it is the world's once there is one. `toxiproxy`: the real one, where there is one.
    `on_exit(code)` is what the runner level does once the program has ended.
    `life`: the number of the program's life in this process, from 1; above 1 only where a rule restarts it.
    `counted`: how many calls of each kind that is counted its earlier lives have made.
    `unprompted()`: how often each rule pushed or held something at this instant, by its key.
    """

    spec: WorkerSpec
    scenario: RunSpec
    record: Recorder
    heartbeat: HeartbeatPage
    started: float
    marks: dict[str, dict[str, float]] = field(default_factory=dict)
    on_connect: Callable[[int, Any], None] = lambda port, sock: None
    toxiproxy: RealToxiproxy | None = None
    on_exit: Callable[[int], NoReturn] | None = None
    unprompted: Callable[[], Mapping[str, int]] = dict
    life: int = 1
    counted: dict[type, int] = field(default_factory=dict)

    def mark(self, phase: str) -> None:
        """Note real and CPU seconds when `phase` is reached first; they go into the last record's `x`."""
        now = {"wall_s": round(real_time() - self.started, 4), "cpu_s": round(real_cpu(), 4)}
        self.marks.setdefault(phase, now)

    def end(self, why: Any, detail: str | None = None) -> NoReturn:
        """Close the journal and end the process."""
        self.record.close(
            why,
            detail=detail,
            x={
                "wall_s": round(real_time() - self.started, 4),
                "cpu_s": round(real_cpu(), 4),
                "turns": BATON.turns,
                "marks": self.marks,
                **({"held_s": round(self.toxiproxy.held_s, 4)} if self.toxiproxy else {}),
            },
        )
        self.heartbeat.enter(Phase.DONE)
        os._exit(0)

    def world(self) -> World:
        """The world of this run, not begun yet."""
        return World(self.scenario, self.spec.seed, self.record, self.toxiproxy)
