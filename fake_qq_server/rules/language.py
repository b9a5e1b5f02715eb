"""The rules of a scenario: plain data in, frozen dataclasses out. Pure; `engine` runs them.

A rule is a trigger (`when` an event, `at` a moment, or a `link` condition), narrowed by `which`, `where`
and a window, and what to `do`. This module knows the words of the grammar; which verbs there are and what
they take, it reads from the registry. What needs several rules at once is in `parse_rules`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fake_qq_server.rules.language_errors import LanguageError, Path, quoted, suggest
from fake_qq_server.rules.language_verbs import (
    AFTER_HEAL,
    At,
    Do,
    Link,
    Trigger,
    When,
    parse_dos,
    parse_trigger,
)
from fake_qq_server.rules.moments import (
    MARKS,
    Moment,
    Span,
    Where,
    Which,
    parse_id,
    parse_moment,
    parse_span,
    parse_where,
    parse_which,
    refuse_lacking,
)
from fake_qq_server.rules.verbs.registry import Class

KEYS = ("id", "when", "at", "every", "link", "which", "where", "from", "until", "chance", "do", "fires")
MOST_RULES = 500
ALL = Which()
ONCE_OR_MORE = Span(1)


@dataclass(frozen=True)
class Rule:
    """One rule. `key` names it wherever it is recorded or drawn for: its id, or else its own text.

    The window is [start, until): None is the start of the run, or its healing.
    """

    key: str
    trigger: Trigger
    do: tuple[Do, ...]
    id: str | None = None
    which: Which = ALL
    where: Where | None = None
    start: Moment | None = None
    until: Moment | None = None
    chance: float | None = None
    fires: Span = ONCE_OR_MORE

    def moments(self) -> tuple[Moment, ...]:
        """Every moment it names."""
        at = self.trigger.moment if isinstance(self.trigger, At) else None
        return tuple(moment for moment in (at, self.start, self.until) if moment is not None)

    def text(self) -> str:
        """The rule in one canonical line, without its id: equal rules have equal texts."""
        parts = [
            self.trigger.text(),
            f"which {self.which.text()}" if self.which != ALL else "",
            f"where {self.where.text()}" if self.where else "",
            f"from {self.start.text()}" if self.start else "",
            f"until {self.until.text()}" if self.until else "",
            f"chance {self.chance!r}" if self.chance is not None else "",
            "do " + ", ".join(do.text for do in self.do),
            f"fires {self.fires.text()}" if self.fires != ONCE_OR_MORE else "",
        ]
        return " ".join(part for part in parts if part)


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
    _refuse_two_answers(rules, places)
    return tuple(rules)


def parse_rule(item: Any, path: Path, ids: Collection[str] = ()) -> Rule:
    """One rule; `ids` are those of all rules. Its key is not yet told apart from equal rules'."""
    if not isinstance(item, dict):
        raise LanguageError(path, "a rule is a mapping, such as {at: ready + 60s, do: {close: 4009}}")
    for key in item:
        if key not in KEYS:
            raise LanguageError((*path, key), f"a rule has no {quoted(key)}: {suggest(key, KEYS)}")
    trigger = parse_trigger(item, path, ids)
    if "do" not in item:
        raise LanguageError(path, "the rule does nothing: give it a do, such as do: {close: 4009}")
    rule = Rule(
        key="",
        trigger=trigger,
        do=parse_dos(item["do"], (*path, "do"), trigger),
        id=item.get("id"),
        which=parse_which(item["which"], (*path, "which")) if "which" in item else ALL,
        where=parse_where(item["where"], (*path, "where")) if "where" in item else None,
        start=_window_edge("from", item, path, ids),
        until=_window_edge("until", item, path, ids),
        chance=_chance(item["chance"], (*path, "chance")) if "chance" in item else None,
        fires=_fires(item["fires"], (*path, "fires")) if "fires" in item else ONCE_OR_MORE,
    )
    _refuse_what_says_nothing(rule, item, path)
    return replace(rule, key=rule.id if rule.id is not None else rule.text())


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


def _window_edge(key: str, item: Mapping[str, Any], path: Path, ids: Collection[str]) -> Moment | None:
    if key not in item:
        return None
    moment = parse_moment(item[key], (*path, key), ids)
    if moment.mark != "heal":
        # From the very start is what no `from` means, too.
        return None if key == "from" and moment == Moment(None) else moment
    if key == "from" or moment.offset_us or moment.nth > 1:
        raise LanguageError((*path, key), AFTER_HEAL)
    return None


def _chance(value: Any, path: Path) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= 1:
        return float(value)
    raise LanguageError(path, f"{quoted(value)} is no chance: write a number above 0, up to 1, such as 0.5")


def _fires(value: Any, path: Path) -> Span:
    span = parse_span(value, path, "fires", 0)
    # A plain N is a least number, as the default 1 is: `fires: 3` asks for three acts or more.
    exact = isinstance(value, int) or ".." not in value
    return Span(span.first, None) if exact else span


def _refuse_what_says_nothing(rule: Rule, item: Mapping[str, Any], path: Path) -> None:
    """Whatever is written must mean something: a word without effect is a mistake of the author's."""
    trigger, where = rule.trigger, rule.where or Where()
    event = trigger.event if isinstance(trigger, When) else ""
    if isinstance(trigger, Link) and "which" in item:
        raise LanguageError((*path, "which"), "a condition has no events to count: use where: {conn: 2..}")
    if isinstance(trigger, Link) and trigger.direction:
        for do in rule.do:
            if do.row.act(do.args).both_ways:
                raise LanguageError(
                    (*path, "link"), f"{do.verb} has no direction: write link: {trigger.host}"
                )
    refuse_lacking(where, event, (*path, "where"))
    if where.conn is not None and event.startswith(("http.", "seam.", "runner.")) and not _pushes(rule):
        raise LanguageError(
            (*path, "where", "conn"),
            f"conn says on which connection a push acts; {event} has none, and nothing is pushed",
        )
    if where.conn is not None and not any(do.row.on_connection for do in rule.do):
        raise LanguageError((*path, "where", "conn"), f"{rule.do[0].verb} acts on no connection")
    start = rule.start or (trigger.moment if isinstance(trigger, At) else None) or Moment(None)
    end = rule.until
    if end and (start.mark, start.nth) == (end.mark, end.nth) and end.offset_us <= start.offset_us:
        raise LanguageError((*path, "until"), f"nothing lies between {start.text()} and {end.text()}")


def _pushes(rule: Rule) -> bool:
    return any(do.row.kind is Class.PUSH for do in rule.do)


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
            if same and _meet(event, rule.which, other_event, other.which):
                raise LanguageError(
                    places[number],
                    f"two rules answer {event}: this one and {quoted(other.key)}; narrow one of them",
                )


def _meet(event: str, which: Which, other_event: str, other: Which) -> bool:
    if event == other_event:  # both count the same events, so their numbers can be compared
        far = max(which.span.first, other.span.first) + which.every * other.every
        near = max(which.span.first, other.span.first)
        steps = range(near, min(far, near + 10_000) + 1)
        return any(which.holds(n) and other.holds(n) for n in steps)
    if which != ALL or other != ALL:
        return False
    return When(event).matches(other_event) or When(other_event).matches(event)
