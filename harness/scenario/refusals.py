"""What a run is refused for although each of its words is right.

A run that could only ever be unknown or not applicable - a check asked where it cannot apply, an end that
comes before the judging can - is refused on loading: nobody should wait for such a result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fake_qq_server.platform.units import format_duration
from fake_qq_server.rules.conditions import Condition, OnProxy
from fake_qq_server.rules.language_errors import LanguageError, Path
from fake_qq_server.rules.language_verbs import At, Link, When
from fake_qq_server.rules.moments import Moment
from fake_qq_server.rules.rule import Rule
from fake_qq_server.rules.verbs.registry import Class
from fake_qq_server.rules.verbs.signal_ import KILL
from harness.scenario.feedback import refuse_feedback
from harness.scenario.limits import RECOVERY_HELD_US, RECOVERY_US, SETTLING_US
from harness.scenario.run_spec import RunSpec
from harness.scenario.vocabulary import NOT_AT_ADAPTER
from harness.scenario.witnesses import unwitnessed


def refuse_run(run: RunSpec, rule_paths: Sequence[Path] = (), forbid_paths: Sequence[Path] = ()) -> None:
    """Raises LanguageError for what cannot be judged, or is not said to be hypothetical. `rule_paths` says
    where each rule was written, `forbid_paths` where each prohibition."""
    paths = rule_paths or [("rules", number) for number in range(len(run.rules))]
    earliest = earliest_marks(run.rules)
    _refuse_asks(run)
    _refuse_signals(run, paths)
    _refuse_restarts(run, paths)
    _refuse_speaking(run, paths)
    _refuse_runner_events(run, paths)
    _refuse_too_late(run, paths, earliest)
    _refuse_moments_beyond_the_end(run)
    _refuse_short_end(run, earliest)
    _refuse_without_witness(run, paths)
    _refuse_unwatchable(run, forbid_paths, earliest)
    refuse_feedback(run.rules, paths, run.heal.at if run.heal else None)


def earliest_marks(rules: Sequence[Rule]) -> Mapping[str | None, int]:
    """For each mark, the earliest time (µs) it can have: 0 for the platform's, for a rule's id its first act.

    A rule may wait for another rule's mark, so this repeats until nothing changes: once a rule at most.
    """
    known: dict[str | None, int] = {None: 0}
    for _ in range(len(rules) + 1):
        before = dict(known)
        for rule in rules:
            if rule.id is not None:
                known[rule.id] = earliest_start(rule, known)
        if known == before:
            break
    return known


def earliest_start(rule: Rule, earliest: Mapping[str | None, int]) -> int:
    """The earliest time (µs) at which the rule can act."""
    moments = [rule.trigger.moment] if isinstance(rule.trigger, At) else []
    moments += [rule.start] if rule.start else []
    return max((earliest_time(moment, earliest) for moment in moments), default=0)


def earliest_time(moment: Moment, earliest: Mapping[str | None, int]) -> int:
    """The earliest time (µs) a moment can have."""
    at = earliest.get(moment.mark, 0) + moment.offset_us
    return at if moment.latest_us is None else min(at, moment.latest_us)


def latest_time(moment: Moment, earliest: Mapping[str | None, int]) -> int:
    """The latest time (µs) of a moment that has one, else the earliest."""
    return earliest_time(moment, earliest) if moment.latest_us is None else moment.latest_us


def _refuse_asks(run: RunSpec) -> None:
    asked = {check for checks in run.asks.values() for check in checks}
    if "connects" in asked and run.start == "down":
        raise LanguageError(("asks",), "connects does not apply to start: down, where connecting is to fail")
    if "recovers" in asked and run.heal is None:
        raise LanguageError(
            ("asks",), "recovers is asked, but nothing heals: add heal, or leave it to heal_twin"
        )
    if "notices" in asked and not any(_interrupts(rule) or _withholds(rule) for rule in run.rules):
        raise LanguageError(
            ("asks",),
            "notices is asked, but no rule makes a connection silent, stalled or a blackhole, or keeps "
            "Hello, READY, RESUMED or ACKs from it",
        )
    if "forbidden" in asked and not run.forbids:
        raise LanguageError(("asks",), "forbidden is asked, but nothing is: add forbids")
    if run.beside is None and any("others" in checks for checks in run.asks.values()):
        raise LanguageError(("asks",), "others is asked, but no other platform is there: add beside: healthy")
    at_adapter = run.asks.get("adapter", ())
    if at_adapter and set(at_adapter) <= set(NOT_AT_ADAPTER):
        names, do = " and ".join(at_adapter), "does" if len(at_adapter) == 1 else "do"
        raise LanguageError(
            ("asks",), f"{names} {do} not apply to the adapter level: ask of runner or process"
        )


def _refuse_signals(run: RunSpec, paths: Sequence[Path]) -> None:
    """At the adapter level the process is the harness's own."""
    for rule, path in zip(run.rules, paths, strict=True):
        signal = next((do for do in rule.do if do.row.acts_on == "process"), None)
        if signal is not None and "adapter" in run.levels:
            raise LanguageError(
                (*path, "do"),
                f"{signal.verb} acts on the subject's program: for the levels runner and process only",
            )
        if signal is not None and signal.args.main == KILL and "runner" in run.levels:
            raise LanguageError(
                (*path, "do"), f"{KILL} is for the level process only; restart: kill is what it is at runner"
            )


def _refuse_restarts(run: RunSpec, paths: Sequence[Path]) -> None:
    """At the process level no rule restarts anything; the messages beside QQ are counted in each life."""
    for rule, path in zip(run.rules, paths, strict=True):
        verb = next((do.verb for do in rule.do if do.row.acts_on == "subject"), None)
        if verb is not None and "process" in run.levels:
            raise LanguageError((*path, "do"), f"{verb} is for the levels adapter and runner")
        if verb is not None and run.beside is not None:
            raise LanguageError((*path, "do"), f"{verb} and beside: healthy do not go together")


