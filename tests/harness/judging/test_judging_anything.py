"""Whatever a journal holds: judging never raises, every check answers, and there is exactly one ending."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from fake_qq_server.events import Envelope, Event, EventSent, LinkOpen, RuleUnmet, Session
from harness.journal.record import KINDS, Record
from harness.journal.run_kinds import RunClose, RunOpen, RunTeardown, SubjConnect, SubjMessage, SubjState
from harness.judging.checks import CHECKS, CheckLimits
from harness.judging.endings import ENDINGS, Case
from harness.judging.outcome import exit_status, judge
from harness.judging.timeline import read
from harness.reporting.story import story_lines

MINUTE = 60_000_000
WORDS = ("connected", "retrying", "ready", "resumed", "dropped", "ws", "identify", "close", "m1", "m2", "r")
RULE = {"id": "r", "at": "ready + 60s", "do": {"close": 4009}}
anything = st.none() | st.booleans() | st.integers(-3, 10**12) | st.sampled_from(WORDS) | st.lists(st.none())


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type, few of each kind so that they meet."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(args)
    if origin is Union or type(hint).__name__ == "UnionType":
        return st.one_of([values(arg) for arg in args])
    if hint is type(None):
        return st.none()
    if hint is bool:
        return st.booleans()
    if hint is int:
        return st.integers(0, 3)
    if hint is float:
        return st.sampled_from([0.0, 31.5])
    if hint is str:
        return st.sampled_from(WORDS)
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(st.sampled_from(WORDS), anything, max_size=2)
    return st.lists(st.sampled_from(WORDS), max_size=2)


def events(kind: type[Event]) -> st.SearchStrategy[Event]:
    hints = get_type_hints(kind)
    needed = {f.name: values(hints[f.name]) for f in fields(kind)}
    optional = [f.name for f in fields(kind) if f.default is not MISSING]
    whole = st.fixed_dictionaries(
        {name: one for name, one in needed.items() if name not in optional},
        optional={name: needed[name] for name in optional},
    )
    return whole.map(lambda given: kind(**given))


scenarios = st.fixed_dictionaries(
    {},
    optional={
        "run": anything,
        "asks": st.lists(st.sampled_from([*CHECKS]), min_size=1, max_size=2)
        | st.lists(st.sampled_from([*CHECKS, "kindness"]), max_size=4)
        | anything,
        "heal": anything,
        "start": st.sampled_from(["up", "down"]) | anything,
        "handler": st.sampled_from(["record", "raise"]) | anything,
        "rules": st.lists(st.sampled_from([RULE, "x"])) | anything,
        "restart": st.sampled_from(["always", "moon"]) | anything,
        "issues": anything,
        "limits_us": st.dictionaries(st.sampled_from([*CHECKS]), anything, max_size=3) | anything,
        "hypothetical": anything,
    },
)
openings = st.builds(
    lambda scenario, level: RunOpen(1, "a/b", level, 0, "virtual", None, {}, scenario),
    scenarios,
    st.sampled_from(["adapter", "runner", "process", "moon"]),
)
happenings = st.one_of([events(kind) for kind in KINDS.values() if kind not in (RunOpen, RunClose)])
calm = st.one_of(
    [events(kind) for kind in (LinkOpen, Session, EventSent, SubjMessage, SubjState, SubjConnect)]
)
"""What a run holds whose bot passes."""

about = st.builds(
    Envelope,
    conn=st.none() | st.integers(1, 3),
    bot=st.none() | st.just(1),
    rule=st.none() | st.sampled_from(["r", "s"]),
)
waits = st.sampled_from([0, 1, MINUTE, 90 * MINUTE])
steps = st.lists(st.tuples(waits, happenings, about), max_size=40)
calm_steps = st.lists(st.tuples(waits, calm, about), max_size=10)
closes = st.just(RunClose("end")) | events(RunClose)


UNMET = Record(2, 0, "rules", RuleUnmet("1..", 0), Envelope(rule="r"))
SEARCH = settings(
    max_examples=10_000,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
    derandomize=True,
)


def states_of(records: list[Record]) -> set[str]:
    return {one.state for one in judge(records).checks}


@st.composite
def journals(draw: st.DrawFn) -> list[Record]:
    """Mostly whole, with everything in between in any order; sometimes torn, gapped or back to front."""
    happened: list[tuple[int, Event, Envelope]] = [
        (0, draw(openings), Envelope()),
        *draw(calm_steps | calm_steps | steps),
    ]
    if draw(st.booleans()):
        happened.append((MINUTE, RunTeardown(draw(st.sampled_from(["end", "gaveup"]))), Envelope()))
        happened += draw(calm_steps | steps)[:5]
    happened.append((0, draw(closes), Envelope()))
    records, t = [], 0
    for n, (wait, event, envelope) in enumerate(happened, 1):
        t += wait
        records.append(Record(n, t, "peer", event, envelope))
    match draw(st.sampled_from(["whole", "whole", "whole", "whole", "torn", "gapped", "reversed", "empty"])):
        case "torn":
            return records[:-1]
        case "gapped":
            return records[:1] + records[2:]
        case "reversed":
            return records[::-1]
        case "empty":
            return []
    return records


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(journals())
def test_every_journal_is_judged(records: list[Record]) -> None:
    outcome = judge(records)
    assert [one.name for one in outcome.checks] == list(CHECKS)
    assert all(one.state in ("pass", "fail", "unknown", "n/a") and one.because for one in outcome.checks)
    assert outcome.verdict in ("pass", "fail", "unknown")
    assert exit_status([outcome]) == {"pass": 0, "fail": 1, "unknown": 125}[outcome.verdict]
    numbers = {record.n for record in records}
    assert all(set(one.lines) <= numbers for one in outcome.checks)
    assert set(outcome.ending.lines) <= numbers
    assert judge(list(records)) == outcome
    outcome.as_json()


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(journals())
def test_every_journal_gets_the_first_ending_that_holds(records: list[Record]) -> None:
    outcome = judge(records)
    run = read(records)
    case = Case(run, {one.name: one for one in outcome.checks}, CheckLimits.of(run.terms, run.level))
    holding = [name for name, row in ENDINGS.items() if row.find(case) is not None]
    assert outcome.ending.name == holding[0]
    assert holding[-1] == "unclassified"


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(journals())
def test_a_verdict_is_what_its_checks_and_its_premise_allow(records: list[Record]) -> None:
    outcome = judge(records)
    states = {one.name: one.state for one in outcome.checks}
    asked = {states.get(name, "unknown") for name in outcome.asked} - {"n/a"}
    if not outcome.ending.judged:
        allowed = "unknown"
    elif "fail" in asked:
        allowed = "fail"
    else:
        whole = not outcome.unmet and not outcome.ending.cut
        allowed = "pass" if asked == {"pass"} and whole else "unknown"
    assert outcome.verdict == allowed


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(journals())
def test_nothing_passes_where_the_premise_is_unmet(records: list[Record]) -> None:
    outcome = judge([*records[:1], UNMET, *records[1:]])
    assert outcome.unmet
    assert "pass" not in {one.state for one in outcome.checks}


@pytest.mark.parametrize("verdict", ["pass", "fail", "unknown"])
def test_the_generated_journals_reach_every_verdict(verdict: str) -> None:
    """Without this, what is claimed above of a verdict might never be put to the test."""
    reached = find(journals(), lambda records: judge(records).verdict == verdict, settings=SEARCH)
    assert judge(reached).verdict == verdict


@pytest.mark.parametrize("state", ["pass", "fail", "unknown", "n/a"])
def test_the_generated_journals_reach_every_state_of_a_check(state: str) -> None:
    reached = find(journals(), lambda records: state in states_of(records), settings=SEARCH)
    assert state in states_of(reached)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(journals())
def test_every_journal_has_a_story(records: list[Record]) -> None:
    lines = story_lines(records)
    assert all(line.text and line.n in {record.n for record in records} for line in lines)
