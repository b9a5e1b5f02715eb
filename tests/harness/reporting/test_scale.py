"""From virtual time to paper."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness.reporting.scale import scale_of

SECOND = 1_000_000
HOUR = 3600 * SECOND


@given(
    st.lists(st.tuples(st.integers(0, 10 * HOUR), st.sampled_from("abc")), max_size=60),
    st.integers(0, 10 * HOUR),
)
def test_time_never_changes_its_order_and_fills_the_width(moments: list[tuple[int, str]], end: int) -> None:
    scale = scale_of(moments, end, 900)
    places = [scale.at(t) for t in sorted({0, end, *(t for t, _ in moments if t <= end)})]
    assert all(one < other for one, other in pairwise(places))
    assert places[0] == 0
    assert round(scale.at(max(end, 1)), 6) == 900


def test_what_repeats_a_hundred_times_takes_the_room_of_nine() -> None:
    moments = [(60 * SECOND * i, "attempt") for i in range(1, 101)]
    scale = scale_of(moments, 101 * 60 * SECOND, 900)
    first, middle = (scale.at(60 * SECOND * (i + 1)) - scale.at(60 * SECOND * i) for i in (1, 50))
    assert first > 40 * middle
    assert 8 < (scale.at(6000 * SECOND) - scale.at(60 * SECOND)) / first < 10


def test_the_last_repeat_is_as_wide_as_the_first() -> None:
    moments = [(60 * SECOND * i, "attempt") for i in range(1, 101)]
    scale = scale_of(moments, 101 * 60 * SECOND, 900)
    first, last = (scale.at(60 * SECOND * (i + 1)) - scale.at(60 * SECOND * i) for i in (1, 99))
    assert round(first, 6) == round(last, 6)


def test_a_moment_beyond_the_ends_stands_at_the_end() -> None:
    scale = scale_of([], HOUR, 900)
    assert (scale.at(-1), scale.at(2 * HOUR), scale.at(HOUR // 2)) == (0, 900, 450)
