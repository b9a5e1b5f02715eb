"""Carries out what the rules decide: asks the engines, keeps their timers, pushes, answers.

The engine decides and knows no place; the places know no rules. One engine a bot; conditions of links belong
to hosts, not to bots: they are the first bot's engine's, and `conditioning` lays them on connections.

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

from fake_qq_server.conditioning import Conditions
from fake_qq_server.events import Envelope, Heal, Host, RuleAct, RuleUnmet
from fake_qq_server.rules.engine import Act, Engine, Push, Step
from fake_qq_server.rules.language import Moment, Rule
from fake_qq_server.rules.verbs.registry import Effect
from fake_qq_server.wire.tcp import Wire

if TYPE_CHECKING:
    from fake_qq_server.server import FakeQQ

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
        self._rules = rules
        self._engines = {bot: Engine(rules, seed, heal) for bot in bots}
        self._links = self._engines[bots[0]]
        self._conditions = Conditions(fake, self._links, seed, held, self._met)
        self._causes: dict[tuple[int, str, int], int | None] = {}
        self._latest: list[tuple[int, str, int]] = []
        self._conflicts: dict[str, str] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False
        self._home = threading.get_ident()
        self.healed = False

    # -- what the places tell

    def happened(
        self,
        event: str,
        about: Envelope,
        cause: int | None,
        *,
        path: str | None = None,
        s: int | None = None,
    ) -> Answered | None:
        """An event: returns the answer that a rule gives in the default's stead; pushes follow at once."""
        try:
            return self._happened(event, about, cause, path, s)
        except Exception as problem:  # at the seam, the subject would take it for an error of its own
            self.failed(problem)
            return None

    def _happened(
        self, event: str, about: Envelope, cause: int | None, path: str | None, s: int | None
    ) -> Answered | None:
        bot = self._whose(about.bot)
        conn = about.conn if event.startswith("ws.") else None
        decision = self._engines[bot].happened(event, self._fake.now_us(), conn=conn, path=path, s=s)
        pushes = (*decision.pushes, *decision.later)
        self._latest = [(bot, push.rule.key, push.occurrence) for push in pushes]
        self._causes.update(dict.fromkeys(self._latest, cause))
        for push in decision.pushes:
            self._soon(partial(self._push, bot, push))
        if decision.conflict:
            self._conflicts.setdefault(decision.answers[1].rule.key, event)
        self._soon(self._advance)
        return Answered(decision.answers[0], bot) if decision.answers else None

    def caused(self, n: int) -> None:
        """What the last event sets off has this record as its cause: it was written after the decision."""
        for key in self._latest:
            self._causes[key] = n

    def acted(self, answered: Answered, effect: Effect, about: Envelope, cause: int | None) -> None:
        """An answer really took the default's place."""
        self._acted(answered.bot, answered.by, effect, about.conn, about.req, cause)

    def failed(self, problem: BaseException) -> None:
        """An exception that is ours, met where it would be taken for somebody else's."""
        self._fake.on_error(problem)

    def mark(self, name: str, bot: int | None) -> None:
        """READY or RESUMED was written, or a session's connection ended."""
        self._engines[self._whose(bot)].mark(name, self._fake.now_us())
        self._soon(self._advance)

    def connected(self, wire: Wire) -> None:
        """A new connection: put on it what lies on its host."""
        self._conditions.connected(wire)
        self._soon(partial(self._conditions.open_or_shut, wire.host))

    def disconnected(self, wire: Wire) -> None:
        """Nothing can come of this connection any more, not even what a condition held back."""
        self._conditions.disconnected(wire)

    def refused(self, host: Host) -> None:
        """The subject tried to connect while nobody listened (only the harness can see that)."""
        self._conditions.refused(host)
        self._soon(partial(self._conditions.open_or_shut, host))

    def interrupted(self, wire: Wire) -> bool:
        """A condition lies on the connection under which nothing can be served."""
        return self._conditions.interrupted(wire)

    def start(self) -> None:
        """Begin: at-rules and conditions count from now."""
        self._home = threading.get_ident()
        self._advance()

    def stop(self) -> None:
        """Nothing acts from now on."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()

    def report_unmet(self) -> None:
        """At the end: a record for each rule that did not act as often as its premise asks.

        With several bots it is enough that a rule acted for one of them, and too much if it acted too often
        for one.
        """
        missed = [{unmet.rule.key: unmet for unmet in engine.unmet()} for engine in self._engines.values()]
        for rule in self._rules:
            found = [one[rule.key] for one in missed if rule.key in one]
            most = rule.fires.last
            too_many = [one for one in found if most is not None and one.got > most]
            if too_many or len(found) == len(missed):
                one = (too_many or found)[0]
                self._unmet(rule.key, one.wanted, one.got, one.why)
        for engine in self._engines.values():
            if engine.overrun is not None:
                self._unmet(engine.overrun.key, "1..", 0, "rules set each other off without end")
        for key, event in self._conflicts.items():
            self._unmet(key, "1", 2, f"two rules answered {event}")

    def _unmet(self, key: str, wanted: str, got: int, why: str) -> None:
        self._fake.sink("rules", RuleUnmet(wanted, got, why), Envelope(rule=key))

    # -- what the engines decide

    def _whose(self, bot: int | None) -> int:
        """Whose rules an event is for: those of a bot that nobody knows are the first one's."""
        return bot if bot is not None and bot in self._engines else min(self._engines)

    def _advance(self) -> None:
        """Do all that is due, then set the timer for what comes next."""
        if self._stopped:
            return
        for _ in range(STEPS_AT_ONCE):
            now = self._fake.now_us()
            due = self._next_due()
            if due is None or due > now:
                break
            for bot, engine in self._engines.items():
                self._take(bot, engine, engine.advance(now))
        if self._timer is not None:
            self._timer.cancel()
        due = self._next_due()
        self._timer = None if due is None else self._fake.call_at(due, self._advance)

    def _take(self, bot: int, engine: Engine, step: Step) -> None:
        for push in step.pushes:
            self._push(bot, push)
        if engine is self._links:
            healed = self.healed or step.healed
            for act in step.on:
                self._conditions.on(act)
            for act in step.off:
                self._conditions.off(act, healed=healed)
        if step.healed:
            self._heal()

    def _next_due(self) -> int | None:
        return min((t for e in self._engines.values() if (t := e.next_due()) is not None), default=None)

    def _push(self, bot: int, push: Push) -> None:
        if self._stopped:
            return
        cause = self._causes.get((bot, push.rule.key, push.occurrence))
        conn, effect = self._fake.push(bot, push, cause)
        if effect is not None:
            self._acted(bot, push, effect, conn, None, cause)

    def _acted(
        self, bot: int, act: Act, effect: Effect, conn: int | None, req: int | None, cause: int | None
    ) -> None:
        event = RuleAct(act.do.verb, effect.bytes, effect.frames, effect.us)
        self._fake.sink("rules", event, Envelope(conn, req, bot, cause, act.rule.key))
        self._engines[bot].acted(act, self._fake.now_us())
        self._soon(self._advance)

    def _met(self, act: Act, conn: int | None, size: int, us: int) -> None:
        """Something met a condition, and was changed by it."""
        self._acted(min(self._engines), act, Effect(bytes=size, us=us), conn, None, None)

    def _heal(self) -> None:
        if not self.healed:
            self.healed = True
            self._fake.sink("rules", Heal(self._held))
            for engine in self._engines.values():
                engine.mark("heal", self._fake.now_us())
            self._fake.on_heal()

    def _soon(self, call: Callable[[], None]) -> None:
        """Once the default answer is made: on the fake's own loop, whichever thread this is."""
        here = threading.get_ident() == self._home
        soon = self._fake.loop.call_soon if here else self._fake.loop.call_soon_threadsafe
        soon(self._fake.safely, call)
