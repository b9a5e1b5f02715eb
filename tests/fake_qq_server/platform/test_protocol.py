"""The vocabulary: names of frames, the close-code table, errors, control frames."""

from collections.abc import Mapping
from typing import Any

import pytest

from fake_qq_server.platform import protocol
from fake_qq_server.platform.protocol import CLOSE_CODES, REFUSALS, REST_ERRORS, TOKEN_ERRORS, op_name


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        (protocol.hello(), "hello"),
        ({"op": 2}, "identify"),
        (protocol.ready("id", {}, [0, 1]), "ready"),
        ({"op": 6}, "resume"),
        (protocol.resumed(9), "resumed"),
        ({"op": 1, "d": None}, "heartbeat"),
        (protocol.ack(), "ack"),
        (protocol.dispatch("FRIEND_ADD", {}, 2), "dispatch"),
        (protocol.reconnect(), "reconnect"),
        (protocol.invalid(), "invalid"),
        ({"op": 12}, "other"),
        ({"op": True}, "other"),
        ({}, "other"),
    ],
)
def test_every_frame_has_a_name(frame: Any, name: str) -> None:
    assert op_name(frame) == name
    assert name == "other" or name in protocol.OP_NAMES


def test_op_names_are_those_of_the_scenario_language() -> None:
    words = "hello identify ready resume resumed heartbeat ack dispatch reconnect invalid"
    assert set(words.split()) == protocol.OP_NAMES


@pytest.mark.parametrize(
    ("codes", "resume", "identify"),
    [
        ((4001, 4002, 4010, 4011, 4012, 4013, 4014, 4914, 4915), False, False),
        ((4006, 4007, *range(4900, 4914)), False, True),
        ((4008, 4009), True, True),
        ((4000, 4003, 4004, 4005), None, None),
    ],
)
def test_close_codes_say_what_the_client_may_retry(
    codes: tuple[int, ...], resume: bool | None, identify: bool | None
) -> None:
    assert {(CLOSE_CODES[c].resume, CLOSE_CODES[c].identify) for c in codes} == {(resume, identify)}


def test_the_close_code_table_is_the_official_one_and_botgos_four() -> None:
    official = {4001, 4002, *range(4006, 4015), *range(4900, 4916)}
    assert set(CLOSE_CODES) == official | {4000, 4003, 4004, 4005}


@pytest.mark.parametrize("table", [CLOSE_CODES, REFUSALS, TOKEN_ERRORS, REST_ERRORS])
def test_every_row_names_its_source(table: Mapping[Any, Any]) -> None:
    assert all(row.source.startswith(("doc", "src", "log", "inf", "op 9: log")) for row in table.values())


@pytest.mark.parametrize("name", REFUSALS)
def test_every_refusal_closes_with_a_listed_code(name: str) -> None:
    close = REFUSALS[name].close
    assert close is not None and close[0] in CLOSE_CODES


@pytest.mark.parametrize("code", [100001, 100002, 100007, 100016, 10004])
def test_token_errors_are_a_code_and_a_message(code: int) -> None:
    row = next(row for row in TOKEN_ERRORS.values() if row.code == code)
    assert row.body == {"code": code, "message": row.message}


def test_the_default_heartbeat_interval_is_41250_ms() -> None:
    assert protocol.hello() == {"op": 10, "d": {"heartbeat_interval": 41250}}


def test_ready_has_everything_that_clients_index() -> None:
    frame = protocol.ready("sid", {"id": "1", "username": "b", "bot": True}, (0, 2))
    assert frame["s"] == 1
    assert frame["d"] == {
        "version": 1,
        "session_id": "sid",
        "user": {"id": "1", "username": "b", "bot": True},
        "shard": [0, 2],
    }


def test_resumed_carries_an_empty_string() -> None:
    assert protocol.resumed(2002) == {"op": 0, "s": 2002, "t": "RESUMED", "d": ""}


def test_ack_and_reconnect_are_bare_and_invalid_says_whether_to_resume() -> None:
    assert (protocol.ack(), protocol.reconnect()) == ({"op": 11}, {"op": 7})
    assert (protocol.invalid()["d"], protocol.invalid(True)["d"]) == (False, True)


def test_hermes_intents_are_four_known_bits() -> None:
    assert sorted(str(i.name) for i in protocol.Intent(1174409216)) == [
        "DIRECT_MESSAGE", "GROUP_AND_C2C_EVENT", "INTERACTION", "PUBLIC_GUILD_MESSAGES",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "[]", "1", "{", "[" * 100_000])
def test_only_an_object_is_a_frame(text: str) -> None:
    assert protocol.parse(text) is None


def test_encoding_is_compact_and_keeps_chinese() -> None:
    assert protocol.encode({"op": 11, "t": "人"}) == '{"op":11,"t":"人"}'
