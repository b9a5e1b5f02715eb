"""A program that is stopped or killed, and started again in the same run: a process of its own for each life.

The worker's own process keeps what outlives a program: the platform, the clock, the journal, the home. It
never imports the subject. Each life is a fork of it, so it begins with nothing of the life before: not a
module, not a task, not a descriptor. A kill is SIGKILL, and what becomes of the dead one's connections, locks
and pid is the kernel's affair. The clock is one (`harness.clock.processes`).
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

from fake_qq_server.addresses import Addresses
from fake_qq_server.events import Envelope
from harness import clock
from harness.clock import BATON
from harness.clock.processes import Channel, Follower, Leader, channel_pair
from harness.journal.run_kinds import SubjLife, SubjThread
from harness.process.child_setup import die_with_parent
from harness.process.heartbeat_page import HeartbeatPage
from harness.process.watchdog import Limits
from harness.scenario.run_spec import RunSpec
from harness.worker.life_journal import LifeRecords, RemoteRecorder
from harness.worker.life_watch import LifeWatch
from harness.worker.run_context import Run
from harness.worker.world import World

BeginWorld = Callable[[], tuple[Any, Addresses]]
"""Gives the platform's side of a run, as a level's `drive` needs it."""

STOPS_WITHIN_US = 90_000_000
"""systemd's own patience: what has not ended so long after its SIGTERM is killed."""

INHERITED = ("socket:", "pipe:", "anon_inode:")
"""Descriptors that a program which is started does not have: the platform's, and the harness's own."""


def restarts(scenario: RunSpec) -> bool:
    """Whether a rule stops or kills the program and starts it again."""
    return any(do.row.acts_on == "subject" for rule in scenario.rules for do in rule.do)


def lead_lives(run: Run, world: World, addresses: Addresses) -> BeginWorld:
    """Start the program, and start it again whenever a rule has ended it. Returns only in a life, which is
    another process: with what gives that its side of the world."""
    return ProgramLives(run, world, addresses).lead()


class ProgramLives:
    """The lives of one run's program, in the worker's own process."""

    def __init__(self, run: Run, world: World, addresses: Addresses) -> None:
        self._run = run
        self._world = world
        self._addresses = addresses
        self._life: Leader | None = None
        self._down_us: int | None = None
        """How long the program is to be down once this life has ended; None: it is not to end."""
        self._over = False
        self._records = LifeRecords(run.record, run.counted)
        world.stop_subject, world.restart = self._stop, self._restart
        world.signal = lambda name: bool(self._life and self._life.call("signal", name))
        BATON.before_jump += [lambda now: bool(self._life and self._life.before_jump(now)), world.owes_a_turn]

    def lead(self) -> BeginWorld:
        """See `lead_lives`."""
        while True:
            begin_world = self._start()
            if begin_world is not None:
                return begin_world
            assert self._life is not None
            self._life.give_turns()
            if self._down_us is None:
                _end_like(self._life.status)
            self._records.close_calls()
            if self._life.status != -signal.SIGKILL:
                self._run.record("probe", SubjLife("ended", self._run.life, self._life.status))
            BATON.park(None, self._down_us / 1e6, "down")
            self._down_us = None
            self._run.life += 1
            self._run.record("probe", SubjLife("started", self._run.life))
            self._world.lives_again()

    def _start(self) -> BeginWorld | None:
        """None in the worker's own process."""
        leaders, followers = channel_pair()
        parent = os.getpid()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of other threads: each is parked
            pid = os.fork()
        if pid == 0:
            die_with_parent(parent)
            return _begin_life(self._run, followers, self._addresses)
        followers.close()
        self._run.record.name_process(pid)
        limits = Limits(**self._run.spec.limits)
        watch = LifeWatch(pid, self._run.heartbeat, limits, lambda why: self._run.end(why.why, why.detail))
        leaders.while_waiting = watch.look
        self._life = Leader(BATON, leaders, pid, self._functions())
        return None

    def _functions(self) -> Mapping[str, Callable[..., Any]]:
        """What a life may ask of this process."""
        run, world = self._run, self._world
        return {
            "record": self._records,
            "normal": run.record.normal,
            "secrets in": run.record.secrets_in,
            "on connect": lambda port: run.on_connect(port, None),
            "end": lambda why, detail: run.end(why, detail),
            "gave up": world.mark_give_up,
            "exited": self._exited,
            "torn down": world.torn_down,
            "rules": _asking_the_rules(world),
        }

    def _restart(self, how: str, down_us: int) -> bool:
        """Called in the platform's thread; whether it is done: not while it is down, or is to end."""
        life = self._life
        if life is None or life.gone or self._over or self._down_us is not None:
            return False
        self._down_us = down_us
        if how == "kill":
            self._kill(life)
        else:
            self._run.record("probe", SubjLife("stopping", self._run.life))
            life.call("leave")
            self._world.fake.call_at(BATON.now_us + STOPS_WITHIN_US, lambda: self._kill(life))
        return True

    def _kill(self, life: Leader) -> None:
        if not life.gone and not self._over:
            self._run.record("probe", SubjLife("killed", self._run.life))
            life.kill()
            self._records.close_calls()

    def _exited(self) -> None:
        """The program has ended itself, and with it the run: nothing is restarted any more."""
        self._over = True
        self._world.exited()

    def _stop(self) -> None:
        """The run's end: the tear-down."""
        self._over = True
        if self._life is None or self._life.gone:
            self._run.end(
                "harness", "the run ended while a rule kept the program down: nothing was torn down"
            )
        self._down_us = None
        self._life.call("stop")


