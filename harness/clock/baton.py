"""The baton: one virtual clock for all loops and threads of a process. Pure bookkeeping plus raw locks.

The idea. A *participant* is a thread. Exactly one participant runs at a time: the one that holds the baton.
It is given up only in `park(test, timeout)`, and then the parked participants are asked in a fixed order
(round robin by creation): the first whose test is true, or whose deadline has come, gets it. Only if none
is ready does time move, straight to the smallest deadline. Nothing waits in real time and nothing is
guessed, so the same program takes the same turns on an idle and on a loaded machine.

How it fails. A participant that blocks outside `park` (in a C call that no hook covers) keeps the baton and
with it the clock: the process stands still and its supervisor, watching the turn counter, says so. A thread
that is no participant is simply not seen. Facts and measurements: docs/virtual-time.md.

Time is an integer of microseconds from 0. All state is touched only with the baton in hand, so nothing
here needs a lock of its own.
"""

from __future__ import annotations

import _thread
import itertools
import math
from collections.abc import Callable
from typing import Any, NoReturn

SPIN_TURNS = 20_000
"""Turns within one instant that are a spin: a hundred reconnects take fewer than forty in any instant."""

SPIN_READS = 200_000
"""Readings of the clock within one turn that are a spin."""

BLOCKED_US = 30_000_000
"""A loop that had due work and did not turn for this long (virtual) is blocked."""

ARRIVAL_S = 10.0
"""Real seconds within which a started thread must arrive."""

_allocate_lock = _thread.allocate_lock  # the real one: hooks replace `threading.Lock`, not this


class ClockStuck(RuntimeError):
    """No participant can ever run again: nobody waits for a time or for input."""


class Participant:
    """A thread under the clock. `loop` is its running event loop, `waits_for` what it is parked in."""

    def __init__(self, name: str, number: int, *, ours: bool) -> None:
        self.name = name
        self.number = number
        self.ours = ours
        self.loop: Any = None
        self.test: Callable[[], Any] | None = None
        self.deadline: int | None = None
        self.waits_for = "start"
        self.parked_at = 0
        self.alarm: int | None = None
        self.got: Any = None
        self.done = False
        self.fault: BaseException | None = None
        self._go = _allocate_lock()
        self._go.acquire()
        self._here = _allocate_lock()
        self._here.acquire()


def _always() -> bool:
    return True


def _no_jump(now_us: int) -> None:
    del now_us


def _no_turn(turns: int, now_us: int) -> None:
    del turns, now_us


