"""Errors of the platform that no retry can mend: by what the platform said, never by what the bot says."""

from __future__ import annotations

from fake_qq_server.events import RuleAct, WsOut
from fake_qq_server.platform.protocol import CLOSE_CODES
from harness.journal.record import Record
from harness.journal.run_kinds import SubjState
from harness.judging.timeline import Timeline

WRONG_SECRET = 100016

UNDISPUTED = (4914, 4915)
"""The bot is offline (only the sandbox may connect), or banned: here all of QQ's pages agree."""

NO_RETRY = tuple(code for code, row in CLOSE_CODES.items() if row.resume is False and row.identify is False)
"""After these QQ's table of close codes allows neither Resume nor Identify. A sentence below that table says
otherwise of some, so a bot may go on trying, and may stop."""


def first_undisputed(run: Timeline) -> Record | None:
    """The first record by which the platform said that no retry can help, where nobody can doubt it."""
    return next((record for record in run.body if _says(run, record, UNDISPUTED)), None)


def said(run: Timeline) -> tuple[Record, ...]:
    """The records by which the platform gave reason to stop for good."""
    return tuple(record for record in run.body if _says(run, record, NO_RETRY))


def accepted(run: Timeline) -> tuple[int, ...]:
    """The platform gave reason to stop for good, and then the bot's own flag said that no retry can help: the
    numbers of both records, nothing where it was not so."""
    said = next((record for record in run.body if _says(run, record, NO_RETRY)), None)
    flagged = next((record for record in run.body if _final(record)), None)
    return (said.n, flagged.n) if said and flagged and said.n < flagged.n else ()


def _final(record: Record) -> bool:
    event = record.event
    return isinstance(event, SubjState) and bool(event.fatal) and not (event.fatal or {}).get("retryable")


def _says(run: Timeline, record: Record, codes: tuple[int, ...]) -> bool:
    event = record.event
    if isinstance(event, WsOut):
        return event.op == "close" and event.code in codes
    return isinstance(event, RuleAct) and run.argument(record) == ("error", WRONG_SECRET)
