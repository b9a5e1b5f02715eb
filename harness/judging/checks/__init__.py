"""The checks: one property of a run each, a pure function of its timeline.

*A fail needs a witness; a pass needs coverage.* What a check is about did not occur: n/a. Its window was
cut short by the run's end, a rule of the premise was unmet, or the healing waited for a give-up that never
came: a pass becomes unknown, a fail stays.
A row of `CHECKS` whose `whole` is true covers the whole run: cut off without its tear-down, such a run
proves no pass. The others measure a window of their own. A row whose `implied` is true is about what no
fault excuses: where it fails, it fails every run, asked or not. A row whose `outside` is true stands on
what the platform saw alone, and on nothing that only hermes-agent does: it can be judged of any bot that was
served. A row whose `program` is true can be told of a program that is seen from outside, in time that is not
exact: at the process level the others do not apply.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fake_qq_server.events import RuleUnmet
from harness.judging.checks import (
    back,
    conduct,
    connection,
    content,
    conversation,
    delivery,
    giveup,
    hand_over,
    heartbeats,
    noticing,
    own_sends,
    patience,
    program,
    prohibitions,
    reactions,
    recovery,
    sessions,
    tidiness,
    typing_notices,
)
from harness.judging.checks.result import LIMITS, CheckLimits, CheckResult, CheckState, Finding, Limit
from harness.judging.timeline import Timeline
from harness.scenario.vocabulary import PROCESS, SERVED


@dataclass(frozen=True)
class Check:
    """One row. `applies` and `passes` are its words for people."""

    judge: Callable[[Timeline, CheckLimits], Finding]
    applies: str
    passes: str
    whole: bool = False
    implied: bool = False
    outside: bool = False
    program: bool = False


CHECKS: Mapping[str, Check] = {
    "connects": Check(connection.connects, "start: up", "serving within 60 s", outside=True, program=True),
    "flag": Check(giveup.flag, "it gave up", "the fatal flag is set within 1 s"),
    "notified": Check(
        giveup.notified,
        "it gave up",
        "exactly one handler call between 1 s before and 60 s after, and it ended ok",
    ),
    "truthful": Check(
        conduct.truthful,
        "there is a status file",
        "it never says connected for 3 heartbeats + 10 s while not serving, nor the reverse for 10 s; "
        "nor that a program runs which has ended itself, or the reverse",
        whole=True,
        program=True,
    ),
    "awake": Check(
        conduct.awake, "always", "the event loop neither spins nor blocks", whole=True, implied=True
    ),
    "settles": Check(
        recovery.settles,
        "no heal",
        "in the long run it serves, or gave up and told, or tries politely, truthfully and without flapping",
        whole=True,
    ),
    "recovers": Check(
        recovery.recovers,
        "heal",
        "serving from at most 10 min after it to the end, and a probe message is answered",
        program=True,
    ),
    "notices": Check(
        noticing.notices,
        "a silence, stall or blackhole while serving; no Hello, READY, RESUMED or ACK comes",
        "the subject closes that connection within 3 heartbeats + 10 s",
        outside=True,
    ),
    "beats": Check(
        heartbeats.beats,
        "a connection in service for a heartbeat's interval",
        "a heartbeat within each interval, with the last number it was sent; none before Identify, no flood",
        whole=True,
        implied=True,
        outside=True,
    ),
    "patient": Check(
        patience.patient,
        "it gave up, or an outage of 15 min",
        "it gives up on no outage younger than 15 min, and makes 40 attempts in any 10 min of it at most",
        whole=True,
    ),
    "clean": Check(
        tidiness.clean,
        "always",
        "asyncio reports no mishap, and the subject logs no error before any rule has acted",
        whole=True,
        implied=True,
    ),
    "bounded": Check(connection.bounded, "each attempt", "it ends within 120 s", whole=True),
    "polite": Check(
        conduct.polite,
        "always",
        "one Identify per 5 s and 1,000 per 24 h; 40 attempts and 20 token requests in any 10 min",
        whole=True,
        outside=True,
    ),
    "once": Check(
        delivery.once,
        "each message and click that was due",
        "it is handled exactly once, or acknowledged, within 10 s",
        whole=True,
        implied=True,
    ),
    "heard": Check(
        content.heard,
        "each message that was handled",
        "the handler is given its text and what it quotes, who wrote it and where, its pictures, and its "
        "files or their names",
        whole=True,
        implied=True,
    ),
    "answered": Check(
        conversation.answered,
        "each message that was handled",
        "the platform takes a reply to it within 60 s; a typing notice is none",
        whole=True,
        implied=True,
        program=True,
    ),
    "intact": Check(
        content.intact,
        "each answer of the scenario's own handler of which something was taken",
        "what was taken has how it begins, and as many characters",
        whole=True,
        implied=True,
    ),
    "typing": Check(
        typing_notices.typing,
        "each answer to a single user that takes longer than 10 s",
        "until it comes the bot is seen typing, without a gap of more than 10 s, and not a minute after it",
        whole=True,
    ),
    "delivered": Check(
        own_sends.delivered,
        "each message that a rule makes it send (`speak`)",
        "the platform takes it within 60 s, to whom it is for",
        whole=True,
    ),
    "reported": Check(
        own_sends.reported,
        "each message that a rule makes it send (`speak`)",
        "its send ends within 120 s, and says that it was sent only if the platform took it",
        whole=True,
        implied=True,
    ),
    "single": Check(
        conversation.single,
        "each reply that was taken, and what was sent unasked",
        "it is taken once, and its pieces in order",
        whole=True,
        implied=True,
    ),
    "stops": Check(
        conduct.stops,
        "disconnect(); above the adapter: the program was told to stop",
        "it ends within 25 s (the program: 90 s), and leaves no task, thread, socket, client, lock, file or "
        "warning, nor a status file that says connected",
        implied=True,
        program=True,
    ),
    "secret": Check(
        conduct.secret, "always", "no secret in logs or status file", whole=True, implied=True, program=True
    ),
    "back": Check(
        back.back,
        "it gave up, or the program ended (runner and process)",
        "heal: it recovers; no heal: it is queued; exit: on a code that the restart policy acts on",
        program=True,
    ),
    "stays": Check(
        program.stays,
        "always (runner and process)",
        "the program does not end itself over an error that is not permanent",
        whole=True,
        program=True,
    ),
    "final": Check(
        giveup.final,
        "wrong credentials (100016), or a close with 4914 or 4915; another connect() that fails",
        "the fatal flag is set within 60 s, and says that no retry can help; of the other: that one can",
    ),
    "released": Check(
        program.released,
        "it gave up, and had not come back at the end (runner)",
        "its place in the runner, its HTTP client and its lock are free",
    ),
    "others": Check(
        program.others,
        "another platform stands beside QQ",
        "it stays installed and connected, and each of its messages is answered within 60 s",
        whole=True,
    ),
    "forbidden": Check(
        prohibitions.forbidden,
        "the scenario has `forbids`; it is asked then",
        "nothing that is forbidden happens before the tear-down",
        whole=True,
        outside=True,
        program=True,
    ),
    "resumes": Check(
        sessions.resumes,
        "it authenticates while it has a session that can be resumed, or a Resume came to nothing",
        "up to 4 min after its connection was over it resumes that session, with the last seq it was sent; "
        "after 3 Resumes in a row that came to nothing it identifies",
        whole=True,
        outside=True,
    ),
    "identifies": Check(
        sessions.identifies,
        "it authenticates",
        "a valid token, the shard [0, 1], intents with groups and single users that do not change; "
        "a Resume names a session that was given out",
        whole=True,
        implied=True,
    ),
    "exclusive": Check(
        hand_over.exclusive,
        "it was in service",
        "never two connections of one bot in service at a time for longer than 10 s",
        whole=True,
        implied=True,
        outside=True,
    ),
    "reacts": Check(
        reactions.reacts,
        "the platform ends a connection in service, or asks for another",
        "the next sign of trying comes within 15 s of op 7, op 9, a close or an end, 90 s of 4008; "
        "where it flaps, within 10 min",
        whole=True,
        implied=True,
        outside=True,
    ),
}


def judge_checks(run: Timeline) -> tuple[CheckResult, ...]:
    """Every check's result, in the table's order."""
    limits = CheckLimits.of(run.terms, run.level)
    return tuple(_result(run, name, check, limits) for name, check in CHECKS.items())


def _result(run: Timeline, name: str, check: Check, limits: CheckLimits) -> CheckResult:
    if run.level == SERVED and not check.outside:
        return CheckResult(name, "unknown", "the platform was served: nobody watched this bot from inside")
    if run.level == SERVED and run.clock_set is not None:
        because = "the platform's clock was made to run faster than the bot's, or moved forward"
        return CheckResult(name, "unknown", because, (run.clock_set.n,))
    if run.level == PROCESS and not check.program:
        return CheckResult(name, "n/a", "the program is seen from outside, in time that is not exact")
    return _weighed(run, name, check, check.judge(run, limits))


def _weighed(run: Timeline, name: str, check: Check, found: Finding) -> CheckResult:
    """A pass must be covered: by the run's whole length where the check needs it, and by the premise."""
    if found.state == "pass" and check.whole and run.cut:
        because, lines = f"so far {found.because}, but the run was cut off", found.lines
        return CheckResult(name, "unknown", because, lines)
    if found.state == "pass" and run.unmet:
        event = run.unmet[0].event
        assert isinstance(event, RuleUnmet)
        rule = (
            f"rule {run.unmet[0].about.rule or '?'} acted {event.got} times, and {event.wanted} are expected"
        )
        return CheckResult(name, "unknown", f"{found.because}, but {rule}", (*found.lines, run.unmet[0].n))
    missing = recovery.not_tried(run)
    if found.state == "pass" and missing is not None:
        return CheckResult(name, "unknown", f"{found.because}, but {missing}", found.lines)
    return CheckResult(name, found.state, found.because, found.lines)


__all__ = [
    "CHECKS",
    "LIMITS",
    "Check",
    "CheckLimits",
    "CheckResult",
    "CheckState",
    "Finding",
    "Limit",
    "judge_checks",
]
