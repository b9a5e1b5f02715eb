"""The baton: one virtual clock for all loops and threads of a process. Pure bookkeeping plus raw locks.

The idea. A *participant* is a thread. Exactly one participant runs at a time: the one that holds the baton.
It is given up only in `park(test, timeout)`, and then the parked participants are asked in a fixed order
(round robin by creation): the first whose test is true, or whose deadline has come, gets it. Only if none
is ready does time move, straight to the smallest deadline. Nothing waits in real time and no
real delay decides anything, so the same program takes the same turns on an idle and on a loaded machine.

How it fails. A participant that blocks outside `park` (in a C call that no hook covers) keeps the baton and
with it the clock: the process stands still, and its supervisor, which watches the turn counter, ends it. A
thread that is no participant is simply not seen. Facts and measurements: docs/virtual-time.md.

Time is an integer of microseconds from 0. All state is touched only with the baton in hand, so nothing
here needs a lock of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Protocol

from harness.clock.participant import ClockStuck as ClockStuck
from harness.clock.participant import Participant as Participant
from harness.clock.participant import RealWaiting, ThreadState
from harness.clock.units import microseconds_from_now

SPIN_TURNS = 20_000
"""Turns within one instant that are a spin: a hundred reconnects take fewer than forty in any instant."""

SPIN_READS = 200_000
"""Readings of the clock within one turn that are a spin."""

BLOCKED_US = 30_000_000
"""A loop that had due work and did not turn for this long (virtual) is blocked."""

HANDOVER_S = 1.0
"""Real seconds within which a baton that was given arrives; after that it has been taken already."""

ARRIVAL_S = 10.0
"""Real seconds within which a started thread must arrive."""


def _always() -> bool:
    return True


def _at_once(now_us: int, to_us: int) -> int:
    del now_us
    return to_us


def _no_turn(turns: int, now_us: int) -> None:
    del turns, now_us


class Outside(Protocol):
    """Another process that has the clock; see `processes`."""

    def nobody_can_run(self, next_us: int | None) -> None:
        """Nobody here can run at this instant: returns when that is to be looked at again."""

    def somebody_can_run(self) -> None:
        """Somebody here can: returns when it is this process's turn."""


