"""What a message event tells the bot, as a journal has it."""

from __future__ import annotations

from dataclasses import fields as fields_of
from typing import Any

import pytest

from fake_qq_server.events import EventSent
from fake_qq_server.platform.media import SPOKEN
from fake_qq_server.platform.payloads import Names, payload
from fake_qq_server.platform.told import LONGEST_OPENING, NOTHING, Told, opening, told_by

C2C = "C2C_MESSAGE_CREATE"


def told(t: str = C2C, fields: Any = None, **said: Any) -> Told:
    """What a message with this tells."""
    names = Names(message="M", user="U", place="G", channel="C", epoch_us=0, **said)
    return told_by(t, payload(t, names, fields or {}))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hello", "hello"),
        ("  two\n\n\twords ", "two words"),
        ("", None),
        (" \n", None),
        ("x" * LONGEST_OPENING + "y", "x" * LONGEST_OPENING),
        ("ab " + "x" * (LONGEST_OPENING - 3), "ab " + "x" * (LONGEST_OPENING - 3)),
        ("ab " + "x" * (LONGEST_OPENING - 3) + " y", "ab " + "x" * (LONGEST_OPENING - 3)),
        ("ab " + "x" * (LONGEST_OPENING - 2), "ab"),
        ("<@!123> hello <@ABC>there", "hello there"),
        ("a<@123>", "a"),
        ("<@>, a <b> and 1 < 2 <@ x>", "<@>, a <b> and 1 < 2 <@ x>"),
        (" " * 4 * LONGEST_OPENING + "too far", None),
    ],
)
def test_an_opening_has_no_mentions_and_each_white_space_as_one_space(text: str, told: str | None) -> None:
    assert opening(text) == told


def test_an_opening_may_be_longer() -> None:
    assert opening("x" * 500, 400) == "x" * 400


@pytest.mark.parametrize(
    ("t", "place", "user"),
    [
        (C2C, "U", "U"),
        ("GROUP_AT_MESSAGE_CREATE", "G", "U"),
        ("AT_MESSAGE_CREATE", "C", "U"),
        ("DIRECT_MESSAGE_CREATE", "G", "U"),
    ],
)
def test_a_message_tells_who_wrote_it_and_where_a_reply_goes(t: str, place: str, user: str) -> None:
    one = told(t, text="hello")
    assert (one.text, one.place, one.user) == ("hello", place, user)


def test_pictures_are_counted_and_files_are_named_and_voice_is_neither() -> None:
    one = told(media=["image", "file", "voice", "video", "image"])
    assert (one.images, one.files) == (2, ("notes.txt", "film.mp4"))
    assert (told(media=["voice"]).images, told(media=["voice"]).files) == (None, None)


@pytest.mark.parametrize(("text", "said"), [("", SPOKEN), ("listen", "listen")])
def test_a_voice_message_says_what_was_recognised_where_it_has_no_words(text: str, said: str) -> None:
    assert told(text=text, media=["voice"]).text == said


def test_what_a_quoted_message_came_with_is_shown_with_this_one() -> None:
    one = told(media=["image"], quotes=["image", "file", "voice"])
    assert (one.text, one.images, one.files, one.quoted) == ("hi", 2, ("notes.txt",), "words of before")
    assert told(media=["image"]).quoted is None


def test_what_an_event_says_is_read_back_whole() -> None:
    one = told(media=["image", "file"], quotes=["voice"])
    event = one.laid_over(EventSent("m", C2C, 1, False))
    assert Told.by(event) == one and all(getattr(one, each.name) is not None for each in fields_of(Told))
    assert Told.by(EventSent("m", C2C, 1, False)) == NOTHING


@pytest.mark.parametrize("d", [None, [], "text", 5])
def test_a_payload_that_is_none_tells_nothing(d: Any) -> None:
    assert told_by(C2C, d) == NOTHING


@pytest.mark.parametrize(
    "fields",
    [
        {"attachments": "x"},
        {"attachments": 5},
        {"attachments": [None, 3, "x"]},
        {"attachments": None},
        {"author": None},
        {"author": [1]},
        {"author": {"user_openid": 5, "id": 6}},
        {"content": None},
        {"content": ["x"]},
    ],
)
def test_fields_of_any_shape_are_read(fields: Any) -> None:
    one = told(fields=fields)
    assert (one.images, one.files) == (None, None)


def test_an_attachment_without_a_type_is_a_file() -> None:
    assert told(fields={"attachments": [{}, {"content_type": None, "filename": "a"}]}).files == ("", "a")


def test_it_is_laid_over_the_event_that_is_sent() -> None:
    sent = EventSent("M", C2C, 2, replay=True, probe=True)
    assert Told("hi", "G", "U", 1, ("a",)).laid_over(sent) == EventSent(
        "M", C2C, 2, True, True, "hi", "G", "U", 1, ("a",)
    )
    assert NOTHING.laid_over(sent) == sent
