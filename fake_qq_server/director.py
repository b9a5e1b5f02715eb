"""Carries out what the rules decide: asks the engines, keeps their timers, pushes, answers.

The engine decides and knows no place; the places know no rules. One engine a bot; conditions of links belong
to hosts, not to bots: they are the first bot's engine's, and `conditioning` puts them on connections.

Under virtual time a call may come from the subject's thread (at the seam). The clock lets one thread run at
a time, so state needs no lock, but the loop's own queue must be told from outside: `_soon` does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from fake_qq_server.conditioning import Conditions
from fake_qq_server.events import (
    Envelope,
    ForbiddenSeen,
    ForbiddenUnwatched,
    Heal,
    Held,
    Host,
    RuleAct,
    RuleUnmet,
)
from fake_qq_server.proxying import Proxies
from fake_qq_server.relay_proxies import RelayProxies
from fake_qq_server.rules.chains import Chain, followed_by
from fake_qq_server.rules.decisions import Act, Decision, Push, Step
from fake_qq_server.rules.engine import Engine
from fake_qq_server.rules.forbids import Forbid
from fake_qq_server.rules.moments import NO_FACTS, HttpFacts, Moment
from fake_qq_server.rules.rule import Rule
from fake_qq_server.rules.ruling import Ruling
from fake_qq_server.rules.verbs.registry import Effect
from fake_qq_server.server_proxies import ProxyServer, ServerProxies
from fake_qq_server.stage import Stage, Timer
from fake_qq_server.unprompted import Unprompted, busiest
from fake_qq_server.wire.listener import Listener
from fake_qq_server.wire.tcp import TcpConnection

STEPS_AT_ONCE = 1_000
"""How often rules may set each other off at one moment."""

CarryOut = Callable[[int, Push, "int | None"], "tuple[int | None, Effect | None]"]
"""Carries out a push for a bot, with the number of its cause; returns the connection it acted on and its
effect, None where it did not act. See `pushing.Pusher.push`."""


class Director:
    """The rules of one fake; a `wire.decider.Decider`.

    `forbids` is what must not happen; it is recorded where it does.
    `bots` are the bots' numbers. `heal` ends all rules, and `on_heal` is called then; `held` says what
    becomes of what conditions hold. Chance is drawn from `seed`. `server`: a real Toxiproxy, for the toxics.

    `on_runaway` is told, by their keys, of rules that push more within one instant than `unprompted` allows,
    or set each other off faster than `chains` does.
    """

    def __init__(
        self,
        stage: Stage,
        rules: Sequence[Rule],
        listeners: Mapping[Host, Listener],
        push: CarryOut,
        *,
        forbids: Sequence[Forbid] = (),
        bots: Sequence[int] = (1,),
        seed: int = 0,
        heal: Moment | None = None,
        held: Held = "keep",
        on_heal: Callable[[], None] = lambda: None,
        server: ProxyServer | None = None,
    ) -> None:
        self._stage = stage
        self.rules = rules
        self._carry_out = push
        self._held = held
        self._on_heal = on_heal
        self._engines = {bot: Engine(rules, seed, heal, forbids) for bot in bots or (1,)}
        self._links = self._engines[min(self._engines)]
        self._conditions = Conditions(
            stage, listeners, self._links, self._condition_acted, seed=seed, held=held
        )
        told = self._condition_acted
        self._proxies: Proxies = (
            RelayProxies(stage, rules, listeners, told, seed=seed)
            if server is None
            else ServerProxies(stage, rules, listeners, told, server)
        )
        self._delayed: dict[tuple[int, str, int, int], Ruling] = {}
        """The rulings whose pushes are due later, by bot, rule, occurrence and verb."""
        self._conflicts: dict[str, str] = {}
        self._timer: Timer | None = None
        self._home = threading.get_ident()
        self.healed = False
        self._retired = False
        self._new_engine = partial(Engine, rules, seed, heal, forbids)
        self.on_runaway: Callable[[Sequence[str]], None] = lambda keys: None
        self._unprompted = Unprompted()
        self._runaway: tuple[str, ...] = ()
        self._chain: Chain | None = None
        """That of the push which is being carried out."""

    # -- what the places tell

    def ask(
        self,
        event: str,
        about: Envelope,
        cause: int | None,
        *,
        path: str | None = None,
        s: int | None = None,
        http: HttpFacts = NO_FACTS,
    ) -> Ruling:
        """What the rules say to an event; pushes follow at once. See `wire.decider.Decider`."""
        try:
            return self._decide(event, about, cause, path, s, http)
        except Exception as problem:  # at the seam, the subject would take it for an error of its own
            self.failed(problem)
            return Ruling(Decision(), cause, partial(self._answered, self._bot(about.bot), about))

    def _decide(
        self,
        event: str,
        about: Envelope,
        cause: int | None,
        path: str | None,
        s: int | None,
        http: HttpFacts,
    ) -> Ruling:
        bot = self._bot(about.bot)
        conn = about.conn if event.startswith("ws.") else None
        decision = self._engines[bot].decide(
            event, self._stage.now_us(), conn=conn, path=path, s=s, http=http, by=about.rule
        )
        ruling = Ruling(decision, cause, partial(self._answered, bot, about), about.rule, self._chain)
        for push in decision.later:
            self._delayed[_place(bot, push)] = ruling
        for push in decision.pushes:
            self._soon(partial(self._push, bot, push, ruling))
        for forbid in decision.forbidden:
            self._soon(partial(self._report_forbidden, forbid, event, replace(about, bot=bot), ruling))
        if decision.conflict:
            self._conflicts.setdefault(decision.answers[1].rule.key, event)
        self._soon(self._advance)
        return ruling

    def failed(self, problem: BaseException) -> None:
        """An exception of the fake's own, where it would be taken for somebody else's."""
        self._stage.on_error(problem)

    def mark(self, name: str, bot: int | None) -> None:
        """READY or RESUMED was written, a session's connection ended, or the client gave up."""
        self._engines[self._bot(bot)].mark(name, self._stage.now_us())
        self._soon(self._advance)

    def connected(self, connection: TcpConnection) -> None:
        """A new connection: it gets the conditions of its host."""
        self._conditions.connected(connection)
        self._proxies.connected(connection)
        self._soon(partial(self._conditions.listen_or_refuse, connection.host))

    def disconnected(self, connection: TcpConnection) -> None:
        """Nothing arrives on this connection any more, not even what a condition held back."""
        self._conditions.disconnected(connection)

    def refused(self, host: Host) -> None:
        """The subject tried to connect while nobody listened (only the harness can see that)."""
        if not self._proxies.refused(host):
            self._conditions.refused(host)
        self._soon(partial(self._conditions.listen_or_refuse, host))

    def interrupted(self, connection: TcpConnection) -> bool:
        """Whether a condition is on the connection under which nothing can be served."""
        return self._conditions.interrupted(connection) or self._proxies.interrupted(connection)

    def start(self) -> None:
        """Begin: at-rules and conditions count from now."""
        self._home = threading.get_ident()
        self._advance()

    def stop(self) -> None:
        """Wake up no more; the stage is stopped."""
        if self._timer is not None:
            self._timer.cancel()

    def retire(self) -> None:
        """Others take over while the fake runs on: what its conditions hold is let go, its ports are open."""
        self._retired = True
        self.stop()
        now = self._stage.now_us()
        for engine in self._engines.values():
            engine.mark("heal", now)
        off = self._links.advance(now).off
        self._proxies.off(off)
        self._conditions.off(off, healed=False)

    def take_over(self) -> None:
        """Begin where another one retired, with connections that are open."""
        for connection in self._conditions.open_connections():
            self._proxies.connected(connection)
        self.start()

    def add_bot(self, bot: int) -> None:
        """A bot that was registered while the fake runs. Of what was to happen at a moment that is past,
        nothing happens to it."""
        if bot in self._engines:
            return
        engine = self._engines[bot] = self._new_engine()
        now = self._stage.now_us()
        if self.healed:
            engine.mark("heal", now)
        engine.advance(now)
        self._soon(self._advance)

    def push_now(self, bot: int, rule: Rule) -> Sequence[tuple[str, bool]]:
        """Carry out a rule's pushes at once, in order, whatever its trigger says; each verb, and whether it
        did something."""
        return [(do.verb, self._push(bot, Push(rule, do, 1, self._stage.now_us()), None)) for do in rule.do]

    def report_unmet(self) -> None:
        """At the end: a record for each rule that did not act as often as its premise asks.

        With several bots it is enough that a rule acted for one of them, and too much if it acted too often
        for one.
        """
        missed = [{unmet.rule.key: unmet for unmet in engine.unmet()} for engine in self._engines.values()]
        for rule in self.rules:
            found = [one[rule.key] for one in missed if rule.key in one]
            most = rule.fires.last
            too_many = [one for one in found if most is not None and one.got > most]
            if too_many or len(found) == len(missed):
                one = (too_many or found)[0]
                self._report_unmet(rule.key, one.wanted, one.got, one.why)
        overrun = [engine.overrun.key for engine in self._engines.values() if engine.overrun is not None]
        for key in dict.fromkeys((*self._runaway, *overrun)):
            self._report_unmet(key, "1..", 0, "rules set each other off without end")
        for key, event in self._conflicts.items():
            self._report_unmet(key, "1", 2, f"two rules answered {event}")

        for forbid in self._links.unwatched():
            self._stage.sink("rules", ForbiddenUnwatched(forbid.trigger.event), Envelope(rule=forbid.key))

    def _report_forbidden(self, forbid: Forbid, event: str, about: Envelope, ruling: Ruling) -> None:
        known = replace(about, cause=ruling.cause, rule=forbid.key)
        self._stage.sink("rules", ForbiddenSeen(event, forbid.because), known)

    def _report_unmet(self, key: str, wanted: str, got: int, why: str) -> None:
        self._stage.sink("rules", RuleUnmet(wanted, got, why), Envelope(rule=key))

    def unprompted(self) -> Mapping[str, int]:
        """How often each rule pushed or held something at this instant, by its key."""
        return self._unprompted.within(self._stage.now_us())

    # -- what the engines decide

    def _bot(self, bot: int | None) -> int:
        """Whose rules an event is for: those of a bot that nobody knows are the first one's."""
        return bot if bot is not None and bot in self._engines else min(self._engines)

    def _advance(self) -> None:
        """Do all that is due, then set the timer for what comes next."""
        if self._stage.stopped or self._retired:
            return
        due = None
        for _ in range(STEPS_AT_ONCE):
            now = self._stage.now_us()
            due = self._next_due()
            if due is None or due > now:
                break
            for bot, engine in self._engines.items():
                self._take(bot, engine, engine.advance(now))
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if due is None else self._stage.call_at(due, self._advance)

    def _take(self, bot: int, engine: Engine, step: Step) -> None:
        for push in step.pushes:
            self._push(bot, push, self._delayed.pop(_place(bot, push), None))
        if engine is self._links:
            healed = self.healed or step.healed
            self._proxies.on(step.on)
            self._proxies.off(step.off)
            self._conditions.on(step.on)
            self._conditions.off(step.off, healed=healed)
        if step.healed:
            self._heal()

    def _next_due(self) -> int | None:
        return min((t for e in self._engines.values() if (t := e.next_due()) is not None), default=None)

    def _push(self, bot: int, push: Push, ruling: Ruling | None) -> bool:
        """Whether it did something."""
        if self._stage.stopped or self._retired:
            return False
        # Where the link has a delay, the client's own event shows that it let time pass.
        prompted = ruling is not None and ruling.by is None and self._stage.delay_us > 0
        if not prompted and not self._unprompted.sends(push, self._stage.now_us()):
            self._ran_away(busiest(self.unprompted()))
            return False
        chain = followed_by(ruling.chain if ruling else None, push.rule.key, self._stage.now_us())
        if chain.runs_away:
            self._ran_away(chain.keys)
            return False
        cause = ruling.cause if ruling else None
        self._chain = chain
        try:
            conn, effect = self._carry_out(bot, push, cause)
        finally:
            self._chain = None
        if effect is None:
            return False
        self._acted(bot, push, effect, Envelope(conn, None, bot, cause, push.rule.key))
        return True

    def _answered(self, bot: int, about: Envelope, act: Act, effect: Effect, cause: int | None) -> None:
        """An answer took the default's place."""
        if not self._unprompted.sends(act, self._stage.now_us()):
            self._ran_away(busiest(self.unprompted()))
        self._acted(bot, act, effect, Envelope(about.conn, about.req, bot, cause, act.rule.key))

    def _condition_acted(self, act: Act, conn: int | None, size: int, us: int) -> None:
        """A condition changed what was sent on a connection, or refused one."""
        bot = min(self._engines)
        if conn is not None:  # a refused connect is what the client asked for
            self._unprompted.holds(act.rule.key, self._stage.now_us())
        self._acted(bot, act, Effect(bytes=size, us=us), Envelope(conn, None, bot, None, act.rule.key))

    def _acted(self, bot: int, act: Act, effect: Effect, about: Envelope) -> None:
        self._stage.sink("rules", RuleAct(act.do.verb, effect.bytes, effect.frames, effect.us), about)
        if self._engines[self._bot(bot)].acted(act, self._stage.now_us()):
            self._soon(self._advance)

    def _ran_away(self, keys: tuple[str, ...]) -> None:
        if not self._runaway:
            self._runaway = keys
            self.on_runaway(keys)

    def _heal(self) -> None:
        if not self.healed:
            self.healed = True
            self._stage.sink("rules", Heal(self._held))
            for engine in self._engines.values():
                engine.mark("heal", self._stage.now_us())
            self._on_heal()

    def _soon(self, call: Callable[[], object]) -> None:
        """Once the default answer is made: on the fake's own loop, whichever thread this is."""
        here = threading.get_ident() == self._home
        soon = self._stage.loop.call_soon if here else self._stage.loop.call_soon_threadsafe
        soon(self._stage.safely, call)


def _place(bot: int, push: Push) -> tuple[int, str, int, int]:
    return bot, push.rule.key, push.occurrence, push.do.index
