"""One rule of a scenario: plain data in, a frozen dataclass out. Pure; `engine` runs it.

A rule is a trigger (`when` an event, `at` a moment, or a `link` condition), narrowed by `which`, `where`
and a window, and what to `do`. This module knows the words of the grammar; which verbs there are and what
they take, it reads from the registry. What needs several rules at once is in `language`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
    Moment,
    Span,
    Where,
    Which,
    narrowed_text,
    parse_moment,
    parse_span,
    parse_where,
    parse_which,
    refuse_lacking,
)
from fake_qq_server.rules.toxic_rules import refuse_toxic
from fake_qq_server.rules.verbs.registry import Class

KEYS = (
    *("id", "when", "at", "every", "link"),
    *("which", "where", "from", "until", "chance", "instead"),
    *("do", "fires"),
)
ALL = Which()
ONCE_OR_MORE = Span(1)


@dataclass(frozen=True)
class Rule:
    """One rule. `key` names it wherever it is recorded or drawn for: its id, or else its own text.

    The window is [start, until): None is the start of the run, or its healing. `instead` names the rules that
    do nothing about an event that this one matches.
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
    instead: tuple[str, ...] = ()

    def moments(self) -> tuple[Moment, ...]:
        """Every moment it names."""
        at = self.trigger.moment if isinstance(self.trigger, At) else None
        return tuple(moment for moment in (at, self.start, self.until) if moment is not None)

    def text(self) -> str:
        """The rule in one canonical line, without its id: equal rules have equal texts."""
        parts = [
            self.trigger.text(),
            narrowed_text(self.which, self.where, self.start, self.until),
            f"instead {', '.join(self.instead)}" if self.instead else "",
            f"chance {self.chance!r}" if self.chance is not None else "",
            "do " + ", ".join(do.text for do in self.do),
            f"fires {self.fires.text()}" if self.fires != ONCE_OR_MORE else "",
        ]
        return " ".join(part for part in parts if part)


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
        instead=_instead(item, path, ids) if "instead" in item else (),
    )
    _refuse_what_says_nothing(rule, item, path)
    return replace(rule, key=rule.id if rule.id is not None else rule.text())


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


def _instead(item: Mapping[str, Any], path: Path, ids: Collection[str]) -> tuple[str, ...]:
    """One id, or a list of them."""
    place, value = (*path, "instead"), item["instead"]
    named = value if isinstance(value, list) else [value]
    if "when" not in item:
        raise LanguageError(place, "instead is for a rule with when: both must wait for the same event")
    for name in named:
        if not isinstance(name, str) or name not in ids:
            raise LanguageError(place, f"no rule is called {quoted(name)}: {suggest(name, sorted(ids))}")
    if not named or len(set(named)) < len(named) or item.get("id") in named:
        raise LanguageError(place, "instead is the id of another rule, or a list of such, each once")
    return tuple(named)


def _refuse_what_says_nothing(rule: Rule, item: Mapping[str, Any], path: Path) -> None:
    """Whatever is written must mean something: a word without effect is a mistake of the author's."""
    trigger, where = rule.trigger, rule.where or Where()
    event = trigger.event if isinstance(trigger, When) else ""
    if isinstance(trigger, Link) and "which" in item:
        raise LanguageError((*path, "which"), "a condition has no events to count: use where: {conn: 2..}")
    if isinstance(trigger, Link) and where.conn is not None and trigger.host != "ws":
        raise LanguageError((*path, "where", "conn"), "conn counts WebSocket connections: write link: ws")
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
    if where.conn is not None and all(do.row.acts_on != "connection" for do in rule.do):
        raise LanguageError((*path, "where", "conn"), f"{rule.do[0].verb} acts on no connection")
    if isinstance(trigger, Link):
        refuse_toxic(rule.where is not None, rule.chance is not None, rule.do, path)
    start = rule.start or (trigger.moment if isinstance(trigger, At) else None) or Moment(None)
    end = rule.until
    if end and (start.mark, start.nth) == (end.mark, end.nth) and end.offset_us <= start.offset_us:
        raise LanguageError((*path, "until"), f"nothing lies between {start.text()} and {end.text()}")


def _pushes(rule: Rule) -> bool:
    return any(do.row.kind is Class.PUSH for do in rule.do)
