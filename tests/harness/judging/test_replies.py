"""Replies: the pieces of what was said to one message. What is wrong with them, `single` tells."""

from __future__ import annotations

from harness.judging.replies import replies_of
from harness.judging.sends import sends_of
from tests.harness.journals import J


def test_a_reply_is_what_goes_to_one_place_for_one_message() -> None:
    j = J().posts("m", t=1, content="a").posts("m", t=2, content="b").posts("n", t=3, content="a")
    j.posts(None, t=4, content="c").posts("m", t=5, content="a", target="v").posts(None, t=6, target="w")
    found = [
        (one.message, [len(piece.attempts) for piece in one.pieces])
        for one in replies_of(sends_of(j.records))
    ]
    assert found == [("m", [1, 1]), ("n", [1, 1]), ("m", [1]), (None, [1])]


def test_what_names_no_message_goes_on_with_the_one_before_it_for_a_minute() -> None:
    j = J().posts("m", t=1).posts(None, t=60, content="b").posts(None, t=119, content="d")
    found = [(one.message, len(one.pieces)) for one in replies_of(sends_of(j.posts(None, t=179).records))]
    assert found == [("m", 3), (None, 1)]


def test_unasked_the_same_again_is_another_piece_unless_it_comes_soon() -> None:
    j = J().posts(None, t=1).posts(None, t=60, content="b").posts(None, t=60.9).posts(None, t=121)
    (one,) = replies_of(sends_of(j.records))
    assert [len(piece.attempts) for piece in one.pieces] == [2, 1, 1]


def test_the_tries_of_one_content_are_one_piece() -> None:
    j = J().refused("m", t=1, msg_seq=1).posts("m", t=2, content="b").posts("m", t=3, msg_seq=2, length=5)
    (one,) = replies_of(sends_of(j.records))
    first, second = one.pieces
    assert [send.at.t for send in first.attempts] == [1_000_000, 3_000_000]
    assert (len(first.taken), first.seq, first.length) == (1, 2, 2)
    assert (second.seq, second.length) == (None, 2)


def test_notices_uploads_and_what_has_no_content_are_no_pieces() -> None:
    j = (
        J()
        .posts("m", t=1, what="notice")
        .posts("m", t=2, what="media")
        .posts("m", t=3, content=None)
        .replies("m")
    )
    assert replies_of(sends_of(j.records)) == ()


def test_a_piece_that_was_never_taken_has_no_number() -> None:
    (one,) = replies_of(sends_of(J().refused("m", t=1, msg_seq=4).records))
    assert (one.pieces[0].seq, one.pieces[0].taken) == (None, ())
