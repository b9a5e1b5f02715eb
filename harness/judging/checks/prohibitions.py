"""The check `forbidden`: nothing that the scenario forbids happened."""

from __future__ import annotations

from fake_qq_server.events import ForbiddenSeen, ForbiddenUnwatched
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, unknown
from harness.judging.timeline import Timeline


def forbidden(run: Timeline, limits: CheckLimits) -> Finding:
    """n/a where nothing is forbidden. The tear-down does not count: there the harness ends the bot."""
    if not run.terms.forbids:
        return not_applicable("the scenario forbids nothing")
    for record in run.body:
        if isinstance(record.event, ForbiddenSeen):
            cause = (record.about.cause,) if record.about.cause is not None else ()
            event = record.event.event
            return fails(f"{event} was seen, which is forbidden: {record.event.because}", *cause, record.n)
    for record in run.body:
        if isinstance(record.event, ForbiddenUnwatched):
            because = f"the moment never came from which {record.event.event} is forbidden"
            return unknown(because, record.n)
    return passes("nothing that is forbidden was seen")
