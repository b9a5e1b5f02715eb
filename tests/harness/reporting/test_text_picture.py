"""Pictures of runs as lines of ASCII."""

from __future__ import annotations

import pytest

from harness.judging.timeline import read
from harness.reporting.lanes import picture_of
from harness.reporting.marks import BAD, DIM, GOOD, Band, Lane, Moment, Picture, Tick
from harness.reporting.text_picture import LEAST, LEGEND, SIGNS, text_picture
from tests.harness.journals import us
from tests.harness.reporting.made import dies

HOUR_US = us(3600)


def drawn(*lanes: Lane, moments: tuple[Moment, ...] = (), columns: int = 60) -> list[str]:
    return text_picture(Picture("x", lanes, moments, HOUR_US), columns)


def test_a_bot_that_gave_up_is_seen_to_fail_and_to_say_nothing_of_it() -> None:
    told = {line.partition("|")[0].strip(): line for line in text_picture(picture_of(read(dies()), "x"), 100)}
    assert "xxxxxxxxxx" in told["attempts"] and "!!!!!!!!!!" in told["100x status"]
    assert told["it says"].rstrip("|").endswith("~~~~~~")
    assert any("gives up ^" in line for line in told.values())
    axis = next(reversed(told.values())).split()
    assert (axis[0], axis[-1]) == ("0:00:00", "1:47:48")


@pytest.mark.parametrize("columns", [40, 60, 100, 200])
def test_no_line_is_wider_than_the_terminal_and_all_are_ascii(columns: int) -> None:
    for line in text_picture(picture_of(read(dies()), "x"), columns):
        assert len(line) <= columns and line.isascii()


def test_in_a_terminal_of_no_width_lanes_keep_the_least_width() -> None:
    assert len(drawn(Lane("a", (Band(0, HOUR_US, GOOD, "", 1),)), columns=1)[0]) == len("a ||") + LEAST


def test_of_what_falls_into_one_column_the_worst_is_shown() -> None:
    lane = Lane("a", (Band(0, HOUR_US, DIM, "", 1),), (Tick(1, GOOD, "", 2, "k"), Tick(1, BAD, "", 3, "k")))
    assert drawn(lane)[0].startswith("a |x")


def test_a_band_of_no_length_at_the_very_end_is_drawn() -> None:
    assert drawn(Lane("a", (Band(HOUR_US, HOUR_US, BAD, "", 1),)))[0].endswith(" x|")


def test_a_moment_without_room_to_its_right_is_named_to_its_left() -> None:
    late = Moment(HOUR_US, BAD, "gives up", 1)
    early = Moment(0, GOOD, "healed", 2)
    lane = Lane("a", (Band(0, HOUR_US, DIM, "", 1),))
    assert drawn(lane, moments=(late,))[1].endswith("gives up ^")
    assert drawn(lane, moments=(early, late))[1].split() == ["^", "healed", "gives", "up", "^"]


def test_moments_that_crowd_keep_their_carets() -> None:
    crowd = tuple(Moment(us(60 * n), BAD, f"a name that is long {n}", n) for n in range(12))
    lane = Lane("a", ticks=tuple(Tick(one.t, DIM, "", one.n, f"k{one.n}") for one in crowd))
    assert drawn(lane, moments=crowd)[1].count("^") > 6


def test_a_run_in_which_nothing_happened_is_its_time() -> None:
    assert [line.split() for line in drawn()] == [["0:00:00", "1:00:00"]]


def test_every_colour_has_a_sign_that_the_legend_names() -> None:
    assert all(f"{sign} " in LEGEND for sign in SIGNS.values())
