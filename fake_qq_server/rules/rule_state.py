"""What the engine remembers of each rule, and of each push that is due later. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from fake_qq_server.rules.decisions import Push
from fake_qq_server.rules.language_verbs import Link
from fake_qq_server.rules.rule import Rule


@dataclass(slots=True)
class RuleState:
    """What the engine remembers of one rule. `acts` counts per verb; `over`: nothing more can come;
    `instead`: the rule that last acted in its place on what it matched."""

    rule: Rule
    acts: list[int]
    seen: int = 0
    ticks: int = 0
    on: bool = False
    over: bool = False
    instead: str | None = None


@dataclass(order=True, slots=True)
class Pending:
    """A push that is due later, in order of its time (µs) and then of its place in the file."""

    due: int
    place: tuple[int, int, int]
    push: Push = field(compare=False)


def why_unmet(state: RuleState, got: int) -> str:
    """Half a sentence on why a rule acted only `got` times."""
    if got > 0:
        return "it acted, but not that often"
    if isinstance(state.rule.trigger, Link):
        return "nothing met the condition"
    if state.seen == 0:
        return "what it waits for never came"
    if state.instead is not None:
        return f"it matched, and rule {state.instead} acted instead"
    return "it matched and had nothing to act on"