class Baton:
    """The clock of a process; see the module. One instance is current, `harness.clock.BATON`."""

    def __init__(self) -> None:
        self.now_us = 0
        self.turns = 0
        self.before_jump: list[Callable[[int], None]] = []
        self.after_jump: list[Callable[[int], None]] = []
        self.on_turn: Callable[[int, int], None] = _no_turn
        self.on_spin: Callable[[Participant, int, str], None] = self._refuse_spin
        self.on_blocked: Callable[[Participant, float], None] = lambda who, seconds: None
        self._parts: list[Participant] = []
        self._numbers = itertools.count()
        self._local = _thread._local()
        self._turns_here = 0
        self._reads = (0, 0)
        self._last = -1

    # -- who runs

    def current(self) -> Participant | None:
        """The participant that is this thread; None in a thread the clock does not know."""
        if getattr(self._local, "raw", False):
            return None
        found: Participant | None = getattr(self._local, "participant", None)
        return found

    def adopt(self, name: str, *, ours: bool = True) -> Participant:
        """Make the calling thread the first participant, holding the baton."""
        who = self.enroll(name, ours=ours)
        self._local.participant = who
        return who

    def enroll(self, name: str, *, ours: bool) -> Participant:
        """A participant for a thread that is about to start."""
        who = Participant(name, next(self._numbers), ours=ours)
        who.test = _always
        self._parts.append(who)
        return who

    def enter(self, who: Participant) -> None:
        """In the new thread: say it is here, then wait for the baton."""
        who._here.release()
        who._go.acquire()
        self._local.participant = who

    def await_arrival(self, who: Participant) -> None:
        """In the starting thread: nothing ever runs free, so wait (real time) until `who` stands by."""
        if not who._here.acquire(timeout=ARRIVAL_S):
            raise ClockStuck(f"thread {who.name} did not arrive within {ARRIVAL_S:g} real seconds")

    def leave(self, who: Participant) -> None:
        """In the ending thread: give the baton up for good."""
        who.done = True
        self._parts.remove(who)
        self._local.participant = None
        self._hand_on(None)

    def raw(self) -> _Raw:
        """A context in which this thread's waiting is real: for what must not give the baton up."""
        return _Raw(self._local)

    # -- waiting

    def park(self, test: Callable[[], Any] | None, timeout: float | None, waits_for: str) -> Any:
        """Give the baton up until `test()` is true (returns its value) or `timeout` seconds passed (None).

        `waits_for` is "select" for a loop at rest; anything else blocks the loop whose turn it is.
        """
        me = self.current()
        assert me is not None, "only a participant can park"
        me.test = test
        me.deadline = None if timeout is None else self.now_us + max(0, math.ceil(timeout * 1e6 - 1e-3))
        me.waits_for, me.parked_at = waits_for, self.now_us
        me.alarm = self.now_us + BLOCKED_US if me.loop is not None and waits_for != "select" else None
        if self._hand_on(me) is not me:
            me._go.acquire()  # the baton is elsewhere until this returns
        if me.fault is not None:
            fault, me.fault = me.fault, None
            raise fault
        return me.got

    def another_turn(self) -> None:
        """A loop goes on without parking: count the turn, so that a spin is still seen."""
        me = self.current()
        assert me is not None
        self._count_turn(me)

    def count_reading(self) -> None:
        """The frozen wall clock was read: a loop that only reads the clock never parks at all."""
        me = self.current()
        if me is None:
            return
        turn, reads = self._reads
        reads = reads + 1 if turn == self.turns else 1
        self._reads = (self.turns, reads)
        if reads > SPIN_READS:
            self.on_spin(me, reads, "readings of the clock within one turn")

    # -- handing on

    def _hand_on(self, me: Participant | None) -> Participant | None:
        while True:
            for who in self._in_order():
                got = who.test() if who.test else None
                if got or (who.deadline is not None and who.deadline <= self.now_us):
                    return self._give(who, got, me)
            if not self._parts:
                return None
            times = [t for who in self._parts for t in (who.deadline, who.alarm) if t is not None]
            if not times:
                names = ", ".join(f"{who.name} ({who.waits_for})" for who in self._parts)
                self._parts[0].fault = ClockStuck(f"nobody waits for a time or for input: {names}")
                return self._give(self._parts[0], None, me)
            self._jump(min(times))

    def _in_order(self) -> list[Participant]:
        first = next((i for i, who in enumerate(self._parts) if who.number > self._last), 0)
        return self._parts[first:] + self._parts[:first]

    def _give(self, who: Participant, got: Any, me: Participant | None) -> Participant:
        who.got, who.alarm, self._last = got, None, who.number
        self._count_turn(who)
        if who is not me:
            who._go.release()
        return who

    def _count_turn(self, who: Participant) -> None:
        self.turns += 1
        self._turns_here += 1
        self.on_turn(self.turns, self.now_us)
        if self._turns_here > SPIN_TURNS:
            turns, self._turns_here = self._turns_here, 0
            self.on_spin(who, turns, "turns within one instant")

    def _jump(self, to_us: int) -> None:
        for call in self.before_jump:
            call(self.now_us)
        if to_us > self.now_us:
            self.now_us, self._turns_here = to_us, 0
            for call in self.after_jump:
                call(to_us)
        for who in self._parts:
            if who.alarm is not None and who.alarm <= self.now_us:
                self._ring(who)

    def _ring(self, who: Participant) -> None:
        """`who` has been blocked for a while inside its loop's turn: was there due work?"""
        late = self.now_us - who.parked_at
        due = who.loop.due_since(who.parked_at)
        if due is None:
            who.alarm = self.now_us + BLOCKED_US
        elif self.now_us - due < BLOCKED_US:
            who.alarm = due + BLOCKED_US
        else:
            who.alarm = None
            self.on_blocked(who, late / 1e6)

    def _refuse_spin(self, who: Participant, count: int, what: str) -> NoReturn | None:
        """Without a worker around it, a spin is an error in the first participant."""
        fault = ClockStuck(f"{who.name} spins: {count} {what} at {self.now_us / 1e6:.6f} s")
        if who is self.current():
            raise fault
        who.fault = fault
        return None


class _Raw:
    def __init__(self, local: Any) -> None:
        self._local = local
        self._was = False

    def __enter__(self) -> None:
        self._was = getattr(self._local, "raw", False)
        self._local.raw = True

    def __exit__(self, *exc: object) -> None:
        self._local.raw = self._was
