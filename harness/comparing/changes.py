"""What became of runs that were known: better, worse, different, new or gone. Pure.

In order of weight: the verdict; with an equal verdict the failed checks, asked or not; then ending and number
of attempts, where neither is better nor worse than the other. A check that failed and one that did not, both
ways at once, is worse: what worked works no more. Where several results are known of a run, it is worse or
better only if it is so beside each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from harness.comparing.rows import VERDICTS, Row

Word = Literal["worse", "new", "gone", "different", "better", "as known"]
WORDS: tuple[Word, ...] = ("worse", "new", "gone", "different", "better", "as known")
"""In the order in which they are told."""


@dataclass(frozen=True)
class Change:
    """One run: what was known of it and what it did now; None where there is nothing."""

    name: str
    level: str
    before: Row | None
    now: Row | None

    @property
    def word(self) -> Word:
        """What it is, in one word."""
        if self.before is None or self.now is None:
            return "new" if self.now is not None else "gone"
        words = {_word(before, self.now) for before in self.before.all}
        if "as known" in words:
            return "as known"
        return words.pop() if len(words) == 1 else "different"

    @property
    def text(self) -> str:
        """One line: the word, the run, and what was and is."""
        at = self.name if self.level == "adapter" else f"{self.name} ({self.level})"
        if self.before is None or self.now is None or self.before == self.now:
            row = self.now or self.before
            assert row is not None
            return f"{self.word:9}  {at}  {row.text}"
        return f"{self.word:9}  {at}  {self.before.text}  →  {self.now.text}"


def _word(before: Row, now: Row) -> Word:
    rank = VERDICTS.index(now.verdict) - VERDICTS.index(before.verdict)
    if rank:
        return "better" if rank > 0 else "worse"
    if set(now.failed) - set(before.failed):
        return "worse"
    if set(before.failed) - set(now.failed):
        return "better"
    same = (before.ending, before.attempts) == (now.ending, now.attempts)
    return "as known" if same else "different"


Key = tuple[str, str]
"""Level and name of a run."""


def changes(before: Mapping[Key, Row], now: Mapping[Key, Row], *, gone: bool = True) -> list[Change]:
    """Every run of either, in the order of WORDS and then of `now`.

    Without `gone`, what only `before` has is left out: nobody ran it now.
    """
    keys = [*now, *(key for key in before if key not in now and gone)]
    found = [Change(name, level, before.get((level, name)), now.get((level, name))) for level, name in keys]
    return sorted(found, key=lambda change: WORDS.index(change.word))


def totals(found: Iterable[Change]) -> str:
    """How many of each: `1 worse, 2 new, 44 as known`."""
    return counted(change.word for change in found)


def counted(words: Iterable[str]) -> str:
    """The same, from the words alone."""
    each = list(words)
    return ", ".join(f"{each.count(word)} {word}" for word in WORDS if word in each) or "nothing to compare"
