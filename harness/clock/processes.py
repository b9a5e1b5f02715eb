"""One clock for two processes: a *leader*, and one that it forked and that *follows* it.

The leader has the clock. The follower has a clock of its own for its own threads, which asks outside where
it would let time pass: it says when its threads want to go on, and waits. To the leader it is one
participant: it is asked whether it can run at this instant, gets the baton, and gives it back when none of
its threads can run. So never more than one thread of both runs, as within one process.

While it has the turn the follower may call functions of the leader's (`Follower.ask`), and while it waits the
leader may call the follower's (`Leader.call`). Both are done at once, in the thread that waits.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from struct import Struct
from typing import Any

from harness.clock.baton import Baton

_LENGTH = Struct("<I")
_READ = 1 << 16
LOOK_S = 0.5
"""Real seconds that a wait for a message lasts between two calls of `Channel.while_waiting`."""


class Channel:
    """Messages both ways over two pipes, in real time: no hook of the clock is in the way."""

    def __init__(self, source: int, sink: int) -> None:
        self._source, self._sink = source, sink
        self.while_waiting: Callable[[], None] | None = None

    @property
    def descriptors(self) -> tuple[int, int]:
        """The two ends that are used here."""
        return self._source, self._sink

    def send(self, *message: Any) -> None:
        """Send one message. It is lost where nobody is there to read it."""
        body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        rest = memoryview(_LENGTH.pack(len(body)) + body)
        with suppress(BrokenPipeError):
            while rest:
                rest = rest[os.write(self._sink, rest) :]

    def receive(self) -> tuple[Any, ...] | None:
        """The next message; None once the other process has ended."""
        head = self._read(_LENGTH.size)
        body = self._read(_LENGTH.unpack(head)[0]) if head is not None else None
        return None if body is None else pickle.loads(body)

    def _read(self, size: int) -> bytes | None:
        got = bytearray()
        while len(got) < size:
            while self.while_waiting is not None and not select.select([self._source], [], [], LOOK_S)[0]:
                self.while_waiting()
            part = os.read(self._source, min(size - len(got), _READ))
            if not part:
                return None
            got += part
        return bytes(got)

    def close(self) -> None:
        """Close both ends."""
        for descriptor in self.descriptors:
            os.close(descriptor)


def channel_pair() -> tuple[Channel, Channel]:
    """The leader's end and the follower's, to be made before the fork."""
    (down_out, down_in), (up_out, up_in) = os.pipe(), os.pipe()
    return Channel(up_out, down_in), Channel(down_out, up_in)


class Leader:
    """The follower, seen from the process that has the clock. `functions`: what it may call here, by name."""

    def __init__(
        self, baton: Baton, channel: Channel, pid: int, functions: Mapping[str, Callable[..., Any]]
    ) -> None:
        self.pid = pid
        self.gone = False
        """Its process has ended."""
        self.status = 0
        """What it ended with: an exit status, or the number of a signal below zero."""
        self._baton = baton
        self._channel = channel
        self._functions = functions
        self._deadline: int | None = baton.now_us
        self._asked: tuple[int, int] | None = None
        self._turn_is_next = True

    def give_turns(self) -> None:
        """In the thread that stands for it: give it its turns until its process has ended."""
        while not self.gone:
            wait = None if self._deadline is None else max(0, self._deadline - self._baton.now_us) / 1e6
            self._baton.park(self._can_run, wait, "another process")
            if self._turn_is_next:
                self._turn_is_next = False
                self._wait_for("idle", "go")

    def before_jump(self, now_us: int) -> bool:
        """A hook of the clock: the follower's own hooks are called."""
        del now_us
        work = bool(not self.gone and self._wait_for("jumped", "jump"))
        self._asked = None if work else self._asked
        return work

    def call(self, name: str, *args: Any) -> Any:
        """Call a function of the follower's, while it waits; None where it has ended."""
        answer = None if self.gone else self._wait_for("called", "call", name, args)
        self._asked = None  # it may have work now
        return answer

    def kill(self) -> None:
        """End it at once, as SIGKILL does; returns when the kernel has closed all that it had."""
        if not self.gone:
            os.kill(self.pid, signal.SIGKILL)
            self._has_ended()

    def _can_run(self) -> bool:
        """Whether it can run at this instant. It is asked again only if anybody had a turn since."""
        moment = (self._baton.turns, self._baton.now_us)
        if not self.gone and not self._turn_is_next and moment != self._asked:
            self._turn_is_next = bool(self._wait_for("found", "poll"))
            self._asked = (self._baton.turns, self._baton.now_us)
        return self.gone or self._turn_is_next

    def _wait_for(self, answer: str, *message: Any) -> Any:
        self._channel.send(self._baton.now_us, self._baton.turns, *message)
        while (got := self._channel.receive()) is not None:
            what, *rest = got
            if what == "ask":
                name, args = rest
                self._channel.send(
                    self._baton.now_us, self._baton.turns, "answer", self._functions[name](*args)
                )
                continue
            value, self._deadline, turns = rest
            assert what == answer, f"{what} came for {answer}"
            self._baton.turns = max(turns, self._baton.turns)
            return value
        self._has_ended()
        return None

    def _has_ended(self) -> None:
        if not self.gone:
            _, status = os.waitpid(self.pid, 0)
            self.status = os.waitstatus_to_exitcode(status)
            self.gone = True
            self._channel.close()


class Follower:
    """The leader, seen from the forked process. `functions`: what the leader may call here, by name."""

    def __init__(self, baton: Baton, channel: Channel) -> None:
        self.functions: dict[str, Callable[..., Any]] = {}
        self._baton = baton
        self._channel = channel
        self._state = "asked"  # whether anybody can run here; or "runs", or "waits"
        baton.outside = self

    def ask(self, name: str, *args: Any) -> Any:
        """Call a function of the leader's; its result."""
        self._channel.send("ask", name, args)
        message = self._receive()
        assert message[2] == "answer", message
        return message[3]

    def nobody_can_run(self, next_us: int | None) -> None:
        """No thread here can run at this instant; the first wants to at `next_us`. Wait for the leader."""
        if self._state == "runs":
            self._reply("idle", None, next_us)
        elif self._state == "asked":
            self._reply("found", False, next_us)
        self._state = "waits"
        while True:
            now_us, turns, what, *rest = self._receive()
            self._baton.follow(now_us, turns)
            if what == "poll":
                self._state = "asked"
                return
            if what == "jump":
                self._reply("jumped", self._baton.ask_before_jump(), next_us)
            else:
                name, args = rest
                self._reply("called", self.functions[name](*args), next_us)

    def somebody_can_run(self) -> None:
        """A thread here can run at this instant: it may once it is this process's turn."""
        if self._state == "asked":
            self._reply("found", True, self._baton.now_us)
            self.await_turn()
        self._state = "runs"

    def await_turn(self) -> None:
        """Wait to be given the turn that was promised: its first, right after the fork."""
        now_us, turns, what, *_ = self._receive()
        assert what == "go", what
        self._baton.follow(now_us, turns)
        self._state = "runs"

    def give_way(self) -> None:
        """Let the leader's threads run at this instant, as far as they can."""
        self.nobody_can_run(self._baton.now_us)
        self.somebody_can_run()

    def _reply(self, what: str, value: Any, next_us: int | None) -> None:
        self._channel.send(what, value, next_us, self._baton.turns)

    def _receive(self) -> tuple[Any, ...]:
        message = self._channel.receive()
        if message is None:  # the run is over, and with it this process
            os._exit(0)
        return message
