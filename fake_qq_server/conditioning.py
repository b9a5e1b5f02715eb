"""Puts conditions on connections and removes them; opens and closes the ports.

The engine says which conditions are on a connection, the link does what they say. Both ends of a window are
told here once for each rule, and each new connection gets the conditions of its host.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from fake_qq_server.events import Envelope, Held, Host, LinkCondition
from fake_qq_server.rules.chance import draw
from fake_qq_server.rules.conditions import Condition, Forget, Forgotten
from fake_qq_server.rules.decisions import Act, VerbOfRule
from fake_qq_server.rules.engine import Engine
from fake_qq_server.rules.language_verbs import Link
from fake_qq_server.stage import Stage
from fake_qq_server.wire.link import Pipe, PipeCondition
from fake_qq_server.wire.listener import Listener
from fake_qq_server.wire.tcp import TcpConnection

OnEffect = Callable[[Act, "int | None", int, int], None]
"""Called when a condition changed something: on which connection (its number), how many bytes, microseconds
added."""


@dataclass(eq=False)
class AppliedCondition:
    """A condition on one direction of a connection."""

    act: Act
    pipe: Pipe
    on_pipe: PipeCondition


class Conditions:
    """The conditions on the connections of one fake.

    `held` says what becomes of the bytes that they hold when the run heals; the draws of `jitter` depend on
    `seed`.
    """

    def __init__(
        self,
        stage: Stage,
        listeners: Mapping[Host, Listener],
        engine: Engine,
        on_effect: OnEffect,
        *,
        seed: int = 0,
        held: Held = "keep",
    ) -> None:
        self._stage = stage
        self._listeners = listeners
        self._engine = engine
        self._on_effect = on_effect
        self._seed = seed
        self._held = held
        self._applied: dict[VerbOfRule, dict[TcpConnection, list[AppliedCondition]]] = {}
        self._refusals: dict[Host, list[Act]] = {}

    # -- what the engine tells

    def on(self, acts: Sequence[Act]) -> None:
        """The windows of these begin: apply them to the connections there are, or close the port."""
        now, asked = self._stage.now_us(), set[Host]()
        for act in acts:
            for host in self._hosts(act):
                if not _condition(act).listens:
                    if host not in asked:
                        asked.add(host)
                        self.listen_or_refuse(host)
                    if self._refusals.get(host):
                        self._listeners[host].end_idle(act.rule.key)
                    continue
                for connection in list(self._listeners[host].connections.values()):
                    if self._engine.covers(act, now, host, connection.number):
                        self._apply(act, connection)

    def off(self, acts: Sequence[Act], *, healed: bool) -> None:
        """The windows of these end."""
        asked = set[Host]()
        for act in acts:
            if not _condition(act).listens:
                for host in self._hosts(act):
                    if host not in asked:
                        asked.add(host)
                        self.listen_or_refuse(host)
            for connection, mine in list(self._applied.get(act.verb_of_rule, {}).items()):
                for applied in list(mine):
                    condition = applied.on_pipe.condition
                    if condition.sticky or (healed and self._held == "keep" and condition.interrupts):
                        continue  # healing must not do the client's work
                    self._remove(applied, connection)

    # -- what connections tell

    def connected(self, connection: TcpConnection) -> None:
        """A new connection gets the conditions of its host."""
        for act in self._engine.conditions(self._stage.now_us(), connection.host, None, connection.number):
            self._apply(act, connection)

    def disconnected(self, connection: TcpConnection) -> None:
        """Its conditions are gone with it."""
        for on_connections in self._applied.values():
            on_connections.pop(connection, None)

    def refused(self, host: Host) -> None:
        """Somebody tried to connect while nobody listened."""
        for act in self._refusals.get(host, ()):
            self._on_effect(act, None, 0, 0)
        self._listeners[host].attempts += 1

    def open_connections(self) -> Sequence[TcpConnection]:
        """Those of all hosts."""
        return [one for listener in self._listeners.values() for one in listener.connections.values()]

    def interrupted(self, connection: TcpConnection) -> bool:
        """Whether a condition is on it under which nothing can be served."""
        mine = (on_connections.get(connection, ()) for on_connections in self._applied.values())
        return any(one.on_pipe.condition.interrupts for applied in mine for one in applied)

    # -- ports

    def listen_or_refuse(self, host: Host) -> None:
        """Listen or not, as the rules have it for the next connection (`where` and `chance` may pick some).

        The next one is the next attempt. Only the harness knows of refused ones: without it, a rule that
        refuses connection 3 refuses until its window ends.
        """
        if self._stage.stopped:
            return
        listener, before = self._listeners[host], self._refusals.get(host, [])
        acts = self._engine.conditions(self._stage.now_us(), host, None, listener.attempts + 1)
        wanted = [act for act in acts if not _condition(act).listens]
        self._refusals[host] = wanted
        old, new = {act.verb_of_rule for act in before}, {act.verb_of_rule for act in wanted}
        for act in before:
            if act.verb_of_rule not in new:
                self._report(act, host, None, _condition(act), on=False)
        for act in wanted:
            if act.verb_of_rule not in old:
                self._report(act, host, None, _condition(act), on=True)
        if wanted:
            listener.close()
        else:
            listener.listen()

    # -- connections

    def _apply(self, act: Act, connection: TcpConnection) -> None:
        condition = _condition(act)
        if not condition.listens or condition.on_proxy or self._is_applied(act, connection):
            return
        self._put(act, condition, connection)
        if isinstance(condition, Forget):
            self._stage.later(condition.idle_us, self._forget_if_idle, act, condition, connection)

    def _forget_if_idle(self, act: Act, condition: Forget, connection: TcpConnection) -> None:
        """It may have been idle for long enough; if not, look again when it will have been."""
        if not connection.open or not self._is_applied(act, connection):
            return
        last_s = max(connection.up.last_pushed, connection.down.last_pushed)
        left_us = condition.idle_us - round((self._stage.clock.time() - last_s) * 1e6)
        if left_us > 0:
            self._stage.later(left_us, self._forget_if_idle, act, condition, connection)
        else:
            self._put(act, Forgotten(), connection)

    def _put(self, act: Act, condition: Condition, connection: TcpConnection) -> None:
        link = act.rule.trigger
        assert isinstance(link, Link)
        one_way = None if condition.both_ways else link.direction
        for direction, pipe in (("up", connection.up), ("down", connection.down)):
            if one_way in (None, direction):
                on_pipe = PipeCondition(
                    condition,
                    partial(draw, self._seed, act.rule.key, connection.host, connection.number, direction),
                    partial(self._on_effect, act, connection.number),
                )
                pipe.add(on_pipe)
                mine = self._applied.setdefault(act.verb_of_rule, {}).setdefault(connection, [])
                mine.append(AppliedCondition(act, pipe, on_pipe))
        self._report(act, connection.host, connection, condition, on=True)

    def _remove(self, applied: AppliedCondition, connection: TcpConnection) -> None:
        self._applied[applied.act.verb_of_rule][connection].remove(applied)
        if connection.open and not self._is_applied(applied.act, connection):
            self._report(applied.act, connection.host, connection, applied.on_pipe.condition, on=False)
        applied.pipe.remove(applied.on_pipe)

    def _is_applied(self, act: Act, connection: TcpConnection) -> bool:
        return bool(self._applied.get(act.verb_of_rule, {}).get(connection))

    def _report(
        self, act: Act, host: Host, connection: TcpConnection | None, condition: Condition, *, on: bool
    ) -> None:
        event = LinkCondition(host, condition.name, on, condition.interrupts)
        about = Envelope(conn=connection.number if connection else None, rule=act.rule.key)
        self._stage.sink("link", event, about)

    def _hosts(self, act: Act) -> tuple[Host, ...]:
        link = act.rule.trigger
        assert isinstance(link, Link)
        return tuple(host for host in self._listeners if link.host in (host, "any"))


def _condition(act: Act) -> Condition:
    condition: Condition = act.do.row.act(act.do.args)
    return condition
