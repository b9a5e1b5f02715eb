"""What bounds the meaning of a run, and every report has to say. Pure: records in, sentences out.

Acts inside the client, what is not known to be possible, a clock that followed a real proxy, and walls that
did not stand around the worker.
"""

from __future__ import annotations

from collections.abc import Sequence

from fake_qq_server.events import RuleAct
from fake_qq_server.rules.language_verbs import When
from harness.journal.process_kinds import ProcRate, ProcService
from harness.journal.record import Record
from harness.journal.run_kinds import CLOCK_WITH_A_PROXY, RunOpen
from harness.judging.terms import Terms, terms_of
from harness.process import walls

SEAM = "injected inside the client (the network alone cannot cause it)"
REAL_PROXY = (
    "a real proxy stood between: times differ a little, and the digest does, from run to run; verdicts repeat"
)
NOBODY = "no service manager kept the program ({}): whether one starts it again is told from systemd's table"
HYPOTHETICAL = "hypothetical: a rule raises an exception that is not known to occur there"


def bounds_of(records: Sequence[Record]) -> tuple[str, ...]:
    """The sentences, none where there is nothing to say."""
    opened = next((record for record in records if isinstance(record.event, RunOpen)), None)
    if opened is None or not isinstance(opened.event, RunOpen):
        return ()
    terms = terms_of(opened.event)
    told = [f"{rule}: {SEAM}" for rule in _acted_at_a_seam(records, terms)]
    told += [HYPOTHETICAL] if terms.hypothetical else []
    told += [f"clock: {opened.event.clock}, {REAL_PROXY}"] if opened.event.clock == CLOCK_WITH_A_PROXY else []
    standing = opened.x.get("walls")
    missing = walls.missing(standing) if isinstance(standing, list | tuple) else ()
    told += _of_the_program(records)
    return (*told, *(f"ran without {walls.WITHOUT[name]}" for name in missing))


def _of_the_program(records: Sequence[Record]) -> list[str]:
    """Of the process level: who kept the program, and how fast time passed at most."""
    service = next((one.event for one in records if isinstance(one.event, ProcService)), None)
    if service is None:
        return []
    rate = max((one.event.rate for one in records if isinstance(one.event, ProcRate)), default=1.0)
    pace = f"time passed up to {rate:g} times as fast as real time, so it is not exact" if rate > 1 else ""
    kept = (
        f"the program was kept by {service.detail}"
        if service.name == "systemd"
        else NOBODY.format(service.detail)
    )
    return [kept, *([pace] if pace else [])]


def _acted_at_a_seam(records: Sequence[Record], terms: Terms) -> list[str]:
    """The rules at a seam that acted, as the journal calls them."""
    named = {
        key
        for key, rule in terms.rules.items()
        if isinstance(rule.trigger, When) and rule.trigger.event.startswith("seam.")
    }
    acted = (
        record.about.rule
        for record in records
        if isinstance(record.event, RuleAct) and not record.event.only_marks
    )
    return [
        rule for rule in dict.fromkeys(acted) if rule and (rule in named or rule.startswith("when seam."))
    ]
