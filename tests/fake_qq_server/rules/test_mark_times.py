"""When marks occurred, as far as it is asked for."""

from __future__ import annotations

from fake_qq_server.rules.mark_times import MarkTimes
from fake_qq_server.rules.moments import Moment


def test_a_moment_is_known_once_its_mark_occurred_often_enough() -> None:
    second = Moment("lost", 2, 5)
    marks = MarkTimes([second])
    marks.note("lost", 10)
    assert marks.when(second) is None
    marks.note("lost", 20)
    assert marks.when(second) == 25


def test_no_moment_is_the_start_and_one_without_a_mark_is_counted_from_it() -> None:
    marks = MarkTimes([])
    assert marks.when(None) == 0
    assert marks.when(Moment(None, 1, 7)) == 7


def test_what_no_moment_asks_for_is_forgotten() -> None:
    marks = MarkTimes([Moment("lost"), Moment("lost", 3)])
    for now in range(100):
        marks.note("lost", now)
        marks.note("ready", now)
    assert marks.when(Moment("lost", 3)) == 2
    assert marks.when(Moment("lost", 4)) is None and marks.when(Moment("ready")) is None


def test_a_moment_with_a_latest_time_never_comes_later() -> None:
    moment = Moment("gaveup", 1, 20, latest_us=100)
    marks = MarkTimes([moment])
    assert marks.when(moment) == 100
    marks.note("gaveup", 50)
    assert marks.when(moment) == 70
    late = MarkTimes([moment])
    late.note("gaveup", 90)
    assert late.when(moment) == 100
