"""Identify: what is answered with READY, and what is refused with which code."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.events import Session, WsOut
from fake_qq_server.platform.protocol import Intent
from fake_qq_server.platform.units import DAY, SECOND
from tests.fake_qq_server.platform.gateway_client import Gateway, assert_refused, closes, frames


def test_identify_is_answered_with_ready_as_the_first_dispatch(gateway: Gateway) -> None:
    conn = gateway.open()
    answer = gateway.identify(conn, shard=[1, 4])
    (frame,) = frames(answer)
    assert (frame["t"], frame["s"], frame["d"]["shard"]) == ("READY", 1, [1, 4])
    assert conn.session is not None and frame["d"]["session_id"] == conn.session.id
    assert frame["d"]["user"] == gateway.platform.user_of(gateway.bot)
    assert conn.serving


def test_a_session_is_new_at_once_and_ready_when_that_is_written(gateway: Gateway) -> None:
    answer = gateway.identify(gateway.open())
    assert answer.events == (Session("new", 1),)
    assert answer.outs[0].events == (WsOut("ready", 1, "READY"), Session("ready", 1))


def test_identify_without_shard_is_shard_0_of_1(gateway: Gateway) -> None:
    (frame,) = frames(gateway.identify(gateway.open(), shard=None))
    assert frame["d"]["shard"] == [0, 1]


def test_identify_needs_no_hello_and_no_prefix(gateway: Gateway) -> None:
    raw = gateway.token.removeprefix("QQBot ")
    assert frames(gateway.identify(gateway.open(), token=raw))[0]["t"] == "READY"


def test_a_stray_field_is_ignored(gateway: Gateway) -> None:
    d = {"token": gateway.token, "intents": 1}
    answer = gateway.say(gateway.open(), {"op": 2, "d": d, "Session": None})
    assert frames(answer)[0]["t"] == "READY"


@pytest.mark.parametrize(
    "d",
    [
        {"token": 5},
        {"token": None},
        {"intents": "x"},
        {"intents": None},
        {"shard": [0]},
        {"shard": "01"},
        {"shard": ["0", "1"]},
    ],
)
def test_a_misshapen_identify_is_4002(gateway: Gateway, d: Any) -> None:
    conn = gateway.open()
    assert_refused(gateway.identify(conn, **d), "bad-payload")
    assert conn.session is None


@pytest.mark.parametrize("d", [None, [], "x"])
def test_identify_and_resume_without_an_object_are_4002(gateway: Gateway, d: Any) -> None:
    assert_refused(gateway.say(gateway.open(), {"op": 2, "d": d}), "bad-payload")
    assert_refused(gateway.say(gateway.open(), {"op": 6, "d": d}), "bad-payload")


def test_a_bad_token_is_4004(gateway: Gateway) -> None:
    answer = gateway.identify(gateway.open(), token="QQBot nonsense")
    assert_refused(answer, "bad-token")
    assert answer.events == (Session("refused", None, "bad-token"),)


def test_an_expired_token_is_4004(gateway: Gateway) -> None:
    old = gateway.token
    gateway.now = 7200 * SECOND
    assert_refused(gateway.identify(gateway.open(), token=old), "bad-token")


@pytest.mark.parametrize("shard", [[1, 1], [-1, 1], [0, 0]])
def test_an_impossible_shard_is_4010(gateway: Gateway, shard: list[int]) -> None:
    assert_refused(gateway.identify(gateway.open(), shard=shard), "bad-shard")


@pytest.mark.parametrize("intents", [1 << 5, -1, 1 << 40])
def test_unknown_intents_are_op_9_then_4903(gateway: Gateway, intents: int) -> None:
    answer = gateway.identify(gateway.open(), intents=intents)
    assert_refused(answer, "bad-intents")
    assert closes(answer) == [(4903, "create session error")]
    assert answer.outs[0].text is not None and answer.outs[1].close is not None


def test_intents_without_permission_are_refused_too() -> None:
    gateway = Gateway(intents=int(Intent.GUILDS))
    assert_refused(gateway.identify(gateway.open()), "bad-intents")


def test_a_second_identify_is_4005(gateway: Gateway) -> None:
    conn, session = gateway.ready()
    assert_refused(gateway.identify(conn), "already-authenticated")
    assert gateway.platform.sessions == [session]


def test_two_connections_of_one_shard_are_both_live(gateway: Gateway) -> None:
    (first, _), (second, _) = gateway.ready(), gateway.ready()
    assert first.serving and second.serving


def test_sessions_beyond_the_limit_are_refused_only_where_that_is_enforced() -> None:
    for enforced in (False, True):
        gateway = Gateway(enforce_sessions=enforced, max_concurrency=1)
        gateway.ready()
        second = gateway.identify(gateway.open())
        if enforced:
            assert_refused(second, "too-many-sessions")
        else:
            assert frames(second)[0]["t"] == "READY"


def test_another_session_may_begin_five_seconds_later_and_so_many_a_day() -> None:
    gateway = Gateway(enforce_sessions=True, sessions_total=2)
    gateway.ready()
    gateway.now += 5 * SECOND
    assert frames(gateway.identify(gateway.open()))[0]["t"] == "READY"
    gateway.now += 5 * SECOND
    assert_refused(gateway.identify(gateway.open()), "too-many-sessions")
    gateway.now = DAY
    assert frames(gateway.identify(gateway.open()))[0]["t"] == "READY"
