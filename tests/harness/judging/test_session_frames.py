"""Which frames of a session its client surely read."""

from __future__ import annotations

from harness.judging.facts import Mark
from harness.judging.session_frames import Frame, SessionFrames


def frame(s: int, t: int) -> Frame:
    return Frame(Mark(t, t), s)


def test_a_frame_counts_as_read_once_it_has_settled() -> None:
    frames = SessionFrames()
    frames.write(frame(1, 10), plain=True)
    frames.settle(9)
    assert (frames.least, frames.fresh) == (None, False)
    frames.settle(10)
    assert (frames.least, frames.fresh) == (frame(1, 10), True)


def test_one_that_is_not_plain_is_never_sure() -> None:
    frames = SessionFrames()
    frames.write(frame(1, 10), plain=False)
    frames.settle(99)
    assert (frames.least, frames.most, frames.fresh) == (None, frame(1, 10), False)


def test_of_equal_numbers_the_first_is_the_greatest_and_the_last_is_sure() -> None:
    frames = SessionFrames()
    frames.write(frame(3, 10), plain=True)
    frames.write(frame(3, 20), plain=False)
    frames.settle(99)
    assert (frames.least, frames.most) == (frame(3, 10), frame(3, 10))


def test_what_was_written_before_a_cut_was_read_and_nothing_after_it() -> None:
    frames = SessionFrames()
    for s in (1, 2, 3):
        frames.write(frame(s, 10 * s), plain=True)
    frames.cut(20)
    frames.settle(99)
    assert (frames.least, frames.most) == (frame(2, 20), frame(3, 30))


def test_a_lower_number_that_may_have_been_read_lowers_what_is_sure() -> None:
    frames = SessionFrames()
    frames.write(frame(5, 10), plain=True)
    frames.write(frame(2, 20), plain=False)
    frames.settle(99)
    assert (frames.least, frames.most) == (frame(2, 20), frame(5, 10))
