"""Carries out what the rules decide: asks the engines, keeps their timers, pushes, lays conditions on wires.

The engine decides and knows no place; the places know no rules. One engine a bot; conditions of links belong
to hosts, not to bots, and are the first bot's engine's.

Under virtual time a call may come from the subject's thread (at the seam). The clock lets one thread run at
a time, so state needs no lock, but the loop's own queue must be told from outside: `_soon` does.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from .conditions import Condition
from .events import Envelope, Heal, LinkCondition, RuleAct, RuleUnmet
from .language import Link, Moment, Rule
from .link import Held
from .rules import Act, Engine, Push, draw
from .verbs.registry import Effect
from .wire import Wire

if TYPE_CHECKING:
    from .server import FakeQQ

STEPS_AT_ONCE = 1_000
"""How often rules may set each other off at one moment."""


@dataclass(frozen=True)
class Answered:
    """A rule's answer to one event, to be asked for with `act`."""

    by: Act
    bot: int

    @property
    def rule(self) -> str:
        return self.by.rule.key

    @property
    def verb(self) -> str:
        return self.by.do.verb

    def act(self, ask: Any) -> Any:
        return self.by.do.row.act(self.by.do.args, ask)


@dataclass(eq=False)
class Laid:
    """A condition as it lies on one connection."""

    act: Act
    wire: Wire
    held: Held
    directions: tuple[str, ...]


