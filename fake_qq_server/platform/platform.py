"""What the platform knows: bots, tokens, sessions with their replay windows, messages. No I/O, no clock.

`now` is always an argument: integer microseconds since the run began. Every name it invents (tokens, session
ids, message ids, trace ids) comes from the seed and an ordinal, so that two runs of one scenario invent
the same. Sources are labelled as in `protocol`.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from fake_qq_server.events import EventUnwanted
from fake_qq_server.platform import payloads, protocol
from fake_qq_server.platform.options import Options
from fake_qq_server.platform.payloads import SOMEBODY, Names, Said
from fake_qq_server.platform.rows import (
    Bot,
    GatewaySession,
    Replyable,
    Sent,
    Stored,
    Token,
    forget_oldest,
)
from fake_qq_server.platform.told import NOTHING, told_by
from fake_qq_server.platform.units import DAY, SECOND

CONCURRENCY_WINDOW = 5 * SECOND
"""`max_concurrency` is the sessions that may begin within this [doc openapi/wss]."""

MOST_BOTS = 1_000
"""Bots that register themselves."""


class Platform:
    """The state behind all hosts of one fake. Mutable; the rows it hands out are not to be changed."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.bots: list[Bot] = []
        self.sessions: list[GatewaySession] = []
        self.replyables: dict[str, Replyable] = {}
        self.proactive: Counter[tuple[int, str]] = Counter()
        self.guild_pushes: dict[tuple[int, str], deque[int]] = {}  # when the newest of each place were sent
        self._tokens: dict[str, Token] = {}
        self._newest_token: dict[int, Token] = {}
        self._revoked: set[str] = set()
        self._identifies: dict[int, deque[int]] = {}
        self._asked: dict[int, tuple[int, tuple[int, int]]] = {}  # each bot's last intents and shard
        self._ordinals: Counter[str] = Counter()
        self.sent: dict[str, Sent] = {}
        self.guild_of: dict[str, str] = {}  # by channel
        self.session_ordinals: dict[str, int] = {}  # by id, of forgotten sessions too

    # -- names -----------------------------------------------------------------------------------------

    def ordinal(self, kind: str) -> int:
        """The next number of a kind, from 1."""
        self._ordinals[kind] += 1
        return self._ordinals[kind]

    def hexes(self, kind: str, ordinal: int, length: int = 32) -> str:
        """`length` (up to 128) hex digits that only the seed, the kind and the ordinal decide."""
        text = f"{self.options.seed}/{kind}/{ordinal}"
        return hashlib.blake2b(text.encode()).hexdigest()[:length]

    def fresh(self, kind: str, length: int = 32) -> str:
        """The hex digits of the next ordinal of a kind."""
        return self.hexes(kind, self.ordinal(kind), length)

    def forget(self) -> None:
        """Tokens, sessions, messages and quotas are gone, as if nobody had ever come; bots stay, and no name
        is given a second time."""
        self.sessions.clear()
        tables = (self.replyables, self.proactive, self._tokens, self._newest_token, self._revoked)
        for table in (*tables, self.sent, self.guild_of, self.guild_pushes):
            table.clear()
        self._identifies.clear()
        self._asked.clear()

    # -- bots and tokens -------------------------------------------------------------------------------

    def register(self, app_id: str, secret: str) -> Bot:
        """Add a bot; its number is its place in the order of registration, from 1."""
        if self.bot_of_app_id(app_id) is not None:
            raise ValueError(f"app id {app_id} is registered twice")
        bot = Bot(app_id, secret, len(self.bots) + 1)
        self.bots.append(bot)
        return bot

    def bot_of_app_id(self, app_id: str) -> Bot | None:
        """The bot registered under this app id, or None."""
        return next((bot for bot in self.bots if bot.app_id == app_id), None)

    def bot_of_number(self, number: int) -> Bot | None:
        """The bot of this number, or None."""
        return self.bots[number - 1] if 0 < number <= len(self.bots) else None

    def bot_that_logs_in(self, app_id: str, secret: str) -> Bot | None:
        """The bot of this app id; where any credentials are accepted, a new one is registered for it."""
        known = self.bot_of_app_id(app_id)
        if known or not self.options.any_credentials or len(self.bots) >= MOST_BOTS:
            return known
        return self.register(app_id, secret)

    def bot_of_upgrade(self, path: str, authorization: str | None) -> Bot | None:
        """Whose upgrade request this is: by its Authorization (satori sends one), else by the path of its
        gateway URL, where each of several bots has its own."""
        token = self.token_row(authorization)
        if token is not None:
            return token.bot
        if len(self.bots) == 1:
            return self.bots[0]
        urls = self.options.gateway_urls
        mine = (bot for bot in self.bots if bot.number in urls)
        return next((bot for bot in mine if path.startswith(urlsplit(urls[bot.number]).path)), None)

    def user_of(self, bot: Bot) -> dict[str, Any]:
        """The bot as a user: READY's `user`."""
        number = int(self.hexes("bot", bot.number, 15), 16)
        return {"id": str(number), "username": f"bot-{bot.number}", "bot": True}

    def token(self, bot: Bot, now: int) -> Token:
        """What the token endpoint gives: the same token with less life left, or in its last 60 s a new one.

        With exactly 60 s left it is still the old one [log qq-official-bot#98: "3261", then "60"].
        """
        newest = self._newest_token.get(bot.number)
        overlap = self.options.token_overlap_s * SECOND
        if newest and newest.text not in self._revoked and newest.expires - now >= max(overlap, 1):
            return newest
        n = self.ordinal("token")
        text = f"canary-token-{self.hexes('token', n, 8)}-{n}"
        token = Token(text, bot, n, now + self.options.token_life_s * SECOND)
        self._tokens[text] = self._newest_token[bot.number] = token
        forget_oldest(self._tokens)
        return token

    def token_row(self, credential: str | None) -> Token | None:
        """The token in "QQBot TOKEN" or, as botgo resumes [src], in a bare TOKEN, valid or not."""
        return self._tokens.get((credential or "").removeprefix("QQBot ").strip())

    def authenticated(self, credential: str | None, now: int) -> Bot | None:
        """The bot of a token that is valid now."""
        token = self.token_row(credential)
        if token is None or token.text in self._revoked or now >= token.expires:
            return None
        return token.bot

    def revoke(self, bot: Bot, now: int) -> bool:
        """Make every token given to the bot so far worthless, and say whether one was valid; the next request
        gets a new one."""
        given = [token.text for token in self._tokens.values() if token.bot == bot]
        valid = any(self.authenticated(text, now) for text in given)
        self._revoked = {text for text in self._revoked if text in self._tokens} | set(given)
        return valid

    def canaries(self) -> Mapping[str, str]:
        """Every secret there is, by a name to print in its place: "secret#BOT", "token#ORDINAL"."""
        secrets = {f"secret#{bot.number}": bot.secret for bot in self.bots}
        return MappingProxyType(secrets | {f"token#{row.ordinal}": row.text for row in self._tokens.values()})

    # -- sessions --------------------------------------------------------------------------------------

    def open_session(
        self, bot: Bot, intents: int, shard: tuple[int, int], conn: int, now: int
    ) -> GatewaySession:
        """What a good Identify makes."""
        made = self._identifies.setdefault(bot.number, deque(maxlen=self.options.sessions_total))
        made.append(now)
        self._asked[bot.number] = intents, shard
        return self._new_session(bot, intents, shard, conn, now)

    def renew_session(self, bot: Bot, conn: int, now: int) -> GatewaySession | None:
        """A new session without an Identify, as the bot's last one asked for it; None if it sent none."""
        asked = self._asked.get(bot.number)
        return None if asked is None else self._new_session(bot, *asked, conn, now)

    def _new_session(
        self, bot: Bot, intents: int, shard: tuple[int, int], conn: int, now: int
    ) -> GatewaySession:
        """Sessions whose window has passed are forgotten on this occasion."""
        self.sessions = [old for old in self.sessions if self.resumable(old, now)]
        n = self.ordinal("session")
        digits = self.hexes("session", n)
        uuid = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        session = GatewaySession(n, uuid, bot, intents, shard, conn)
        self.sessions.append(session)
        self.session_ordinals[uuid] = n
        forget_oldest(self.session_ordinals)
        return session

    def resumable(self, session: GatewaySession, now: int) -> bool:
        """A session can be resumed while connected, and for the replay window after its connection ended."""
        if session.dead:
            return False
        return session.dropped_at is None or now - session.dropped_at <= self.options.replay_window_us

    def find_session(self, bot: Bot, session_id: str, now: int) -> GatewaySession | None:
        """The bot's own session of that id, where it can be resumed."""
        mine = (row for row in self.sessions if row.id == session_id and row.bot == bot)
        return next((row for row in mine if self.resumable(row, now)), None)

    def attach(self, session: GatewaySession, conn: int) -> None:
        """A Resume took the session over. It is the bot's newest now."""
        session.conn, session.dropped_at = conn, None
        self.sessions.remove(session)
        self.sessions.append(session)

    def detach(self, session: GatewaySession, now: int) -> None:
        """Its connection ended: the window begins."""
        session.conn, session.dropped_at = None, now

    def closed(self, session: GatewaySession, code: int | None) -> None:
        """We closed its connection with `code`: where that forbids Resume, the session is over."""
        row = None if code is None else protocol.CLOSE_CODES.get(code)
        session.dead |= self.options.forget_on_close and row is not None and row.resume is False

    def end_session(self, session: GatewaySession, detached_at: int | None) -> None:
        """It can be resumed no more; and its connection, if it is over, ended then."""
        session.dead = True
        if detached_at is not None:
            self.detach(session, detached_at)

    def newest_session(self, bot: Bot, now: int) -> GatewaySession | None:
        """The bot's session last identified or resumed: a connected one first, else a resumable one."""
        mine = [row for row in self.sessions if row.bot == bot and self.resumable(row, now)]
        connected = [row for row in mine if row.conn is not None]
        return next(reversed(connected or mine), None)

    def session_start_limit(self, bot: Bot, now: int) -> dict[str, int]:
        """What /gateway/bot tells: sessions per 24 h, of those left, ms until reset [doc openapi/wss]."""
        total = self.options.sessions_total
        made = self._identified_within(DAY, bot, now)
        return {
            "total": total,
            "remaining": max(0, total - made),
            "reset_after": self.options.told(self.options.sessions_reset_ms),
            "max_concurrency": self.options.max_concurrency,
        }

    def may_begin(self, bot: Bot, now: int) -> bool:
        """Whether one more session of the bot is within what /gateway/bot tells, where that is enforced."""
        options = self.options
        return not options.enforce_sessions or (
            self._identified_within(DAY, bot, now) < options.sessions_total
            and self._identified_within(CONCURRENCY_WINDOW, bot, now) < options.max_concurrency
        )

    def _identified_within(self, window: int, bot: Bot, now: int) -> int:
        return sum(now - at < window for at in self._identifies.get(bot.number, ()))

    # -- events ----------------------------------------------------------------------------------------

    def wants(self, session: GatewaySession, t: str) -> bool:
        """Do the session's intents name this event? A type without a row goes to everybody."""
        row = payloads.EVENT_TYPES.get(t)
        return row is None or not self.options.enforce_intents or bool(session.intents & row.intent)

    def dispatch(
        self,
        session: GatewaySession,
        t: str,
        fields: Mapping[str, Any],
        now: int,
        probe: bool = False,
        rule: str | None = None,
        said: Said = SOMEBODY,
    ) -> Stored | None:
        """Give the session an event: its next s, a place in its window. None where its intents exclude it.

        `fields` are laid over the default payload. With no connection open it only waits in the window.
        `rule` is the rule that brings it about, `said` what a user writes.
        """
        if not self.wants(session, t):
            return None
        d, event_id, message_id = self._happened(session.bot, t, fields, now, said)
        s = session.next_s()
        text = protocol.encode(protocol.dispatch(t, d, s, event_id))
        told = told_by(t, d) if t in payloads.MESSAGE_EVENTS else NOTHING
        stored = Stored(s, t, message_id, text, now, probe, rule, told)
        session.keep(stored, self.options.replay_limit)
        for key in self._reply_keys(t, message_id, event_id):
            row = Replyable(key, session.bot, payloads.target_of(t, d), now, payloads.scene_of(t))
            self.replyables.setdefault(key, row)
        for table in (self.replyables, self.guild_of):
            forget_oldest(table)
        return stored

    def keep_sent(self, sent: Sent) -> None:
        """A bot sent a message, which it may name by its id; the newest are kept."""
        self.sent[sent.id] = sent
        for table in (self.sent, self.proactive, self.guild_pushes):
            forget_oldest(table)

    def unwanted(
        self, session: GatewaySession, t: str, fields: Mapping[str, Any], now: int, probe: bool = False
    ) -> EventUnwanted | None:
        """The event that happens and is not given to the session, for its intents exclude it; else None."""
        if self.wants(session, t):
            return None
        return EventUnwanted(
            self._happened(session.bot, t, fields, now)[2], t, session.ordinal, session.intents, probe=probe
        )

    def _happened(
        self, bot: Bot, t: str, fields: Mapping[str, Any], now: int, said: Said = SOMEBODY
    ) -> tuple[dict[str, Any], str, str]:
        """A new event's payload, its event id, and its message id (else the event id)."""
        n = self.ordinal("event")
        in_guild = t in payloads.IN_GUILDS
        names = Names(
            message=f"ROBOT1.0_{self.hexes('message', n)}!",
            user=self._name_of("user", said, n, in_guild),
            place=self._name_of("place", said, n, in_guild),
            channel=self._name_of("channel", said, n, in_guild),
            name=said.sender or f"user-{n}",
            bot=self.user_of(bot),
            epoch_us=self.options.epoch_us + now,
            text=said.words,
            media=said.media,
            quotes=said.quotes,
            media_url=self.options.media_url,
        )
        d = payloads.payload(t, names, fields)
        if t in payloads.IN_GUILDS:
            self.guild_of[str(d.get("channel_id"))] = str(d.get("guild_id"))
        event_id = f"{t}:{self.hexes('event', n)}"
        return d, event_id, d["id"] if isinstance(d.get("id"), str) else event_id

    def _name_of(self, kind: str, said: Said, n: int, in_guild: bool) -> str:
        """The id of a user or place: of whom the scenario names always the same, else that of event `n`."""
        digits = self.hexes(kind, n) if said.sender is None else self.hexes(f"{kind} {said.sender}", 0)
        return str(int(digits[:15], 16)) if in_guild else digits.upper()

    def place_named(self, scene: str, name: str) -> str:
        """Where the user of this name is written to, alone (c2c) or in their group, channel or guild."""
        kind = {"c2c": "user", "channel": "channel"}.get(scene, "place")
        return self._name_of(kind, Said(sender=name), 0, scene in ("channel", "dm"))

    @staticmethod
    def _reply_keys(t: str, message_id: str, event_id: str) -> Iterator[str]:
        """Messages by message id; of the others those the doc lists, by event id [doc send.md]."""
        if t in payloads.MESSAGE_EVENTS:
            yield message_id
        elif t in payloads.EVENT_TYPES and payloads.EVENT_TYPES[t].replies:
            yield event_id
