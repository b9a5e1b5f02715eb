"""Stretches of time: union, difference, common part, and their spelling."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.judging.intervals import Interval, duration, merge, overlap, subtract


def of(*pairs: tuple[int, int]) -> tuple[Interval, ...]:
    return tuple(Interval(a, b) for a, b in pairs)


def test_an_interval_holds_its_start_and_not_its_end() -> None:
    one = Interval(2, 5)
    assert [t for t in range(8) if one.holds(t)] == [2, 3, 4]
    assert one.length == 3


def test_merge_joins_what_touches_and_drops_what_is_empty() -> None:
    assert merge(of((5, 7), (1, 3), (3, 4), (6, 9), (2, 3), (11, 11), (13, 12))) == of((1, 4), (5, 9))
    assert merge(of((1, 9), (2, 3))) == of((1, 9))


def test_subtract_cuts_holes() -> None:
    assert subtract(of((0, 10)), of((2, 3), (5, 7))) == of((0, 2), (3, 5), (7, 10))
    assert subtract(of((0, 10), (20, 30)), of((0, 1), (9, 21), (29, 40))) == of((1, 9), (21, 29))
    assert subtract(of((0, 10)), of((0, 10))) == ()
    assert subtract(of((0, 10)), of((10, 12))) == of((0, 10))


def test_overlap_is_what_both_have() -> None:
    assert overlap(of((0, 4), (6, 9)), of((3, 7), (8, 20))) == of((3, 4), (6, 7), (8, 9))
    assert overlap(of((0, 4)), of((4, 8))) == ()
    assert overlap(of((0, 4), (5, 6)), of((0, 4), (5, 6))) == of((0, 4), (5, 6))


moments = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)).map(lambda p: Interval(min(p), max(p))))


@given(moments, moments)
def test_merge_subtract_and_overlap_agree_with_sets(left: list[Interval], right: list[Interval]) -> None:
    def points(stretches: object) -> set[int]:
        assert isinstance(stretches, list | tuple)
        return {t for one in stretches for t in range(one.start, one.end)}

    assert points(merge([*left, *right])) == points(left) | points(right)
    assert points(subtract(left, right)) == points(left) - points(right)
    assert points(overlap(left, right)) == points(left) & points(right)
    for found in (merge(left), subtract(left, right), overlap(left, right)):
        assert all(one.end < two.start for one, two in pairwise(found))
        assert all(one.length > 0 for one in found)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.25, "0.25 s"),
        (10, "10 s"),
        (133.75, "133.75 s"),
        (179.99, "179.99 s"),
        (180, "3 min"),
        (5868, "97.8 min"),
        (7199, "120 min"),
        (7200, "2 h"),
        (36_000, "10 h"),
        (100_000, "27.8 h"),
    ],
)
def test_durations_are_spelled_for_people(seconds: float, words: str) -> None:
    assert duration(round(seconds * 1e6)) == words
