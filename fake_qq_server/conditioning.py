"""Lays conditions on connections and takes them off again; opens and shuts the ports.

The engine says which conditions lie on a connection, the link does what they say. Both ends of a window are
told here once for each rule, and each new connection asks for what lies on its host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from fake_qq_server.events import Envelope, Host, LinkCondition
from fake_qq_server.rules.conditions import Condition
from fake_qq_server.rules.engine import Act, Engine, draw
from fake_qq_server.rules.language import Link
from fake_qq_server.wire.link import Held, Pipe
from fake_qq_server.wire.tcp import Wire

if TYPE_CHECKING:
    from fake_qq_server.server import FakeQQ

Met = Callable[[Act, "int | None", int, int], None]
"""Told that something met a condition: on which connection, how many bytes, microseconds added."""


@dataclass(eq=False)
class Laid:
    """A condition as it lies on one direction of one connection."""

    act: Act
    wire: Wire
    pipe: Pipe
    held: Held


class Conditions:
    """What lies on the connections of one fake. `held` says what becomes of what they hold at the healing."""

    def __init__(
        self, fake: FakeQQ, engine: Engine, seed: int, held: Literal["keep", "release"], met: Met
    ) -> None:
        self._fake = fake
        self._engine = engine
        self._seed = seed
        self._held = held
        self._met = met
        self._laid: list[Laid] = []
        self._refusals: dict[Host, list[Act]] = {}

    # -- what the engine tells

    def on(self, act: Act) -> None:
        """A rule's window begins: on the connections there are, or at the port."""
        now = self._fake.now_us()
        for host in self._hosts(act):
            if not _condition(act).listens:
                self.open_or_shut(host)
                if self._refusals.get(host):
                    self._fake.listeners[host].end_idle(act.rule.key)
                continue
            for wire in list(self._fake.listeners[host].wires.values()):
                if _among(act, self._engine.conditions(now, host, None, wire.number)):
                    self._lay(act, wire)

    def off(self, act: Act, *, healed: bool) -> None:
        """A rule's window ends."""
        if not _condition(act).listens:
            for host in self._hosts(act):
                self.open_or_shut(host)
        for laid in [one for one in self._laid if _among(act, [one.act])]:
            condition = laid.held.condition
            if condition.sticky or (healed and self._held == "keep" and condition.interrupts):
                continue  # healing must not do the client's work
            self._take_off(laid)

    # -- what connections tell

    def connected(self, wire: Wire) -> None:
        for act in self._engine.conditions(self._fake.now_us(), wire.host, None, wire.number):
            self._lay(act, wire)

    def disconnected(self, wire: Wire) -> None:
        self._laid = [laid for laid in self._laid if laid.wire is not wire]

    def refused(self, host: Host) -> None:
        for act in self._refusals.get(host, ()):
            self._met(act, None, 0, 0)
        self._fake.listeners[host].attempts += 1

    def interrupted(self, wire: Wire) -> bool:
        return any(laid.wire is wire and laid.held.condition.interrupts for laid in self._laid)

    # -- ports

    def open_or_shut(self, host: Host) -> None:
        """Listen or not, as the rules have it for the next connection: where and chance may tell two apart.

        The next one is the next attempt. Only the harness knows of refused ones: without it, a rule that
        refuses connection 3 refuses until its window ends.
        """
        if self._fake.stopped:
            return
        listener, before = self._fake.listeners[host], self._refusals.get(host, [])
        acts = self._engine.conditions(self._fake.now_us(), host, None, listener.attempts + 1)
        wanted = [act for act in acts if not _condition(act).listens]
        self._refusals[host] = wanted
        for act in before:
            if not _among(act, wanted):
                self._report(act, host, None, on=False)
        for act in wanted:
            if not _among(act, before):
                self._report(act, host, None, on=True)
        if wanted:
            listener.close()
        else:
            listener.listen()

    # -- connections

    def _lay(self, act: Act, wire: Wire) -> None:
        condition = _condition(act)
        if not condition.listens or self._lies(act, wire):
            return
        link = act.rule.trigger
        assert isinstance(link, Link)
        one_way = None if condition.both_ways else link.direction
        for direction, pipe in (("up", wire.up), ("down", wire.down)):
            if one_way in (None, direction):
                held = Held(
                    condition,
                    partial(draw, self._seed, act.rule.key, wire.host, wire.number, direction),
                    partial(self._met, act, wire.number),
                )
                pipe.put_on(held)
                self._laid.append(Laid(act, wire, pipe, held))
        self._report(act, wire.host, wire, on=True)

    def _take_off(self, laid: Laid) -> None:
        self._laid.remove(laid)
        if laid.wire.open and not self._lies(laid.act, laid.wire):
            self._report(laid.act, laid.wire.host, laid.wire, on=False)
        laid.pipe.take_off(laid.held)

    def _lies(self, act: Act, wire: Wire) -> bool:
        return any(one.wire is wire and _among(act, [one.act]) for one in self._laid)

    def _report(self, act: Act, host: Host, wire: Wire | None, *, on: bool) -> None:
        condition = _condition(act)
        event = LinkCondition(host, condition.name, on, condition.interrupts)
        self._fake.sink("link", event, Envelope(conn=wire.number if wire else None, rule=act.rule.key))

    def _hosts(self, act: Act) -> tuple[Host, ...]:
        link = act.rule.trigger
        assert isinstance(link, Link)
        return tuple(host for host in self._fake.listeners if link.host in (host, "any"))


def _condition(act: Act) -> Condition:
    condition: Condition = act.do.row.act(act.do.args)
    return condition


def _among(act: Act, others: Iterable[Act]) -> bool:
    """Whether the same verb of the same rule is among them."""
    return any(one.rule is act.rule and one.do is act.do for one in others)
