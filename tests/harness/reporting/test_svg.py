"""Pictures of runs, read back as XML."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, fromstring

from harness.judging.timeline import read
from harness.reporting.lanes import picture_of
from harness.reporting.marks import NOTE, Band, Lane, Moment, Picture
from harness.reporting.svg import GUTTER, WIDTH, as_svg
from tests.harness.journals import HOUR, J, us
from tests.harness.reporting.made import NASTY, dies

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*pictures: Picture, differ: Moment | None = None) -> Element:
    return fromstring(as_svg(pictures, differ, alone=True))


def texts(root: Element) -> list[str]:
    return [one.text or "" for one in root.iter(f"{SVG}text")]


def titles(root: Element) -> list[str]:
    return [one.text or "" for one in root.iter(f"{SVG}title")]


def test_a_picture_names_its_lanes_its_moments_and_its_times() -> None:
    found = texts(drawn(picture_of(read(dies()), "hermes-agent 0.19.0")))
    assert {"hermes-agent 0.19.0", "⚡ 100x status", "attempts", "gives up", "in service"} <= set(found)
    assert {"0:00:00", "1:37:48", "1:47:48"} <= set(found)


def test_a_hundred_attempts_are_folded_and_the_first_and_last_are_named() -> None:
    root = drawn(picture_of(read(dies()), "x"))
    found = texts(root)
    assert {"1", "2", "100"} <= set(found)
    (fold,) = [text for text in found if text.startswith("… ")]
    assert re.fullmatch(r"… \d+ attempts …", fold)
    assert len(as_svg([picture_of(read(dies()), "x")])) < 30_000


def test_everything_says_what_it_is_to_whoever_points_at_it() -> None:
    found = titles(drawn(picture_of(read(dies()), "x")))
    assert "0:01:02.000 attempt 1: failed after 50 s (record 14)" in found
    assert "0:00:30.000 heartbeat without an ACK, last number 1 (record 8)" in found


def test_nothing_is_drawn_outside() -> None:
    for rect in list(drawn(picture_of(read(dies()), "x")).iter(f"{SVG}rect"))[1:]:
        x, width = float(rect.get("x", "")), float(rect.get("width", ""))
        assert GUTTER <= x <= x + width <= GUTTER + WIDTH + 2


def test_the_first_difference_of_two_runs_is_marked_in_both() -> None:
    one = picture_of(read(J().up().done(HOUR)), "one")
    other = picture_of(read(J().up().loses(t=60).done(HOUR)), "other")
    found = texts(drawn(one, other, differ=Moment(us(60), NOTE, "first difference", 0)))
    assert found.count("first difference") == 2
    assert {"one", "other"} <= set(found)


def test_moments_at_one_place_have_one_name() -> None:
    moments = (Moment(us(60), NOTE, "gives up", 1), Moment(us(60), NOTE, "first difference", 0))
    assert "gives up, first difference" in texts(drawn(Picture("x", (), moments, us(90))))


def test_narrow_bands_of_one_kind_become_one_and_wide_ones_do_not() -> None:
    bands = tuple(Band(us(i), us(i + 1), "good", "b", i, many="changes") for i in range(2000))
    wide = Band(us(2000), us(9000), "bad", "wide", 1, "wide", "changes")
    root = drawn(Picture("x", (Lane("says", (*bands, wide)),), (), us(9000)))
    assert len(list(root.iter(f"{SVG}rect"))) < 250
    assert "wide" in texts(root)


def test_no_text_is_markup() -> None:
    nasty = NASTY.replace("\0", "")
    lane = Lane(nasty, (Band(0, us(1), "good", nasty, 1, nasty),))
    assert f"0:00:00.000 {nasty} (record 1)" in titles(drawn(Picture(nasty, (lane,), (), us(1))))


def test_a_picture_has_the_colours_of_both_themes_and_fetches_nothing() -> None:
    text = as_svg([picture_of(read(dies()), "x")], alone=True)
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"href|url\(|@import|<script", text)
