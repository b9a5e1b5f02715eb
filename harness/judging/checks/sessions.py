"""The checks `resumes` and `identifies`: what a bot says when it authenticates.

Does it continue a session where it can, and is what it says right?
"""

from __future__ import annotations

from dataclasses import dataclass

from fake_qq_server.events import HttpAnswer, HttpRequest, LinkClose, LinkCondition, RuleAct, WsAuth, WsOut
from fake_qq_server.platform.protocol import Intent
from harness.journal.record import Record
from harness.judging.authentications import Authentication, unanswered
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, unknown, worst
from harness.judging.intervals import duration
from harness.judging.sessions import follow
from harness.judging.timeline import Timeline
from harness.judging.trouble import REVOKE

RESUMES_IN_A_ROW = 3
"""After so many Resumes of one session that came to nothing, a bot identifies."""

NEEDED = Intent.GROUP_AND_C2C_EVENT
"""Without these events a bot hears nobody. Guilds and their direct messages are other products of QQ's: a bot
may do without them."""

INTENTS_REFUSED = (4013, 4014, 4903)
"""Closes after which other intents may be worth a try."""


def resumes(run: Timeline, limits: CheckLimits) -> Finding:
    """A session that it knows, and that the platform would continue → its next authentication resumes it.

    Free to identify is a bot whose session's connection was over for longer than the limit; after a close
    whose code forbids Resume or of which QQ's table says nothing, and after op 9 with `d` false; after a
    Resume that came to nothing, or did not hold for three heartbeats; and an adapter that was stopped or
    began again. Each Resume names a seq between the last frame that was surely read and the last that was
    written. After three Resumes of one session that came to nothing in a row it identifies.
    """
    found = follow(run)
    told = [one for one in (_resumed(limits, auth) for auth in found) if one is not None]
    pending = unanswered(found)
    if pending is not None and run.giveup is None:
        told.append(unknown("the run ended before anything came to its Resume", pending.at.n))
    return worst(told) if told else not_applicable("it never had a session that could be resumed")


def _resumed(limits: CheckLimits, one: Authentication) -> Finding | None:
    """What one authentication says; null where it was free to do what it did."""
    session, lost = one.said.session, one.lost
    if one.said.op == "identify":
        if one.owed is not None and lost is not None and one.at.t - lost.t <= limits.us("resumes"):
            gap = duration(one.at.t - lost.t)
            because = f"it identified {gap} after it lost session {one.owed}, which could be resumed"
            return fails(because, lost.n, one.at.n)
        if one.failed:
            because = f"it identified after {len(one.failed)} Resumes that came to nothing"
            return passes(because, *(mark.n for mark in one.failed), one.at.n)
        return None
    if not isinstance(session, int):
        return None  # `identifies` judges an id that nobody gave out
    if one.owed is not None and session != one.owed:
        return fails(f"it resumed session {session}, and its session was {one.owed}", one.at.n)
    if len(one.failed) >= RESUMES_IN_A_ROW:
        because = f"it resumed session {session} again after {len(one.failed)} Resumes that came to nothing"
        return fails(because, one.failed[-1].n, one.at.n)
    return _seq(one, session)


def _seq(one: Authentication, session: int) -> Finding | None:
    seq, least, most = one.said.seq or 0, one.least, one.most
    if most is not None and seq > most.s:
        because = f"it resumed session {session} with seq {seq}, and was sent no frame beyond {most.s}"
        return fails(because, most.at.n, one.at.n)
    if least is not None and seq < least.s:
        because = f"it resumed session {session} with seq {seq}, and had read the frame with {least.s}"
        return fails(because, least.at.n, one.at.n)
    if one.answered is None:
        return None
    return passes(f"it resumed session {session} with the last seq it was sent", one.at.n, one.answered.n)


def identifies(run: Timeline, limits: CheckLimits) -> Finding:
    """Each Identify and Resume says what is right, as far as the platform can know it.

    The token is valid: an expired or unknown one is excused from the moment at which the token endpoint, or
    the tokens themselves, were disturbed. An Identify has the shard [0, 1] or none, for one connection serves
    everything here, and intents with the bit of groups and single users, the same as the Identify before it
    unless that was turned down. A Resume names a session that the platform once gave out.
    A request to the API carries a token that was given out, too; one that has expired is answered with 401,
    and no more is asked.
    """
    state = _Said(run.terms.rules_at("http.token", "seam.token"))
    for record in run.body:
        event = record.event
        if isinstance(event, WsAuth):
            wrong = state.wrong(event)
            if wrong is not None:
                return fails(wrong, *state.before, record.n)
            state.take(record.n, event)
        elif isinstance(event, HttpRequest) and state.misses_token(event):
            return fails(f"its request for {event.path} carries no token that was ever given out", record.n)
        else:
            state.learn(record)
    if not state.count:
        return not_applicable("it never authenticated")
    return passes(f"each of {state.count} Identify and Resume frames said what is right", *state.last)


@dataclass
class _Said:
    """What came before: `tokens` were disturbed; `strange`: a rule wrote a READY, with an id of its own.

    `on_tokens`: the rules on getting a token.
    """

    on_tokens: frozenset[str]
    count: int = 0
    intents: int | None = None
    before: tuple[int, ...] = ()
    last: tuple[int, ...] = ()
    refused: bool = False
    tokens: bool = False
    strange: bool = False

    def wrong(self, said: WsAuth) -> str | None:
        """What is wrong with it, null where nothing is; `before` are the records that show it."""
        name, before, self.before = said.op.capitalize(), self.before, ()
        if said.token == "missing":
            return f"its {name} carries no token"
        if said.token != "valid" and not self.tokens:
            what = "one that has expired" if said.token == "expired" else "one that was never given out"
            return f"the token of its {name} is {what}"
        if said.op == "resume":
            unknown_id = not isinstance(said.session, int) and not self.strange
            return "its Resume names a session that was never given out" if unknown_id else None
        if said.shard is not None and list(said.shard) != [0, 1]:
            return f"its Identify names the shard {list(said.shard)}, and one connection serves everything"
        if said.intents is None or not said.intents & NEEDED:
            return f"the intents of its Identify, {said.intents}, lack those of groups and single users"
        self.before = before
        if self.intents not in (None, said.intents) and not self.refused:
            return f"the intents of its Identify are {said.intents}, and were {self.intents} before"
        return None

    def misses_token(self, asked: HttpRequest) -> bool:
        """Whether a request has no token, or one that nobody gave out."""
        return asked.token == "missing" or (asked.token == "unknown" and not self.tokens)

    def take(self, number: int, said: WsAuth) -> None:
        """One that was right."""
        self.count, self.last = self.count + 1, (number,)
        if said.op == "identify":
            self.intents, self.before, self.refused = said.intents, (number,), False

    def learn(self, record: Record) -> None:
        """What any other record means for the next one."""
        event = record.event
        if isinstance(event, WsOut):
            self.refused |= event.op == "invalid" or (event.op == "close" and event.code in INTENTS_REFUSED)
            self.strange |= event.op == "ready" and record.about.rule is not None
        elif isinstance(event, HttpAnswer):
            self.tokens |= event.endpoint == "token" and (event.verb is not None or event.status != 200)
        elif isinstance(event, LinkCondition):
            self.tokens |= event.host == "token"
        elif isinstance(event, LinkClose):
            self.tokens |= event.host == "token" and (event.by != "subject" or event.how == "refused")
        elif isinstance(event, RuleAct):
            self.tokens |= event.verb == REVOKE or record.about.rule in self.on_tokens