def _refuse_speaking(run: RunSpec, paths: Sequence[Path]) -> None:
    """Above the adapter a program decides when the bot speaks."""
    speaks = [
        path
        for rule, path in zip(run.rules, paths, strict=True)
        if any(do.row.acts_on == "owner" for do in rule.do)
    ]
    if speaks and run.levels != ("adapter",):
        raise LanguageError((*speaks[0], "do"), "speak calls the adapter: for the level adapter only")
    if not speaks and any("delivered" in checks for checks in run.asks.values()):
        raise LanguageError(("asks",), "delivered is asked, but no rule makes the bot speak")


def _refuse_runner_events(run: RunSpec, paths: Sequence[Path]) -> None:
    """What the program around the adapter does is seen from inside it: nowhere but at the runner level."""
    for rule, path in zip(run.rules, paths, strict=True):
        event = rule.trigger.event if isinstance(rule.trigger, When) else ""
        if event.startswith("runner.") and run.levels != ("runner",):
            raise LanguageError(
                (*path, "when"), f"{event} is seen at the runner level only: levels: [runner]"
            )


def _interrupts(rule: Rule) -> bool:
    if not isinstance(rule.trigger, Link):
        return False
    conditions: list[Condition] = [do.row.act(do.args) for do in rule.do]
    return any(
        one.toxic.toxic.may_interrupt if isinstance(one, OnProxy) else one.interrupts or one.may_interrupt
        for one in conditions
    )


DUE = ("hello", "ready", "resumed", "ack", "any")
"""What the platform owes on a connection, by its place at `ws.out`."""


def _withholds(rule: Rule) -> bool:
    """Whether the rule may keep from a bot what the platform owes it: a frame of its own, or any answer."""
    place, _, word = rule.trigger.event.rpartition(".") if isinstance(rule.trigger, When) else ("", "", "")
    answers = [do.verb for do in rule.do if do.row.kind is Class.ANSWER]
    return (place == "ws.in" and "noanswer" in answers) or (
        place == "ws.out" and word in DUE and bool(answers)
    )


def _refuse_too_late(run: RunSpec, paths: Sequence[Path], earliest: Mapping[str | None, int]) -> None:
    for rule, path in zip(run.rules, paths, strict=True):
        start = earliest_start(rule, earliest)
        if start >= run.end_us:
            raise LanguageError(
                path, f"this rule cannot act before {format_duration(start)}, and the run ends before"
            )
        if run.heal is not None and run.heal.at.mark is None and start >= run.heal.at.offset_us:
            raise LanguageError(
                ("heal",), f"at {run.heal.at.text()} everything heals before {rule.key!r} can have acted"
            )


def _refuse_unwatchable(run: RunSpec, paths: Sequence[Path], earliest: Mapping[str | None, int]) -> None:
    places = paths or [("forbids", number) for number in range(len(run.forbids))]
    for forbid, path in zip(run.forbids, places, strict=True):
        event, start = forbid.trigger.event, forbid.start or Moment(None)
        if run.heal is None and any(moment.mark == "heal" for moment in forbid.moments()):
            raise LanguageError(path, "this prohibition names the healing, but nothing heals: add heal")
        if event.startswith("runner.") and run.levels != ("runner",):
            raise LanguageError(
                (*path, "when"), f"{event} is seen at the runner level only: levels: [runner]"
            )
        if earliest_time(start, earliest) >= run.end_us:
            raise LanguageError((*path, "from"), "the run ends before this is forbidden")


def _refuse_moments_beyond_the_end(run: RunSpec) -> None:
    for moment in run.moments():
        if moment.latest_us is not None and moment.latest_us >= run.end_us:
            raise LanguageError(("end",), f"the run ends before {moment.text()} has come at any rate")


def _refuse_short_end(run: RunSpec, earliest: Mapping[str | None, int]) -> None:
    if run.heal is not None:
        watched = run.limits.get("recovers", RECOVERY_US) + RECOVERY_HELD_US
        watched += run.answers.slower_us if run.answers else 0
        needed = latest_time(run.heal.at, earliest) + watched
        if run.end_us < needed:
            raise LanguageError(
                ("end",),
                f"end is too early: healing at {run.heal.at.text()}, the recovery limit and three heartbeats "
                f"need {format_duration(needed)} at least",
            )
        if run.end_after_us is not None and run.end_after_us < watched:
            raise LanguageError(
                ("end",),
                f"end is too early: after a healing the recovery limit and three heartbeats need "
                f"{format_duration(watched)} at least",
            )
    elif run.rules and any("settles" in checks for checks in run.asks.values()):
        acting = [rule for rule in run.rules if any(do.row.acts_on != "nothing" for do in rule.do)]
        first = min(earliest_start(rule, earliest) for rule in acting or run.rules)
        needed = first + run.limits.get("settles", SETTLING_US)
        if run.end_us <= needed:
            raise LanguageError(
                ("end",),
                f"end is too early: settles looks at what comes {format_duration(needed - first)} after the "
                f"first rule, so the run must be longer than {format_duration(needed)}",
            )


def _refuse_without_witness(run: RunSpec, paths: Sequence[Path]) -> None:
    for rule, path in zip(run.rules, paths, strict=True):
        what = unwitnessed(rule)
        if what is not None and not run.hypothetical:
            raise LanguageError(
                path, f"no witness shows {what} to be possible: say hypothetical: true, or inject another"
            )
