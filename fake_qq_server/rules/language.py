"""The rules of a scenario: plain data in, frozen dataclasses out. Pure.

What one rule says is read in `rule`; here is what needs all rules of a run at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fake_qq_server.rules.language_errors import LanguageError, Path, quoted
from fake_qq_server.rules.language_verbs import When
from fake_qq_server.rules.moments import MARKS, Moment, Which, parse_id
from fake_qq_server.rules.rule import ALL, Rule, parse_rule
from fake_qq_server.rules.toxic_names import refuse_two_meanings
from fake_qq_server.rules.verbs.registry import Class

MOST_RULES = 500


def parse_rules(items: Any, paths: Sequence[Path] | None = None, path: Path = ("rules",)) -> tuple[Rule, ...]:
    """All rules of one run, with their keys. `paths` says where each item stands, else under `path`.

    Raises LanguageError for the first thing that is wrong, also between rules: an id given twice, a mark
    nobody sets, rules that wait for each other, two answers to one event.
    """
    if not isinstance(items, list):
        raise LanguageError(path, "rules is a list: each rule begins with a dash")
    if len(items) > MOST_RULES:
        raise LanguageError(path, f"{len(items)} rules are more than {MOST_RULES}")
    places = list(paths) if paths is not None else [(*path, number) for number in range(len(items))]
    ids = _ids(items, places)
    rules: list[Rule] = []
    equals: dict[str, int] = {}
    for item, place in zip(items, places, strict=True):
        rule = parse_rule(item, place, ids)
        if rule.id is None:
            equals[rule.key] = equals.get(rule.key, 0) + 1
            if equals[rule.key] > 1:
                rule = replace(rule, key=f"{rule.key} #{equals[rule.key]}")
        rules.append(rule)
    _refuse_waiting_for_each_other(rules, places)
    _refuse_instead_of_what_never_meets(rules, places)
    _refuse_two_answers(rules, places)
    refuse_two_meanings(rules, places)
    return tuple(rules)


def _ids(items: list[Any], places: Sequence[Path]) -> set[str]:
    ids: set[str] = set()
    for item, place in zip(items, places, strict=True):
        if not isinstance(item, dict) or "id" not in item:
            continue
        name = parse_id(item["id"], (*place, "id"))
        if name in MARKS:
            raise LanguageError((*place, "id"), f"{name} is a mark already: choose another id")
        if name in ids:
            raise LanguageError((*place, "id"), f"two rules are called {name}: an id is given once")
        ids.add(name)
    return ids


def _refuse_waiting_for_each_other(rules: Sequence[Rule], places: Sequence[Path]) -> None:
    """A rule that begins with another's act must be able to begin; at most one round a rule."""
    waits = {
        number: {moment.mark for moment in rule.moments() if moment is not rule.until}
        for number, rule in enumerate(rules)
    }
    possible: set[str | None] = {None, *MARKS}
    for _ in rules:
        able = [number for number, marks in waits.items() if marks <= possible]
        if not able:
            break
        for number in able:
            del waits[number]
            possible.add(rules[number].id)
    if waits:
        number = min(waits)
        names = ", ".join(sorted(str(mark) for mark in waits[number] - possible))
        raise LanguageError(
            places[number], f"this rule can never begin: it waits for {names}, which waits as well"
        )


def _refuse_two_answers(rules: Sequence[Rule], places: Sequence[Path]) -> None:
    """Refused here where it is certain; elsewhere it turns up in the run, which is then unknown."""
    sure = [
        (number, rule.trigger.event, rule)
        for number, rule in enumerate(rules)
        if isinstance(rule.trigger, When)
        and rule.chance is None
        and any(do.row.kind is Class.ANSWER for do in rule.do)
    ]
    for later, (number, event, rule) in enumerate(sure):
        for _, other_event, other in sure[:later]:
            same = (rule.where, rule.start, rule.until) == (other.where, other.start, other.until)
            meet = same and _meet(event, rule.which, other_event, other.which)
            within = _matches_within(rule, other) or _matches_within(other, rule)
            if (meet or within) and not _one_yields(rule, other):
                raise LanguageError(
                    places[number],
                    f"two rules answer {event}: this one and {quoted(other.key)}; narrow one of them, "
                    "or let one act instead of the other",
                )


def _matches_within(narrow: Rule, wide: Rule) -> bool:
    """Whether every event that the one matches, which it has to, is matched by the other too."""
    assert isinstance(narrow.trigger, When) and isinstance(wide.trigger, When)
    return (
        wide.trigger.matches(narrow.trigger.event)
        and wide.which == ALL
        and wide.where in (None, narrow.where)
        and not narrow.fires.holds(0)
        and (wide.start is None or _no_later(wide.start, narrow.start))
        and (wide.until is None or _no_later(narrow.until, wide.until))
    )


def _no_later(one: Moment | None, other: Moment | None) -> bool:
    """Whether a moment surely comes no later than another."""
    if one is None or other is None:
        return False
    same = (one.mark, one.nth, one.latest_us) == (other.mark, other.nth, other.latest_us)
    return one == other or (same and one.latest_us is None and one.offset_us <= other.offset_us)


def _one_yields(rule: Rule, other: Rule) -> bool:
    """Whether one of them acts instead of the other, wherever both match."""
    return rule.id in other.instead or other.id in rule.instead


def _refuse_instead_of_what_never_meets(rules: Sequence[Rule], places: Sequence[Path]) -> None:
    """A rule can only take the place of one that waits for the same event, and not both of each other."""
    by_id = {rule.id: rule for rule in rules}
    for rule, place in zip(rules, places, strict=True):
        for other in (by_id[name] for name in rule.instead):
            why = _why_never_instead(rule, other)
            if why is not None:
                raise LanguageError((*place, "instead"), why)


def _why_never_instead(rule: Rule, other: Rule) -> str | None:
    if not isinstance(rule.trigger, When) or not isinstance(other.trigger, When):
        return f"{other.id} waits for no event: only a rule with when can give way"
    if rule.id in other.instead:
        return f"this rule and {other.id} would each act instead of the other: keep one instead"
    one, two = rule.trigger, other.trigger
    if not one.matches(two.event) and not two.matches(one.event):
        return f"this rule and {other.id} never meet: they wait for {one.event} and {two.event}"
    same = (rule.where, rule.start, rule.until) == (other.where, other.start, other.until)
    if same and one == two and not _meet(one.event, rule.which, two.event, other.which):
        return f"this rule and {other.id} never meet: which {rule.which.text()} and {other.which.text()}"
    return None


def _meet(event: str, which: Which, other_event: str, other: Which) -> bool:
    if event == other_event:  # both count the same events, so their numbers can be compared
        far = max(which.span.first, other.span.first) + which.every * other.every
        near = max(which.span.first, other.span.first)
        steps = range(near, min(far, near + 10_000) + 1)
        return any(which.holds(n) and other.holds(n) for n in steps)
    if which != ALL or other != ALL:
        return False
    return When(event).matches(other_event) or When(other_event).matches(event)
