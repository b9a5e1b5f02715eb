"""What the control API does: one method a route, on a running fake. HTTP is `control_http`'s."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fake_qq_server.client import shapes
from fake_qq_server.events import HELD, NOTHING, ClockSet, EventKept, EventSent, Held, InteractionSent
from fake_qq_server.platform.rows import Bot
from fake_qq_server.platform.units import UnitError, parse_duration
from fake_qq_server.rules.forbids import parse_forbids
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.language_errors import LanguageError
from fake_qq_server.rules.moments import parse_moment
from fake_qq_server.rules.rule import Rule
from fake_qq_server.rules.verbs.registry import Class
from fake_qq_server.server import FakeQQ
from fake_qq_server.serving.clock import MovableClock, TooManySteps
from fake_qq_server.serving.history import History, since
from fake_qq_server.serving.record_filter import check_filter, matches
from fake_qq_server.serving.rows import connection_row, session_row

PUSHED_BY = "control API"
"""The rule that records name for what is pushed here; no rule's id can be this."""

LONGEST_WAIT_S = 600.0


NONE = shapes.Rules(rules=[], forbids=[], heal=None, held="keep")


class Refused(Exception):
    """A request cannot be done; `status` and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Control:
    """The control API's methods on one fake, its clock and its history. Each takes what its route's table
    says. `loaded`: what acts from the start, as it is written."""

    def __init__(
        self,
        fake: FakeQQ,
        clock: MovableClock,
        history: History,
        loaded: shapes.Rules = NONE,
    ) -> None:
        self._fake = fake
        self._clock = clock
        self._history = history
        self._rules: Sequence[Rule] = fake.director.rules
        self._loaded = loaded

    # -- read

    def state(self) -> shapes.State:
        """The fake as a whole."""
        at = self._fake.addresses
        return shapes.State(
            token=at.token,
            api=at.api,
            gateway=self._fake.platform.options.gateway_url,
            now_us=self._fake.now_us(),
            last=self._history.last,
            rules=[rule.key for rule in self._rules],
        )

    def bots(self) -> list[shapes.Bot]:
        """Every bot, also those that registered themselves."""
        return [self._bot_row(bot) for bot in self._fake.platform.bots]

    def connections(self) -> list[shapes.Connection]:
        """The open connections of all hosts."""
        ports = self._fake.listeners.values()
        return [connection_row(one) for port in ports for one in port.connections.values()]

    def sessions(self) -> list[shapes.Session]:
        """The sessions that are connected or can be resumed."""
        platform, now = self._fake.platform, self._fake.now_us()
        return [session_row(row) for row in platform.sessions if platform.resumable(row, now)]

    def records(self, after: int = 0, kind: str | None = None) -> list[shapes.Record]:
        """Everything that happened, as a journal has it."""
        self._check(kind)
        return [row for row in since(self._history.records, after) if kind in (None, row["k"])]

    def requests(self, after: int = 0) -> list[shapes.Request]:
        """The requests of bots with their answers, whole."""
        return since(self._history.requests, after)

    def sends(self, after: int = 0) -> list[shapes.Send]:
        """The messages, notices and media that bots sent."""
        return since(self._history.sends, after)

    def frames(self, after: int = 0) -> list[shapes.Frame]:
        """The text frames of the gateway, whole."""
        return since(self._history.frames, after)

    async def wait(
        self,
        kind: str | None = None,
        where: Mapping[str, Any] | None = None,
        after: int = 0,
        count: int = 1,
        timeout_s: float = 30.0,
    ) -> shapes.Waited:
        """Until so many records (of a kind) are there whose fields have these values, or the time is over."""
        if not 0 <= timeout_s <= LONGEST_WAIT_S:
            raise Refused(400, f"timeout_s is a number of seconds from 0 to {LONGEST_WAIT_S:.0f}")
        self._check(kind, where or {})
        met: list[shapes.Record] = []
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    rows = since(self._history.records, after)
                    met = [row for row in rows if matches(row, kind, where or {})]
                    if len(met) >= count:
                        return shapes.Waited(met=True, records=met)
                    await self._history.changed()
        except TimeoutError:
            return shapes.Waited(met=False, records=met)

    @staticmethod
    def _check(kind: str | None, where: Mapping[str, Any] = NOTHING) -> None:
        try:
            check_filter(kind, where)
        except LanguageError as problem:
            raise _refusal(problem) from None

    # -- act

    def dispatch(
        self, /, type: str, bot: int | str | None = None, conn: int | str | None = None, **arguments: Any
    ) -> shapes.Pushed:
        """An event happens: the bot is sent it, or it waits in its session for a Resume."""
        done = self.push({"dispatch": type, **arguments}, bot, conn)
        if not done["acted"]:
            raise Refused(409, "the bot has no session that could be told: wait for it to be ready")
        return done

    def push(self, do: Any, bot: int | str | None = None, conn: int | str | None = None) -> shapes.Pushed:
        """One push verb, or a list of them, now: close, frame, fin, rst, revoke, dispatch ..."""
        number = self._bot(bot).number
        rule = _pushing(do, conn)
        before = self._history.last
        acted = [did for _, did in self._fake.director.push_now(number, rule)]
        rows = since(self._history.records, before)
        told = (EventSent.KIND, EventKept.KIND, InteractionSent.KIND)
        ids = [str(row["d"]["id"]) for row in rows if row["k"] in told]
        return shapes.Pushed(acted=sum(acted), ids=ids, records=rows)

    def rules(self) -> shapes.Rules:
        """The rules and prohibitions there are, as they were written."""
        return self._loaded

    def load_rules(
        self, rules: Any, heal: str | None = None, forbids: Any = (), held: Held = "keep"
    ) -> shapes.State:
        """These rules and prohibitions instead of those there are. Their moments count from now."""
        written = list(forbids)
        if held not in HELD:
            raise Refused(400, f"held is {' or '.join(HELD)}, not {held!r}")
        try:
            parsed = parse_rules(rules)
            ids = [rule.id for rule in parsed if rule.id is not None]
            prohibitions = parse_forbids(written, ids=ids)
            moment = None if heal is None else parse_moment(heal, ("heal",), ids)
        except LanguageError as problem:
            raise _refusal(problem) from None
        self._fake.load(parsed, moment, held, prohibitions)
        self._rules = parsed
        self._loaded = shapes.Rules(rules=rules, forbids=written, heal=heal, held=held)
        return self.state()

    def clear_rules(self) -> shapes.State:
        """No rules and no prohibitions any more; what conditions held is let go."""
        return self.load_rules([])

    def register(self, app_id: str, secret: str) -> shapes.Bot:
        """One more bot."""
        if not app_id or not secret:
            raise Refused(400, "app_id and secret are texts that are not empty")
        try:
            return self._bot_row(self._fake.register(app_id, secret))
        except ValueError as problem:
            raise Refused(409, str(problem)) from None

    def expire_token(self, bot: str) -> shapes.Pushed:
        """The bot's tokens are worthless from now on."""
        return self.push("revoke", bot)

    def expire_session(self, session: str) -> list[shapes.Session]:
        """A session can be resumed no more; its connection stays as it is. Returns those that are left."""
        rows = {str(row.ordinal): row for row in self._fake.platform.sessions}
        if session not in rows:
            raise Refused(404, f"there is no session {session}: GET /sessions lists their ordinals")
        self._fake.platform.end_session(rows[session], None)
        return self.sessions()

    async def move_clock(self, forward: str) -> shapes.Moved:
        """The platform's clock goes forward, as if so much time had passed in which nobody said anything.

        Tokens, sessions and windows expire; rules act, each at its own moment, in order. Whoever waits on the
        control API waits on in real time.
        """
        try:
            by_us = parse_duration(forward)
        except UnitError as problem:
            raise Refused(400, f"forward: {problem}") from None
        before = self._history.last
        self._history("peer", ClockSet(self._clock.speed, by_us))
        try:
            await self._clock.forward(by_us / 1e6)
        except TooManySteps as problem:
            raise Refused(409, str(problem)) from None
        return shapes.Moved(now_us=self._fake.now_us(), records=since(self._history.records, before))

    def reset(self) -> shapes.State:
        """As if it had just begun: no rules, sessions, tokens, quotas or history; connections are reset. Bots
        stay, and so do the numbers of records."""
        self._fake.forget()
        self._rules, self._loaded = (), NONE
        self._history.clear()
        return self.state()

    # -- bots

    def _bot(self, name: int | str | None) -> Bot:
        """By number, or by app id; by default the only one there is."""
        bots = self._fake.platform.bots
        if name is None:
            if len(bots) == 1:
                return bots[0]
            known = ", ".join(bot.app_id for bot in bots) or "nobody yet"
            raise Refused(409, f"say which bot is meant, by number or app id: there is {known}")
        found = next((bot for bot in bots if name == bot.app_id or str(name) == str(bot.number)), None)
        if found is None:
            raise Refused(404, f"there is no bot {name}: GET /bots lists them")
        return found

    def _bot_row(self, bot: Bot) -> shapes.Bot:
        user = self._fake.platform.user_of(bot)
        return shapes.Bot(
            number=bot.number,
            app_id=bot.app_id,
            user_id=user["id"],
            username=user["username"],
            connected=self._fake.serving(bot.number) is not None,
        )


def _pushing(do: Any, conn: int | str | None) -> Rule:
    """The rule that would do this at once. Raises Refused for what is no push."""
    item: dict[str, Any] = {"at": "0s", "do": do}
    if conn is not None:
        item["where"] = {"conn": conn}
    try:
        rule = parse_rules([item])[0]
    except LanguageError as problem:
        raise _refusal(problem, inside=2) from None
    for one in rule.do:
        if one.row.kind is not Class.PUSH:
            raise Refused(400, f"do: {one.verb} is no push: load it as a rule")
        if one.after_us:
            raise Refused(400, "do: after is for rules; what is pushed here is pushed now")
    return replace(rule, key=PUSHED_BY, id=None)


def _refusal(problem: LanguageError, inside: int = 0) -> Refused:
    """Says where a mistake is, as one writes it: rules[0].do.close; without so many steps of the path."""
    parts = [f"[{one}]" if isinstance(one, int) else f".{one}" for one in problem.path[inside:]]
    return Refused(400, f"{''.join(parts).lstrip('.') or 'body'}: {problem.sentence}")
