"""Rules that set each other off without end, where the file alone proves it. Pure.

What cannot be proved here - a `which` that ends, a chance, a window that an act closes, a connection that
somebody ends - shows in the run, which the worker stops then, without a verdict on the bot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fake_qq_server.platform import protocol
from fake_qq_server.rules.language_errors import LanguageError, Path, quoted
from fake_qq_server.rules.language_verbs import Do, When
from fake_qq_server.rules.moments import Moment
from fake_qq_server.rules.rule import Rule

_ENDS_A_CONNECTION = ("close", "fin", "rst")
_IN_SESSION = ("ws.out.dispatch", "ws.out.ready", "ws.out.resumed")
"""Where a dispatch acts for certain: the session is there."""


def refuse_feedback(rules: Sequence[Rule], paths: Sequence[Path], heal: Moment | None) -> None:
    """Raises LanguageError for a rule that waits for what it pushes itself, and for rules of which each
    pushes at once what the next one waits for. `paths` says where each rule was written."""
    if any(_ends_connections(rule) for rule in rules):
        return
    after = _followers(rules, heal)
    for number in after:
        circle = _circle(number, after)
        if circle:
            last = max(circle)
            raise LanguageError(paths[last], _sentence(rules[last], [rules[i] for i in circle if i != last]))


def _sentence(rule: Rule, others: Sequence[Rule]) -> str:
    if others:
        names = " and ".join(quoted(other.key) for other in others[:2])
        return f"this rule and {names} set each other off without end: end one of them, as with which: 1"
    event = rule.trigger.event if isinstance(rule.trigger, When) else ""
    return f"this rule waits for {event} and pushes it too: say how often it acts, as with which: ..3"


def _ends_connections(rule: Rule) -> bool:
    about_frames = isinstance(rule.trigger, When) and rule.trigger.event.startswith("ws.out.")
    return about_frames and any(do.verb in _ENDS_A_CONNECTION for do in rule.do)


def _followers(rules: Sequence[Rule], heal: Moment | None) -> Mapping[int, tuple[int, ...]]:
    """For each rule that acts on every event it waits for: those of them that its pushes set off at once."""
    give_way = {name for rule in rules for name in rule.instead}
    always = {
        number: rule
        for number, rule in enumerate(rules)
        if rule.id not in give_way and _always_acts(rule, heal)
    }
    return {
        number: tuple(
            other
            for other, follower in always.items()
            if (rule.start, rule.until) == (follower.start, follower.until)
            and isinstance(follower.trigger, When)
            and any(follower.trigger.matches(event) for event in _pushed(rule))
        )
        for number, rule in always.items()
    }


def _always_acts(rule: Rule, heal: Moment | None) -> bool:
    timed = rule.until is None or rule.until.mark is None
    ends_all = heal is not None and rule.id is not None and heal.mark == rule.id
    numbered = rule.which.span.last is not None or rule.which.every != 1
    narrowed = numbered or rule.where is not None or rule.chance is not None
    return isinstance(rule.trigger, When) and timed and not ends_all and not narrowed


def _pushed(rule: Rule) -> Iterator[str]:
    """The events that the rule's pushes are, those that follow at once."""
    for do in rule.do:
        if do.after_us == 0 and do.verb == "frame":
            yield f"ws.out.{_op(do)}"
        elif do.after_us == 0 and do.verb == "dispatch" and _in_session(rule):
            yield "ws.out.dispatch"


def _op(do: Do) -> str:
    written = do.args.main
    frame = protocol.parse(written) if isinstance(written, str) else written
    return protocol.op_name(frame) if frame is not None else "other"


def _in_session(rule: Rule) -> bool:
    return isinstance(rule.trigger, When) and rule.trigger.event in _IN_SESSION


def _circle(start: int, after: Mapping[int, tuple[int, ...]]) -> tuple[int, ...]:
    """The shortest way from a rule back to itself, as the rules on it; empty where there is none."""
    ways: list[tuple[int, ...]] = [(start,)]
    seen: set[int] = set()
    for _ in range(len(after)):
        longer: list[tuple[int, ...]] = []
        for way in ways:
            for number in after[way[-1]]:
                if number == start:
                    return way
                if number not in seen:
                    seen.add(number)
                    longer.append((*way, number))
        ways = longer
    return ()
