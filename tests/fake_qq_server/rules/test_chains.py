"""Pushes that set each other off: a fast chain runs away, a slow one does not."""

from __future__ import annotations

import pytest

from fake_qq_server.platform.units import MINUTE
from fake_qq_server.rules.chains import LONGEST, NAMED, WITHIN_US, Chain, followed_by


def chain(pushes: int, every_us: int, *keys: str) -> Chain:
    made: Chain | None = None
    for n in range(pushes):
        made = followed_by(made, keys[n % len(keys)], 5 * MINUTE + n * every_us)
    assert made is not None
    return made


@pytest.mark.parametrize("every_us", [0, 1_000, WITHIN_US // LONGEST])
def test_one_push_more_than_are_allowed_runs_away_and_names_its_rules(every_us: int) -> None:
    assert not chain(LONGEST, every_us, "a", "b").runs_away
    assert chain(LONGEST + 1, every_us, "a", "b") == Chain(LONGEST + 1, 5 * MINUTE, ("a", "b"))
    assert chain(LONGEST + 1, every_us, "a", "b").runs_away


def test_a_slow_chain_never_does() -> None:
    assert not chain(5 * LONGEST, WITHIN_US // LONGEST + 1, "a", "b").runs_away


def test_of_many_rules_the_last_are_named() -> None:
    assert chain(10, 1, *"abcdefghij").keys == tuple("abcdefghij")[-NAMED:]