class Baton:
    """The clock of a process; see the module. One instance is current, `harness.clock.BATON`."""

    def __init__(self) -> None:
        self.now_us = 0
        self.turns = 0
        self.before_jump: list[Callable[[int], object]] = []
        """Each is called with the time. One that returns true has given somebody work at this instant."""
        self.after_jump: list[Callable[[int], None]] = []
        self.on_turn: Callable[[int, int], None] = _no_turn
        self.on_spin: Callable[[Participant, int, str], None] = self._refuse_spin
        self.on_blocked: Callable[[Participant, float], None] = lambda who, seconds: None
        self.on_stuck: Callable[[str], None] = lambda why: None
        self.pending_calls: list[Callable[[], Any]] = []
        self.pace: Callable[[int, int], int] = _at_once
        """How far time may move now, given the time and the next deadline; see `ledger`."""
        self.outside: Outside | None = None
        """Where another process has the clock, and this one must ask before time passes."""
        self.begun = False
        self._parts: list[Participant] = []
        self._numbers = itertools.count()
        self._local = ThreadState()
        self._turns_here = 0
        self._reads = (0, 0)
        self._last = -1

    # -- who runs

    def current(self) -> Participant | None:
        """This thread's participant; None in a thread that is none, or whose waiting is real just now."""
        here = self._local
        return None if here.waits_really else here.participant

    def adopt(self, name: str, *, ours: bool = True) -> Participant:
        """Make the calling thread the first participant, holding the baton."""
        who = self.register(name, ours=ours)
        self._local.participant = who
        self.begun = True
        return who

    def register(self, name: str, *, ours: bool) -> Participant:
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
        self._run_pending_calls()

    def await_arrival(self, who: Participant) -> None:
        """In the starting thread: nothing ever runs free, so wait (real time) until `who` stands by."""
        if not who._here.acquire(timeout=ARRIVAL_S):
            raise ClockStuck(f"thread {who.name} did not arrive within {ARRIVAL_S:g} real seconds")

    def leave(self, who: Participant) -> None:
        """In the ending thread: give the baton up for good."""
        self.unregister(who)
        self._local.participant = None
        self._hand_on(None)

    def unregister(self, who: Participant) -> None:
        """Take a participant off the list: its thread ended, or never started."""
        who.done = True
        self._parts.remove(who)

    def reset_in_child(self) -> None:
        """In a forked child: the other threads are not there, and the clock does not count."""
        self._parts.clear()
        self.pending_calls.clear()
        self.before_jump.clear()
        self.after_jump.clear()
        self._local.participant = None
        self.begun = False

    def real_waiting(self) -> RealWaiting:
        """A context in which this thread's waiting is real: for what must not give the baton up."""
        return RealWaiting(self._local)

    # -- waiting

    def park(self, test: Callable[[], Any] | None, timeout: float | None, waits_for: str) -> Any:
        """Give the baton up until `test()` is true (returns its value) or `timeout` seconds passed (None).

        `waits_for` is "select" for a loop at rest; anything else blocks the loop whose turn it is.
        """
        me = self.current()
        assert me is not None, "only a participant can park"
        # All of this is set before the baton is given up: from then on others read it and ask `test`.
        me.test, me.given = test, False
        me.deadline = None if timeout is None else self.now_us + microseconds_from_now(timeout)
        me.waits_for, me.parked_at = waits_for, self.now_us
        me.due, me.reported = None, False
        # `_hand_on` may choose this thread again, at once or after a jump: then there is nothing to wait for.
        if self._hand_on(me) is not me:
            self._await_baton(me)
        # Taken before the pending calls run: those may park in this same thread, and overwrite it.
        got = me.got
        self._run_pending_calls()
        # A test that raised did so in the thread that asked it; the exception belongs to the one that waits.
        if me.fault is not None:
            fault, me.fault = me.fault, None
            raise fault
        return got

    def _await_baton(self, me: Participant) -> None:
        """The baton is elsewhere until this returns, or raises what a signal handler raised meanwhile."""
        raised: BaseException | None = None
        while True:
            try:
                # A handler may raise just after the baton came: it is here already, and comes no second time.
                me._go.acquire(timeout=HANDOVER_S if raised is not None and me.given else -1)
                break
            except BaseException as fault:
                # Without the baton this thread must not run on. It asks to be next, and raises once it is.
                raised, me.test = fault, _always
        if raised is not None:
            raise raised

    def _run_pending_calls(self) -> None:
        """Calls that a hook of a jump left for whoever runs next: they may park, the hook may not."""
        while self.pending_calls:
            self.pending_calls.pop(0)()

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
        # In the thread that parks, with the baton: tests of all threads are asked here, so that no other
        # thread needs to wake up to find that it is not ready.
        while True:
            for who in self._in_order():
                try:
                    got = who.test() if who.test else None
                except Exception as fault:  # such as a selector closed by another thread
                    who.fault, got = fault, True
                if got or (who.deadline is not None and who.deadline <= self.now_us):
                    if self.outside is not None:
                        self.outside.somebody_can_run()
                    return self._give(who, got, me)
            if not self._parts:  # the last thread of the clock has ended
                return None
            time = self._next_time()
            if self.outside is not None:
                self.outside.nobody_can_run(time)
                continue
            if time is None:
                return self._give(self._stuck(), None, me)
            self._jump(time)

    def _in_order(self) -> list[Participant]:
        """All, beginning after the one who had the baton last."""
        parts = self._parts
        for place, who in enumerate(parts):
            if who.number > self._last:
                return parts[place:] + parts[:place] if place else parts
        return parts

    def _give(self, who: Participant, got: Any, me: Participant | None) -> Participant:
        who.got, self._last = got, who.number
        self.count_turn(who)
        if who is not me:
            who.given = True
            who._go.release()
        return who

    def count_turn(self, who: Participant) -> None:
        """`who` has its turn. A loop that goes on without parking counts too, for its spin to be seen."""
        self.turns += 1
        self._turns_here += 1
        self.on_turn(self.turns, self.now_us)
        if self._turns_here > SPIN_TURNS:
            turns, self._turns_here = self._turns_here, 0
            self.on_spin(who, turns, "turns within one instant")

    def _next_time(self) -> int | None:
        """The smallest deadline, or the time to report a blocked loop; None if nobody waits for a time."""
        times = [who.deadline for who in self._parts if who.deadline is not None]
        # A loop parked in anything but its own select is blocked by its own callback. What is due in it does
        # not run, so its timers are no deadlines; they only set the time at which the block is reported.
        for who in self._parts:
            if who.loop is not None and who.waits_for != "select" and not who.reported:
                self._look_for_due_work(who)
                if who.due is not None:
                    times.append(who.due + BLOCKED_US)
        return min(times, default=None)

    def _look_for_due_work(self, who: Participant) -> None:
        """`who` is blocked inside its loop's turn. Asked before every jump, so input is seen as it comes."""
        due = who.loop.next_due()
        if due is not None:
            due = max(due, who.parked_at)
            who.due = due if who.due is None else min(due, who.due)

    def _jump(self, to_us: int) -> None:
        # Nobody can run at this instant any more: what is sampled now is what the instant came to. A call may
        # give somebody work all the same; then all are asked again before time passes.
        if self.ask_before_jump():
            return
        to_us = self.pace(self.now_us, to_us)
        if to_us > self.now_us:
            self._move_to(to_us)

    def ask_before_jump(self) -> bool:
        """Call all of `before_jump`; whether one has given somebody work at this instant."""
        somebody_can = False
        for call in self.before_jump:
            somebody_can = bool(call(self.now_us)) or somebody_can
        return somebody_can

    def follow(self, now_us: int, turns: int) -> None:
        """The clock of the process outside shows this time, and has counted so many turns."""
        self.turns = max(turns, self.turns)
        if now_us > self.now_us:
            self._move_to(now_us)

    def _move_to(self, to_us: int) -> None:
        self.now_us, self._turns_here = to_us, 0
        for call in self.after_jump:
            call(to_us)
        for who in self._parts:
            if who.due is not None and not who.reported and who.due + BLOCKED_US <= to_us:
                who.reported = True
                self.on_blocked(who, (to_us - who.parked_at) / 1e6)

    def _stuck(self) -> Participant:
        """Nobody can ever run again: tell the worker; without one it is an error in the first participant."""
        names = ", ".join(f"{who.name} ({who.waits_for})" for who in self._parts)
        why = f"nobody waits for a time or for input: {names}"
        self.on_stuck(why)
        self._parts[0].fault = ClockStuck(why)
        return self._parts[0]

    def _refuse_spin(self, who: Participant, count: int, what: str) -> None:
        """Without a worker around it, a spin is an error in who spins."""
        fault = ClockStuck(f"{who.name} spins: {count} {what} at {self.now_us / 1e6:.6f} s")
        if who is self.current():
            raise fault
        who.fault = fault
