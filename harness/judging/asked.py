"""What a user asked of the program in a message: to restart. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from fake_qq_server.events import EventSent
from fake_qq_server.platform.units import MINUTE
from fake_qq_server.rules.verbs import dispatch
from fake_qq_server.rules.verbs.registry import Args
from harness.journal.record import Record
from harness.journal.run_kinds import ProcExit
from harness.judging.facts import Mark
from harness.judging.timeline import Timeline

COMMAND = "/restart"
"""What hermes takes for it."""

CODES = (0, 75)
"""With which it ends then: another process goes on, or the service manager is to start it again."""

WITHIN_US = 5 * MINUTE
"""Work that is under way is finished first."""


def to_restart(run: Timeline, ended: Record) -> Mark | None:
    """When a message that asks for a restart was handled, if that is why the program ended."""
    if not isinstance(ended.event, ProcExit) or ended.event.code not in CODES:
        return None
    wishes = set(_wishes(run))
    handled = [mark for one in run.messages if one.id in wishes for mark in one.handled]
    return next((mark for mark in handled if mark.n < ended.n and ended.t - mark.t <= WITHIN_US), None)


def _wishes(run: Timeline) -> Iterator[str]:
    """The ids of the messages with that text, of the rules that say what they send."""
    for record in run.body:
        rule = run.terms.rules.get(record.about.rule or "")
        if rule is None or not isinstance(record.event, EventSent):
            continue
        if any(COMMAND in _texts(do.args) for do in rule.do if do.verb == "dispatch"):
            yield record.event.id


def _texts(args: Args) -> tuple[str, ...]:
    content = args.more.get("fields", {}).get("content")
    return tuple(str(text).strip() for text in (content, *dispatch.texts(args)))
