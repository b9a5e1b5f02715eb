"""The check `clean`: the bot's program logs no error that nothing explains."""

from __future__ import annotations

from fake_qq_server.events import LinkCondition, RuleAct
from harness.journal.run_kinds import SubjLog
from harness.judging.checks.result import CheckLimits, Finding, fails, passes
from harness.judging.timeline import Timeline

BAD = ("ERROR", "CRITICAL")
EXPLAINED = ("Executing ", "socket.send() raised exception")
"""How what asyncio says begins of a callback that took long (the machine may be slow), and of writing to a
connection that the peer has reset."""

NEVER_AWAITED = "was never awaited"


def clean(run: Timeline, limits: CheckLimits) -> Finding:
    """asyncio has nothing to complain of before the tear-down ("Unclosed client session", "Task exception was
    never retrieved", "coroutine ... was never awaited"), whatever the fault; and the subject logs no error
    before any rule has acted.

    An exception that the scenario itself raises inside the subject explains that asyncio reports one of its
    type. What is left at the tear-down is for `stops`.
    """
    raised = _raised_by_rules(run)
    disturbed = False
    for record in run.body:
        event = record.event
        disturbed = disturbed or isinstance(event, RuleAct | LinkCondition)
        if not isinstance(event, SubjLog):
            continue
        if _of_asyncio(event):
            if event.error is None or event.error not in raised:
                return fails(f"asyncio reported: {event.template}", record.n)
        elif event.level in BAD and not disturbed:
            because = f"{event.logger} logged an error, and nothing had gone wrong: {event.template}"
            return fails(because, record.n)
    return passes("it logged no error that nothing explains")


def _of_asyncio(event: SubjLog) -> bool:
    if event.logger == "asyncio":
        return event.level in (*BAD, "WARNING") and not event.template.startswith(EXPLAINED)
    return event.logger == "py.warnings" and NEVER_AWAITED in event.template


def _raised_by_rules(run: Timeline) -> set[str]:
    """The types of the exceptions that the scenario raises inside the subject."""
    verbs = (do for rule in run.terms.rules.values() for do in rule.do if do.verb == "raise")
    names = {str(do.args.main).partition(":")[0].rpartition(".")[2] for do in verbs}
    return names | ({"RuntimeError"} if run.terms.handler == "raise" else set())
