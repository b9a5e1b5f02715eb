"""For each ending of the process, its event loop or the harness itself, the records that show it. Pure.

These come first among `endings.ENDINGS`, each a row, tried in that order: null where one does not hold.
"""

from __future__ import annotations

from itertools import pairwise

from fake_qq_server.events import Event
from harness.journal.process_kinds import ProcSpin
from harness.journal.run_kinds import (
    ClockBlocked,
    ClockHeld,
    ClockHiccup,
    ClockSpin,
    ProcExit,
    RunClose,
    RunnerStop,
)
from harness.judging.checks.program import exit_of, told_to_stop
from harness.judging.evidence import Case, Evidence
from harness.judging.run_close import said_of
from harness.judging.timeline import Timeline

RULES_ENDED_IT = "the scenario's rules themselves ended the run, so this says nothing about the bot"


def _first(case: Case, *kinds: type[Event]) -> tuple[int, ...]:
    """The number of the first record of these kinds, if there is one."""
    return tuple(one.n for one in case.run.records if isinstance(one.event, kinds))[:1]


def _closing(case: Case) -> tuple[int, ...]:
    return (case.run.closed.n,) if case.run.closed else ()


# -- nothing can be said of the bot


def instrument_failed(case: Case) -> Evidence | None:
    """Not dense, not opened, not closed, clock.held, clock.hiccup, an error of the harness."""
    run = case.run
    torn = _torn(run)
    if torn is not None:
        return torn
    trouble = _first(case, ClockHeld, ClockHiccup)
    if trouble:
        return Evidence(trouble, ": trouble with the virtual clock")
    if run.closed is not None and run.why == "rules":
        return Evidence(_closing(case), half=f"{RULES_ENDED_IT}: {said_of(run.closed)}")
    if run.closed is not None and run.why in ("harness", "platform"):
        return Evidence(_closing(case), f": {said_of(run.closed)}")
    return None


def _torn(run: Timeline) -> Evidence | None:
    """Why the journal is not whole."""
    numbers = [record.n for record in run.records]
    gap = next((n for i, n in enumerate(numbers, 1) if n != i), None)
    if gap is not None:
        return Evidence((gap,), ": records are missing in the journal")
    inside = [record for record in run.records if record.src != "parent"]
    back = next((b.n for a, b in pairwise(inside) if b.t < a.t), None)
    if back is not None:
        return Evidence((back,), ": time ran backwards in the journal")
    if run.opened is None:
        return Evidence(tuple(numbers[-1:]), ": the journal does not begin with run.open")
    if run.closed is None:
        more = ": the journal has no run.close, so nothing says how the run ended"
        return Evidence(tuple(numbers[-1:]), more)
    return None


def interrupted(case: Case) -> Evidence | None:
    """The harness ended the worker without any limit being exceeded."""
    return Evidence(_closing(case)) if case.run.interrupted else None


# -- its process or its event loop


def busy_spin(case: Case) -> Evidence | None:
    """Ended for it; else seen at it, and not ended for the other."""
    return _starved(case, (ClockSpin, ProcSpin), ("spin", "cpu"), other="blocked")


def blocked(case: Case) -> Evidence | None:
    """Ended for it, or seen at it."""
    return _starved(case, (ClockBlocked,), ("blocked",))


def _starved(
    case: Case, kinds: tuple[type[Event], ...], whys: tuple[str, ...], other: str = ""
) -> Evidence | None:
    if case.run.why in whys:
        return Evidence((*_first(case, ClockSpin, ClockBlocked), *_closing(case)))
    seen = _first(case, *kinds)
    return Evidence(seen) if seen and case.run.why != other else None


def time_limit(case: Case) -> Evidence | None:
    """Cut by the limit on real time, and nothing shows that the subject starved a loop: the machine may have
    been too slow."""
    return _cut(case, "wall")


def journal_limit(case: Case) -> Evidence | None:
    """Cut by the limit on the journal."""
    return _cut(case, "journal")


def file_limit(case: Case) -> Evidence | None:
    """Cut by the limit on what a run may write into its folder."""
    return _cut(case, "files")


def _cut(case: Case, why: str) -> Evidence | None:
    closed = case.run.closed
    return Evidence(_closing(case), f": {said_of(closed)}") if closed and case.run.why == why else None


def crashed(case: Case) -> Evidence | None:
    """A signal, memory, or an exit before the runner's stop. Below the runner every exit is one."""
    run = case.run
    whys = ("killed", "memory") if _first(case, RunnerStop) else ("killed", "memory", "exited")
    if run.closed is None or run.why not in whys:
        return None
    return Evidence(_closing(case), f": {said_of(run.closed)}")


def exited(case: Case) -> Evidence | None:
    """The program ended itself within the run, or after the runner's stop."""
    ended = exit_of(case.run)
    if ended is not None and isinstance(ended.event, ProcExit):
        told = told_to_stop(case.run)
        when = " when told to," if told is not None and told.n < ended.n else ""
        return Evidence((ended.n,), f"{when} with code {ended.event.code}")
    close = case.run.closed.event if case.run.closed else None
    if not isinstance(close, RunClose) or close.why != "exited":
        return None
    return Evidence(_closing(case), f" with status {close.status}")