class Director:
    """The rules of one fake. `heal` ends them all; `held` says what becomes of what conditions hold."""

    def __init__(
        self,
        fake: FakeQQ,
        rules: Sequence[Rule],
        *,
        seed: int,
        heal: Moment | None,
        held: Literal["keep", "release"],
        bots: Sequence[int],
    ) -> None:
        self._fake = fake
        self._seed = seed
        self._held = held
        self._engines = {bot: Engine(rules, seed, heal) for bot in bots}
        self._links = self._engines[bots[0]]
        self._laid: list[Laid] = []
        self._refusals: dict[str, list[Act]] = {}
        self._causes: dict[tuple[str, int], int | None] = {}
        self._conflicts: list[tuple[str, str]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._home = threading.get_ident()
        self.healed = False

    # -- what the places tell

    def happened(
        self,
        event: str,
        about: Envelope,
        cause: int | None,
        *,
        conn: int | None = None,
        path: str | None = None,
        s: int | None = None,
    ) -> Answered | None:
        """An event: returns the answer that a rule gives in the default's stead; pushes follow at once."""
        bot = about.bot if about.bot in self._engines else min(self._engines)
        conn = about.conn if event.startswith("ws.") else conn
        decision = self._engines[bot].happened(event, self._fake.now_us(), conn=conn, path=path, s=s)
        for push in decision.pushes:
            self._causes[push.rule.key, push.occurrence] = cause
            self._soon(partial(self._push, bot, push))
        if decision.conflict:
            self._conflicts.append((event, decision.answers[1].rule.key))
        self._soon(self._advance)
        return Answered(decision.answers[0], bot) if decision.answers else None

    def acted(self, answered: Answered, effect: Effect, about: Envelope, cause: int | None) -> None:
        """An answer really took the default's place."""
        self._acted(answered.bot, answered.by, effect, about.conn, about.req, cause)

    def mark(self, name: str, bot: int | None) -> None:
        """READY or RESUMED was written, or a session's connection ended."""
        self._engines[bot if bot in self._engines else min(self._engines)].mark(name, self._fake.now_us())
        self._soon(self._advance)

    def connected(self, wire: Wire) -> None:
        """A new connection: put on it what lies on its host."""
        for act in self._links.conditions(self._fake.now_us(), wire.host, None, wire.number):
            self._lay(act, wire)

    def disconnected(self, wire: Wire) -> None:
        self._laid = [laid for laid in self._laid if laid.wire is not wire]

    def refused(self, host: str) -> None:
        """The subject tried to connect while nobody listened (only the harness can see that)."""
        for act in self._refusals.get(host, ()):
            self._acted(min(self._engines), act, Effect(), None, None, None)

    def interrupted(self, wire: Wire) -> bool:
        """A condition lies on the connection under which nothing can be served."""
        return any(laid.wire is wire and laid.held.condition.interrupts for laid in self._laid)

    def start(self) -> None:
        """Begin: at-rules and conditions count from now."""
        self._home = threading.get_ident()
        self._advance()

    def report_unmet(self) -> None:
        """At the end: a record for each rule that did not act as often as its premise asks."""
        for engine in self._engines.values():
            for unmet in engine.unmet():
                self._fake.sink(
                    "rules", RuleUnmet(unmet.wanted, unmet.got, unmet.why), Envelope(rule=unmet.rule.key)
                )
            if engine.overrun is not None:
                why = "rules set each other off without end"
                self._fake.sink("rules", RuleUnmet("1..", 0, why), Envelope(rule=engine.overrun.key))
        for event, rule in self._conflicts[:1]:
            self._fake.sink("rules", RuleUnmet("1", 2, f"two rules answered {event}"), Envelope(rule=rule))

    # -- what the engines decide

    def _advance(self) -> None:
        """Do all that is due, then set the timer for what comes next."""
        for _ in range(STEPS_AT_ONCE):
            now = self._fake.now_us()
            due = self._next_due()
            if due is None or due > now:
                break
            for bot, engine in self._engines.items():
                step = engine.advance(now)
                for push in step.pushes:
                    self._push(bot, push)
                if engine is self._links:
                    for act in step.on:
                        self._condition_on(act)
                    for act in step.off:
                        self._condition_off(act, healed=step.healed)
                if step.healed:
                    self._heal()
        if self._timer is not None:
            self._timer.cancel()
        due = self._next_due()
        self._timer = None if due is None else self._fake.call_at(due, self._advance)

    def _next_due(self) -> int | None:
        return min((t for e in self._engines.values() if (t := e.next_due()) is not None), default=None)

    def _push(self, bot: int, push: Push) -> None:
        cause = self._causes.get((push.rule.key, push.occurrence))
        conn, effect = self._fake.push(bot, push, cause)
        if effect is not None:
            self._acted(bot, push, effect, conn, None, cause)
        self._advance()

    def _acted(
        self, bot: int, act: Act, effect: Effect, conn: int | None, req: int | None, cause: int | None
    ) -> None:
        event = RuleAct(act.do.verb, effect.bytes, effect.frames, effect.us)
        self._fake.sink("rules", event, Envelope(conn, req, bot, cause, act.rule.key))
        self._engines[bot].acted(act, self._fake.now_us())
        self._soon(self._advance)

    def _heal(self) -> None:
        if not self.healed:
            self.healed = True
            self._fake.sink("rules", Heal(self._held))
            for engine in self._engines.values():
                engine.mark("heal", self._fake.now_us())
            self._fake.on_heal()

    # -- conditions

    def _condition_on(self, act: Act) -> None:
        condition: Condition = act.do.row.act(act.do.args)
        if not condition.listens:
            for host in self._hosts(act):
                self._refusals.setdefault(host, []).append(act)
                self._fake.listeners[host].refuse()
                self._fake.sink(
                    "link",
                    LinkCondition(self._fake.listeners[host].host, condition.name, True, False),
                    Envelope(rule=act.rule.key),
                )
            return
        now = self._fake.now_us()
        for host in self._hosts(act):
            for wire in list(self._fake.listeners[host].wires.values()):
                here = self._links.conditions(now, host, None, wire.number)
                if any(one.rule is act.rule and one.do is act.do for one in here):
                    self._lay(act, wire)

    def _condition_off(self, act: Act, *, healed: bool) -> None:
        for host in self._hosts(act):
            refusals = self._refusals.get(host, [])
            mine = [one for one in refusals if one.rule is act.rule and one.do is act.do]
            for one in mine:
                refusals.remove(one)
                listener = self._fake.listeners[host]
                self._fake.sink(
                    "link",
                    LinkCondition(listener.host, one.do.verb, False, False),
                    Envelope(rule=act.rule.key),
                )
                if not refusals:
                    listener.listen()
        for laid in [one for one in self._laid if one.act.rule is act.rule and one.act.do is act.do]:
            condition = laid.held.condition
            if condition.sticky or (healed and self._held == "keep" and condition.interrupts):
                continue  # healing must not do the client's work
            self._take_off(laid)

    def _lay(self, act: Act, wire: Wire) -> None:
        condition: Condition = act.do.row.act(act.do.args)
        if not condition.listens or any(
            one.wire is wire and one.act.rule is act.rule and one.act.do is act.do for one in self._laid
        ):
            return
        link = act.rule.trigger
        assert isinstance(link, Link)
        directions = ("up", "down") if link.direction is None or condition.both_ways else (link.direction,)
        counter = iter(range(1 << 62))
        held = Held(
            condition,
            draw=lambda: draw(self._seed, act.rule.key, wire.host, wire.number, next(counter)),
            acted=lambda size, us: self._acted(
                min(self._engines), act, Effect(bytes=size, us=us), wire.number, None, None
            ),
        )
        self._laid.append(Laid(act, wire, held, directions))
        for direction in directions:
            (wire.up if direction == "up" else wire.down).put_on(held)
        self._fake.sink(
            "link",
            LinkCondition(wire.host, condition.name, True, condition.interrupts),
            Envelope(conn=wire.number, rule=act.rule.key),
        )

    def _take_off(self, laid: Laid) -> None:
        self._laid.remove(laid)
        condition, wire = laid.held.condition, laid.wire
        self._fake.sink(
            "link",
            LinkCondition(wire.host, condition.name, False, condition.interrupts),
            Envelope(conn=wire.number, rule=laid.act.rule.key),
        )
        for direction in laid.directions:
            (wire.up if direction == "up" else wire.down).take_off(laid.held)

    def _hosts(self, act: Act) -> tuple[str, ...]:
        link = act.rule.trigger
        assert isinstance(link, Link)
        return ("token", "api", "ws") if link.host == "any" else (link.host,)

    def _soon(self, call: Callable[[], None]) -> None:
        """Once the default answer is made: on the fake's own loop, whichever thread this is."""
        if threading.get_ident() == self._home:
            self._fake.loop.call_soon(call)
        else:
            self._fake.loop.call_soon_threadsafe(call)
