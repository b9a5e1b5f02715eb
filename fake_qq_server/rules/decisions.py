"""What the engine decides: answers, pushes, conditions, and which rules acted too seldom. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, field

from fake_qq_server.rules.forbids import Forbid
from fake_qq_server.rules.language_verbs import Do
from fake_qq_server.rules.moments import Span
from fake_qq_server.rules.rule import Rule

VerbOfRule = tuple[str, int]
"""A rule's key and the verb's place in it: what makes a condition the same one."""


@dataclass(frozen=True)
class Act:
    """One verb of one rule, meant for now. `occurrence` counts the rule's matches from 1 (a condition's:
    the connection's number)."""

    rule: Rule
    do: Do
    occurrence: int

    @property
    def verb_of_rule(self) -> VerbOfRule:
        """Which verb of which rule it is, whatever the match."""
        return self.rule.key, self.do.index

    @property
    def conn(self) -> Span | None:
        """Which of the open connections a push is for; None: the newest. Of several, the newest."""
        return self.rule.where.conn if self.rule.where else None


@dataclass(frozen=True)
class Push(Act):
    """A push that is due; `due_us` is when it was planned for, never later than the time it is given out."""

    due_us: int


@dataclass(frozen=True)
class Decision:
    """What the rules say to one event, in file order. Pushes with a delay come out of `advance` later; they
    are named in `later`, for whoever keeps track of causes. `forbidden`: the prohibitions that it breaks."""

    answers: tuple[Act, ...] = ()
    pushes: tuple[Push, ...] = ()
    later: tuple[Push, ...] = field(default=(), compare=False)
    forbidden: tuple[Forbid, ...] = ()

    @property
    def conflict(self) -> bool:
        """Whether two rules answer one event: they contradict each other, and the run is unknown."""
        return len(self.answers) > 1


@dataclass(frozen=True)
class Step:
    """What came due: pushes in order, conditions that went on and off, and whether everything healed."""

    pushes: tuple[Push, ...] = ()
    on: tuple[Act, ...] = ()
    off: tuple[Act, ...] = ()
    healed: bool = False


@dataclass(frozen=True)
class Unmet:
    """A rule that acted less (or more) often than its `fires` asks; `why` is half a sentence."""

    rule: Rule
    wanted: str
    got: int
    why: str
