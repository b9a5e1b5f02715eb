"""Pushes of which each was set off by the one before, with nothing of the client's in between. Pure.

A rule never matches what it brought about itself, so a chain that is longer than the rules are many goes
round in a circle. A fast one is more than a run can carry out; a slow one is a way to say "by turns".
"""

from __future__ import annotations

from dataclasses import dataclass

from fake_qq_server.platform.units import MINUTE

LONGEST = 2_000
"""Most pushes of one chain within WITHIN_US."""

WITHIN_US = MINUTE
"""Virtual microseconds."""

NAMED = 3
"""Most rules that are named."""


@dataclass(frozen=True)
class Chain:
    """A push and those that led to it: how many since `since_us`, and the rules that pushed last, by key."""

    count: int
    since_us: int
    keys: tuple[str, ...]

    @property
    def runs_away(self) -> bool:
        """Whether these are more than the bound allows."""
        return self.count > LONGEST


def followed_by(chain: Chain | None, key: str, now_us: int) -> Chain:
    """The chain with one more push, of the rule `key`; a new one where nothing led to it, or too long ago."""
    if chain is None or now_us - chain.since_us > WITHIN_US:
        return Chain(1, now_us, (key,))
    keys = chain.keys if key in chain.keys else (*chain.keys, key)[-NAMED:]
    return Chain(chain.count + 1, chain.since_us, keys)
