"""What a client sends: whom it goes to, what it is, and when two of them are copies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fake_qq_server.events import HttpSend, InteractionAck
from fake_qq_server.platform import sends
from fake_qq_server.platform.sends import DIGITS, LONGEST_ID, LONGEST_NORMAL, SENDS
from fake_qq_server.platform.told import LONGEST_PASSAGE

C2C = "/v2/users/U/messages"


def read(body: Any = None, route: str = C2C, **more: Any) -> HttpSend:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    send = sends.read("POST", route, raw, **more)
    assert send is not None
    return send


def content(**body: Any) -> str | None:
    return read(body).content


@pytest.mark.parametrize(
    ("route", "scene", "what"),
    [
        ("/v2/users/ID-1/messages", "c2c", "message"),
        ("/v2/groups/ID-1/messages", "group", "message"),
        ("/channels/ID-1/messages", "channel", "message"),
        ("/dms/ID-1/messages", "dm", "message"),
        ("/v2/users/ID-1/stream_messages", "c2c", "message"),
        ("/v2/users/ID-1/files", "c2c", "media"),
        ("/v2/groups/ID-1/files", "group", "media"),
        ("/v2/users/ID-1/upload_prepare", "c2c", "upload"),
        ("/v2/groups/ID-1/upload_part_finish", "group", "upload"),
    ],
)
def test_a_path_says_whom_a_send_goes_to_and_what_it_is(route: str, scene: str, what: str) -> None:
    send = read({"content": "x"}, route)
    assert (send.scene, send.target, send.what) == (scene, "ID-1", what)


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("GET", C2C),
        ("DELETE", "/v2/users/U/messages/M"),
        ("DELETE", C2C),
        ("POST", "/v2/users//messages"),
        ("POST", "/v2/users/U/V/messages"),
        ("POST", "/v3/users/U/messages"),
        ("POST", "/users/@me/dms"),
        ("PUT", "/interactions/I"),
        ("POST", "/channels/C/files"),
        ("POST", "/v2/users/U/messages/"),
    ],
)
def test_any_other_request_is_no_send(method: str, route: str) -> None:
    assert sends.read(method, route, b'{"content":"x"}') is None


def test_each_row_of_the_table_says_where_it_comes_from() -> None:
    assert all(row.source.startswith(("doc ", "src ")) for row in SENDS)


@pytest.mark.parametrize(
    ("msg_type", "what"), [(n, "message") for n in (0, 2, 3, 4, 7, None)] + [(6, "notice")]
)
def test_a_typing_notice_is_no_message_and_every_other_type_is(msg_type: Any, what: str) -> None:
    send = read({"content": "x", "msg_type": msg_type})
    assert (send.what, send.msg_type) == (what, msg_type)


def test_a_file_that_is_sent_at_once_is_a_message() -> None:
    route = "/v2/users/U/files"
    assert read({"file_type": 1, "url": "u", "srv_send_msg": True}, route).what == "message"
    assert read({"file_type": 1, "url": "u", "srv_send_msg": False}, route).what == "media"
    assert read({"msg_type": 6}, route).what == "media"


def test_a_message_is_told_with_what_it_answers() -> None:
    body = {"content": "hello", "msg_type": 2, "msg_id": "M", "msg_seq": 7, "event_id": "E"}
    send = read(body)
    assert (send.msg_type, send.msg_id, send.msg_seq, send.event_id) == (2, "M", 7, "E")
    assert send.length == 5 and send.content is not None and len(send.content) == DIGITS


@pytest.mark.parametrize("value", ["7", 7.0, True, None, [7], {}, float("nan"), 1e300])
def test_a_type_or_seq_that_is_no_integer_is_null(value: Any) -> None:
    send = read({"msg_type": value, "msg_seq": value})
    assert (send.msg_type, send.msg_seq) == (None, None)


@pytest.mark.parametrize("value", [0, -1, 2**63, 10**4000])
def test_an_integer_is_told_as_sent_however_large(value: int) -> None:
    send = read({"msg_type": value, "msg_seq": value})
    assert (send.msg_type, send.msg_seq) == (value, value)


@pytest.mark.parametrize(
    ("value", "told"),
    [("", None), (None, None), (5, "5"), (True, None), ([], None), ("x" * 500, "x" * LONGEST_ID)],
)
def test_an_id_is_a_text_of_some_length(value: Any, told: str | None) -> None:
    send = read({"msg_id": value, "event_id": value})
    assert (send.msg_id, send.event_id) == (told, told)


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe\x00", b"not json", b"[1]", b'"x"', b'{"content": ', b"[" * 100_000, b"1" * 5000],
)
def test_a_body_that_is_no_json_object_has_the_digest_of_its_bytes_and_no_fields(body: bytes) -> None:
    send = read(body)
    assert send == HttpSend("c2c", "U", "message", content=send.content, length=len(body))
    assert send.content == read(body).content != read(body + b" ").content


def test_without_a_body_there_is_no_content() -> None:
    assert (read(b"").content, read(b"").length) == (None, 0)


def test_a_number_too_long_for_python_makes_a_body_that_is_no_json() -> None:
    body = b'{"content":"x","msg_seq":' + b"9" * 5000 + b"}"
    assert (read(body).msg_seq, read(body).length) == (None, len(body))


def test_bytes_that_are_no_utf_8_inside_json_are_read_as_the_platform_reads_them() -> None:
    send = read(b'{"content":"\xff\xfe","msg_id":"M"}')
    assert (send.msg_id, send.length) == ("M", 2)


def test_half_a_surrogate_pair_has_a_digest() -> None:
    send = read(b'{"content":"\\ud800","msg_id":"\\ud800"}')
    assert send.length == 1 and send.content is not None


@pytest.mark.parametrize(
    "other",
    [
        {"msg_seq": 9},
        {"msg_id": "N"},
        {"event_id": "E"},
        {"message_reference": {"message_id": "M"}},
        {"markdown": None},
        {"image": ""},
    ],
)
def test_copies_of_a_content_have_one_digest_however_they_are_addressed(other: Any) -> None:
    assert content(content="hello", msg_id="M", msg_seq=1) == content(
        **{"content": "hello", "msg_id": "M"} | other
    )


def test_the_order_of_a_bodys_fields_is_nothing() -> None:
    assert read(b'{"a":1,"b":{"x":1,"y":2}}').content == read(b'{"b":{"y":2,"x":1},"a":1}').content


def test_a_text_is_the_same_content_as_markdown_and_plain() -> None:
    assert content(content="hello", msg_type=0) == content(markdown={"content": "hello"}, msg_type=2)
    assert read({"markdown": {"content": "hello"}}).length == 5


@pytest.mark.parametrize(
    "other",
    [
        {"content": "Hello"},
        {"content": "hello "},
        {"content": "hello", "media": {"file_info": "F"}},
        {"content": "hello", "keyboard": {"id": "K"}},
        {"markdown": {"content": "hello", "params": []}},
        {"content": "hello", "markdown": {"content": "hello"}},
        {"content": ["hello"]},
        {"ark": {"template_id": 23}},
        {},
    ],
)
def test_another_content_has_another_digest(other: dict[str, Any]) -> None:
    assert content(**other) != content(content="hello")


@pytest.mark.parametrize("body", [{}, {"msg_type": 0, "msg_id": "M"}, {"content": ""}, {"content": None}])
def test_a_body_with_nothing_to_see_has_no_content(body: dict[str, Any]) -> None:
    assert (read(body).content, read(body).length) == (None, 0)


def test_media_have_a_content_and_no_text() -> None:
    send = read({"msg_type": 7, "media": {"file_info": "F"}, "content": ""})
    assert send.content is not None and send.length == 0


def test_of_a_text_only_its_beginning_is_told_with_each_white_space_as_one_space() -> None:
    assert read({"content": " a\n\n b\t"}).text == "a b"
    assert read({"markdown": {"content": "a b"}, "msg_type": 2}).text == "a b"
    assert read({"content": "x" * LONGEST_PASSAGE + "y"}).text == "x" * LONGEST_PASSAGE


@pytest.mark.parametrize("body", [b"not json", {"content": " "}, {"media": {"file_info": "F"}}, {}])
def test_what_has_no_text_tells_none(body: Any) -> None:
    assert read(body).text is None


def test_the_beginning_of_a_text_is_told_with_its_secrets_named() -> None:
    named = read({"content": "the token is hush"}, normal=lambda text: text.replace("hush", "<secret>"))
    assert named.text == "the token is <secret>"


@pytest.mark.parametrize(
    ("notify", "seconds"),
    [({"input_type": 1, "input_second": 60}, 60), ({"input_second": "60"}, None), ({}, None), ("x", None)],
)
def test_a_typing_notice_tells_how_long_it_is_shown(notify: Any, seconds: int | None) -> None:
    assert read({"msg_type": 6, "input_notify": notify}).seconds == seconds


def test_texts_are_made_normal_before_they_are_digested() -> None:
    one = read(
        {"content": "port 4711", "image": "http://x:4711"}, normal=lambda text: text.replace("4711", "N")
    )
    other = read(
        {"content": "port 815", "image": "http://x:815"}, normal=lambda text: text.replace("815", "N")
    )
    assert one == other and one.length == len("port N")


def test_a_text_as_long_as_media_is_digested_as_it_stands() -> None:
    def normal(text: str) -> str:
        assert len(text) <= LONGEST_NORMAL
        return text

    assert read(
        {"file_type": 1, "file_data": "x" * (LONGEST_NORMAL + 1)}, "/v2/users/U/files", normal=normal
    ).content


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"message":"x","code":11298,"err_code":40023002}', 11298),
        (b'{"err_code":40034024}', 40034024),
        (b'{"code":0,"err_code":5}', 5),
        (b'{"code":0}', None),
        (b'{"code":"11244"}', None),
        (b'{"code":true}', None),
        (b'{"id":"ROBOT1.0_x"}', None),
        (b"", None),
        (b"<html>", None),
        (b"[5]", None),
        (b"\xff", None),
    ],
)
def test_the_error_code_of_an_answer_is_its_code_else_its_err_code(body: bytes, code: int | None) -> None:
    assert sends.answered(body).code == code


@pytest.mark.parametrize(
    ("body", "name"),
    [(b'{"id": "m1", "timestamp": ""}', "m1"), (b"{}", None), (b'{"id": 5}', "5"), (b"<", None)],
)
def test_the_id_of_a_message_stands_in_the_answer_to_it(body: bytes, name: str | None) -> None:
    assert sends.answered(body).id == name


@pytest.mark.parametrize(
    ("method", "route", "body", "ack"),
    [
        ("PUT", "/interactions/i1", b'{"code":0}', InteractionAck("i1", 0)),
        ("PUT", "/interactions/ROBOT1.0_x%21", b'{"code":3}', InteractionAck("ROBOT1.0_x!", 3)),
        ("PUT", "/interactions/i1", b"", InteractionAck("i1", None)),
        ("PUT", "/interactions/i1", b'{"code":"0"}', InteractionAck("i1", None)),
        ("POST", "/interactions/i1", b'{"code":0}', None),
        ("PUT", "/interactions/i1/more", b'{"code":0}', None),
        ("PUT", "/v2/users/u/messages", b'{"code":0}', None),
    ],
)
def test_an_acknowledgement_names_its_interaction(
    method: str, route: str, body: bytes, ack: InteractionAck | None
) -> None:
    assert sends.acknowledged(method, route, body) == ack
