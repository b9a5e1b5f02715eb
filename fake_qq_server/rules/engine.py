"""The engine: events, moments and marks in; answers, pushes and conditions out. Pure, one for each bot.

It depends on no place: events are words, connections numbers, time integer microseconds that are passed
in. Whoever drives it

* calls `decide` for every event, before the default answer is made, and does what the decision says;
* calls `mark` when the platform wrote READY or RESUMED, when a session's connection ended, and when the
  client gave up;
* calls `acted` when a verb really did something: only then has its rule acted;
* after each of these, and at every `next_due()`, calls `advance` until `next_due()` lies in the future.

Why `acted` is separate from deciding: a push with no connection open, or a condition under which no byte was
sent, has changed nothing, and a premise that did not come true must never count as one that did.

Every loop is bounded by the number of rules, or by PER_INSTANT: rules that set each other off without end
stop there, and `overrun` names the one that went too far.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

from fake_qq_server.rules.chance import draw
from fake_qq_server.rules.decisions import Act, Decision, Push, Step, Unmet
from fake_qq_server.rules.forbids import Forbid, ForbiddenEvents
from fake_qq_server.rules.language_verbs import At, Do, Link, When
from fake_qq_server.rules.mark_times import MarkTimes
from fake_qq_server.rules.moments import NO_FACTS, HttpFacts, Moment
from fake_qq_server.rules.rule import Rule
from fake_qq_server.rules.rule_state import Pending, RuleState, why_unmet
from fake_qq_server.rules.verbs.registry import Class
from fake_qq_server.rules.windows import Windows

PER_INSTANT = 10_000
"""Most matches within one microsecond of virtual time."""


class Engine:
    """The rules of one run, for one bot. `heal` is the moment that ends them all, if any."""

    def __init__(
        self,
        rules: Sequence[Rule],
        seed: int = 0,
        heal: Moment | None = None,
        forbids: Sequence[Forbid] = (),
    ) -> None:
        self._states = [RuleState(rule, [0] * len(rule.do)) for rule in rules]
        self._by_key = {state.rule.key: state for state in self._states}
        self._seed = seed
        self._pending: list[Pending] = []
        self._instant = (-1, 0)
        self.overrun: Rule | None = None
        self._forbidden = ForbiddenEvents(forbids)
        moments = [moment for rule in rules for moment in rule.moments()] + ([heal] if heal else [])
        moments += [moment for forbid in forbids for moment in forbid.moments()]
        self._marks = MarkTimes(moments)
        self._windows = Windows(self._marks, heal)

    @property
    def healed_at(self) -> int | None:
        """When everything healed (µs), None before."""
        return self._windows.healed_at

    # ---- in: what happens

    def decide(
        self,
        event: str,
        now: int,
        *,
        conn: int | None = None,
        path: str | None = None,
        s: int | None = None,
        http: HttpFacts = NO_FACTS,
        by: str | None = None,
    ) -> Decision:
        """An event, such as "http.gateway". `conn` is its WebSocket connection, `path` a request's path and
        `http` what else is known of it, `s` a frame's sequence number; give what there is. `by` is the key of
        the rule that brought it about: to that rule it has not happened, and is not counted by its `which`.
        """
        answers: list[Act] = []
        pushes: list[Push] = []
        later: list[Push] = []
        matched = [
            (index, state)
            for index, state in enumerate(self._states)
            if state.rule.key != by
            and _waits_for(state.rule, event)
            and self._narrowed(state.rule, event, conn, path, s, http)
            and self._match(state, now)
        ]
        give_way = {name for _, state in matched for name in state.rule.instead}
        for index, state in matched:
            rule = state.rule
            for do in rule.do if rule.id not in give_way else ():
                if do.row.kind is Class.ANSWER:
                    answers.append(Act(rule, do, state.seen))
                elif do.after_us == 0:
                    pushes.append(Push(rule, do, state.seen, now))
                else:
                    later.append(self._plan(index, state, do, now + do.after_us))
        self._note_instead(matched, answers)
        forbidden: tuple[Forbid, ...] = ()
        if by is None:
            forbidden = self._forbidden.among(
                event, now, self._marks.when, conn=conn, path=path, s=s, http=http
            )
        return Decision(tuple(answers), tuple(pushes), tuple(later), forbidden)

    def _note_instead(self, matched: Sequence[tuple[int, RuleState]], answers: Sequence[Act]) -> None:
        """Remember of each rule that matched and gives way, or answers too late, which one acts in its
        place."""
        for act in answers[1:]:
            self._by_key[act.rule.key].instead = answers[0].rule.key
        for _, state in matched:
            for name in state.rule.instead:
                for _, other in matched:
                    if other.rule.id == name:
                        other.instead = state.rule.key

    def unwatched(self) -> tuple[Forbid, ...]:
        """The prohibitions whose window never began."""
        return self._forbidden.unwatched(self._marks.when)

    def mark(self, name: str, now: int) -> None:
        """READY or RESUMED was written, a session's connection was lost ("ready", "resumed", "lost"), the
        client gave up ("gaveup"); or "heal": everything ends now, whatever the file says."""
        if name == "heal":
            self._end_all(now)
        else:
            self._marks.note(name, now)

    def acted(self, act: Act, now: int) -> bool:
        """A verb really did something. A rule's nth act is its mark's nth occurrence; whether some moment
        waits for that one."""
        state = self._by_key.get(act.rule.key)
        if state is None:  # pushed from outside: no rule of this run
            return False
        most = max(state.acts)
        state.acts[act.do.index] += 1
        if act.rule.id is None or max(state.acts) <= most:
            return False
        return self._marks.note(act.rule.id, now)

    # ---- out: what comes due

    def next_due(self) -> int | None:
        """When `advance` has something to do next (µs; it may be now or in the past), or None."""
        heal = self._windows.heal_due()
        dues = [due for state in self._states if (due := self._due(state)) is not None]
        if self._pending:
            dues.append(self._pending[0].due)
        if self._windows.healed_at is None and heal is not None:
            dues.append(heal)
        return min(dues, default=None)

    def advance(self, now: int) -> Step:
        """Everything that is due at `now`: ticks of `at` rules, delayed pushes, edges of conditions, heal."""
        heal = self._windows.heal_due()
        for index, state in enumerate(self._states):
            self._tick(index, state, now)
        pushes: list[Push] = []
        while self._pending and self._pending[0].due <= now:
            due = heapq.heappop(self._pending)
            if heal is None or due.due < heal:
                pushes.append(due.push)
        healed = self._windows.healed_at is None and heal is not None and heal <= now
        if healed and heal is not None:
            self._end_all(heal)
        on, off = self._edges(now)
        return Step(tuple(pushes), on, off, healed)

    def conditions(
        self, now: int, host: str, direction: str | None = None, conn: int | None = None
    ) -> tuple[Act, ...]:
        """The conditions on a connection of `host` ("token", "api", "ws") at `now`, in file order.

        `direction` is "up" or "down" (None: either); `conn` is the connection's number, or the number the
        next one would get where nothing is open yet. Chance is drawn once per rule and connection.
        """
        return tuple(
            Act(state.rule, do, conn or 0)
            for state in self._states
            if self._covers(state.rule, now, host, direction, conn)
            for do in state.rule.do
        )

    def covers(self, act: Act, now: int, host: str, conn: int) -> bool:
        """Whether the condition lies on this connection at `now`; see `conditions`."""
        return self._covers(act.rule, now, host, None, conn)

    def _covers(self, rule: Rule, now: int, host: str, direction: str | None, conn: int | None) -> bool:
        link = rule.trigger
        if not isinstance(link, Link) or link.host not in (host, "any") or not self._windows.open(rule, now):
            return False
        if direction is not None and link.direction not in (None, direction):
            return False
        if rule.where is not None and not rule.where.holds(conn, None, None):
            return False
        return rule.chance is None or draw(self._seed, rule.key, host, conn) < rule.chance

    def unmet(self) -> tuple[Unmet, ...]:
        """The rules that did not act as often as they had to, in file order."""
        found: list[Unmet] = []
        for state in self._states:
            wanted = state.rule.fires
            for got in (min(state.acts), max(state.acts)):
                if not wanted.holds(got):
                    found.append(Unmet(state.rule, wanted.text(), got, why_unmet(state, got)))
                    break
        return tuple(found)

    # ---- matches

    def _narrowed(
        self, rule: Rule, event: str, conn: int | None, path: str | None, s: int | None, http: HttpFacts
    ) -> bool:
        if rule.where is None:
            return True
        # Only frames and upgrades belong to a WebSocket connection. Elsewhere conn says whom a push is for.
        about = conn if event.startswith("ws.") or rule.where.conn is None else rule.where.conn.first
        return rule.where.holds(about, path, s, http)

    def _match(self, state: RuleState, now: int) -> bool:
        """Counts a matching event, and says whether the rule shall act on it."""
        rule = state.rule
        if not self._windows.open(rule, now):
            return False
        state.seen += 1
        if not rule.which.holds(state.seen):
            return False
        if rule.chance is not None and draw(self._seed, rule.key, state.seen) >= rule.chance:
            return False
        return self._within_budget(rule, now)

    def _within_budget(self, rule: Rule, now: int) -> bool:
        instant, matches = self._instant
        self._instant = (now, matches + 1 if instant == now else 1)
        if self._instant[1] <= PER_INSTANT:
            return True
        self.overrun = self.overrun or rule
        return False

    # ---- moments

    def _due(self, state: RuleState) -> int | None:
        """When this rule next needs `advance`."""
        if state.over:
            return None
        trigger = state.rule.trigger
        if isinstance(trigger, At):
            base = self._marks.when(trigger.moment)
            return None if base is None else base + state.ticks * (trigger.every_us or 0)
        if not isinstance(trigger, Link):
            return None
        start, end = self._windows.of(state.rule)
        return end if state.on else start

    def _tick(self, index: int, state: RuleState, now: int) -> None:
        """All ticks of an `at` rule up to `now`."""
        trigger = state.rule.trigger
        if not isinstance(trigger, At):
            return
        for _ in range(PER_INSTANT):
            due = self._due(state)
            if due is None or due > now:
                return
            end = self._windows.of(state.rule)[1]
            if end is not None and due >= end:
                state.over = True
                return
            state.ticks += 1
            state.over = trigger.every_us is None
            if self._match(state, due):
                for do in state.rule.do:
                    self._plan(index, state, do, due + do.after_us)

    def _plan(self, index: int, state: RuleState, do: Do, due: int) -> Push:
        # Of pushes that are due together, the file's order decides, then the rule's own.
        place = (index, do.index, state.seen)
        push = Push(state.rule, do, state.seen, due)
        heapq.heappush(self._pending, Pending(due, place, push))
        return push

    def _edges(self, now: int) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
        on: list[Act] = []
        off: list[Act] = []
        for state in self._links():
            start, end = self._windows.of(state.rule)
            past = end is not None and end <= now
            acts = [Act(state.rule, do, 0) for do in state.rule.do]
            if state.on and past:
                off += acts
            elif not state.on and not past and start is not None and start <= now:
                on += acts
                state.on = True
            state.over = past
        return tuple(on), tuple(off)

    def _links(self) -> Iterator[RuleState]:
        return (s for s in self._states if isinstance(s.rule.trigger, Link) and not s.over)

    def _end_all(self, now: int) -> None:
        if self._windows.healed_at is not None:
            return
        self._windows.healed_at = now
        self._marks.note("heal", now)
        self._pending.clear()
        for state in self._states:
            # Conditions still have to go off: `advance` says so.
            state.over = not (isinstance(state.rule.trigger, Link) and state.on)


def _waits_for(rule: Rule, event: str) -> bool:
    return isinstance(rule.trigger, When) and rule.trigger.matches(event)