def _asking_the_rules(world: World) -> Callable[[str, Envelope, Any], None]:
    def ask(event: str, about: Envelope, detail: Any) -> None:
        world.fake.director.ask(event, about, detail)

    return ask


def _end_like(status: int) -> NoReturn:
    """The program's process ended without a word: so does this one, for its supervisor to see."""
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


# -- in the process of a life


def _begin_life(run: Run, channel: Channel, addresses: Addresses) -> BeginWorld:
    """Right after the fork: leave to the worker what is the worker's, and wait for the first turn."""
    follower = Follower(BATON, channel)
    _drop_descriptors(channel.descriptors)
    gc.freeze()  # no finaliser of what is the worker's may run here
    record: Any = RemoteRecorder(follower.ask)
    run.record = record
    sys.meta_path.insert(0, ImportTurns(run.heartbeat))
    run.on_connect = lambda port, sock: follower.ask("on connect", port)
    clock.begin(
        seed=run.spec.seed, on_thread=lambda phase, name: run.record("probe", SubjThread(phase, name))
    )
    follower.await_turn()
    return lambda: (LifeWorld(follower), addresses)


class ImportTurns:
    """A meta-path finder that finds nothing and counts each import as a turn: the supervisor measures the CPU
    time of the worker's own process, which has none while a life imports."""

    def __init__(self, page: HeartbeatPage) -> None:
        self._page = page

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """None for every module: the next finder is to find it."""
        del fullname, path, target
        BATON.turns += 1
        self._page.write_turn(BATON.turns, BATON.now_us)


def _drop_descriptors(keep: Sequence[int]) -> None:
    """Put nothing in their place, so that no number is given out again while somebody may still close it."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for link in list(Path("/proc/self/fd").iterdir()):
        number = int(link.name)
        with suppress(OSError):
            if number > 2 and number not in keep and str(link.readlink()).startswith(INHERITED):
                os.dup2(nothing, number, inheritable=False)


class LifeWorld:
    """`World`, as far as a life needs it. `leave` is called where its end, and another life, are wanted."""

    def __init__(self, follower: Follower) -> None:
        self._ask = follower.ask
        self.give_way = follower.give_way
        self.stop_subject: Callable[[], None] = lambda: None
        self.signal: Callable[[str], bool] = lambda name: False
        self.leave: Callable[[], None] = lambda: None
        self.fake = SimpleNamespace(director=SimpleNamespace(ask=self._ask_rules))
        follower.functions = {
            "stop": lambda: self.stop_subject(),
            "signal": lambda name: self.signal(name),
            "leave": lambda: self.leave(),
        }

    def _ask_rules(self, event: str, about: Envelope, detail: Any) -> None:
        self._ask("rules", event, about, detail)

    def mark_give_up(self) -> None:
        """See `World`."""
        self._ask("gave up")

    def owes_a_turn(self, now_us: int) -> bool:
        """Never: the worker's own process asks its world itself."""
        del now_us
        return False

    def exited(self) -> None:
        """See `World`."""
        self._ask("exited")

    def torn_down(self) -> None:
        """See `World`."""
        self._ask("torn down")


def end_process(code: int) -> NoReturn:
    """End this process as the interpreter does: wait for its threads, then call what wants to be called."""
    with suppress(Exception):
        threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    os._exit(code)
