"""What an Identify or a Resume says, as the journal holds it."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest

from fake_qq_server.events import WsAuth
from fake_qq_server.platform.units import MINUTE, SECOND
from tests.fake_qq_server.platform.gateway_client import HERMES_INTENTS, Gateway, dropped

OPS: dict[str, Literal["identify", "resume"]] = {"2": "identify", "6": "resume"}


def said(gateway: Gateway, op: int, d: Any) -> WsAuth:
    """What is reported of this frame on a new connection."""
    auth = gateway.open().received(json.dumps({"op": op, "d": d}), gateway.now).auth
    assert auth is not None
    return auth


def test_an_identify_is_reported_with_its_intents_and_shard(gateway: Gateway) -> None:
    d = {"token": gateway.token, "intents": HERMES_INTENTS, "shard": [1, 4]}
    assert said(gateway, 2, d) == WsAuth("identify", "valid", HERMES_INTENTS, (1, 4))


def test_a_resume_is_reported_with_its_session_as_an_ordinal_and_its_seq(gateway: Gateway) -> None:
    gateway.ready()
    session = dropped(gateway)
    d = {"token": gateway.token, "session_id": session.id, "seq": 3}
    assert said(gateway, 6, d) == WsAuth("resume", "valid", session=2, seq=3, resumable=1)


def test_a_bare_token_is_as_valid(gateway: Gateway) -> None:
    assert said(gateway, 6, {"token": gateway.token.removeprefix("QQBot ")}).token == "valid"


@pytest.mark.parametrize(
    ("token", "told"),
    [("QQBot nonsense", "unknown"), ("", "missing"), (None, "missing"), (5, "missing"), (["x"], "missing")],
)
@pytest.mark.parametrize("op", [2, 6])
def test_of_a_token_only_its_state_is_reported(gateway: Gateway, op: int, token: Any, told: str) -> None:
    assert said(gateway, op, {"token": token}).token == told


def test_an_expired_and_a_revoked_token_are_told_from_one_that_was_never_given(gateway: Gateway) -> None:
    expired = gateway.token
    gateway.now = 7200 * SECOND
    revoked = gateway.token
    gateway.platform.revoke(gateway.bot, 0)
    assert [said(gateway, 2, {"token": one}).token for one in (expired, revoked)] == ["expired", "expired"]
    assert said(gateway, 2, {"token": gateway.token}).token == "valid"


def test_the_token_itself_is_nowhere_in_what_is_reported(gateway: Gateway) -> None:
    token = gateway.token
    assert token.removeprefix("QQBot ") not in repr(said(gateway, 2, {"token": token, "intents": 1}))


@pytest.mark.parametrize("d", [None, [], "x", 5, {}])
@pytest.mark.parametrize("op", ["2", "6"])
def test_a_d_of_another_shape_says_nothing(gateway: Gateway, op: str, d: Any) -> None:
    assert said(gateway, int(op), d) == WsAuth(OPS[op], "missing")


@pytest.mark.parametrize("intents", ["1", 1.5, None, True, [1]])
def test_intents_that_are_no_number_are_null(gateway: Gateway, intents: Any) -> None:
    assert said(gateway, 2, {"intents": intents}).intents is None


@pytest.mark.parametrize("shard", ["01", [0, "1"], [0, 1, 2], {"0": 1}, 0, None])
def test_a_shard_of_another_shape_is_null(gateway: Gateway, shard: Any) -> None:
    assert said(gateway, 2, {"shard": shard}).shard is None


@pytest.mark.parametrize(("shard", "told"), [([0], (0,)), ([], ()), ([10**30, -1], (10**30, -1))])
def test_a_wrong_shard_of_numbers_is_told_as_sent(gateway: Gateway, shard: Any, told: Any) -> None:
    assert said(gateway, 2, {"shard": shard}).shard == told


@pytest.mark.parametrize("session", ["garbage", "", 5, ["x"]])
def test_a_session_that_was_never_given_is_unknown(gateway: Gateway, session: Any) -> None:
    assert said(gateway, 6, {"session_id": session}).session == "unknown"


def test_a_forgotten_session_still_has_its_ordinal(gateway: Gateway) -> None:
    session = dropped(gateway)
    gateway.now = 6 * MINUTE
    gateway.ready()
    assert session not in gateway.platform.sessions
    auth = said(gateway, 6, {"token": gateway.token, "session_id": session.id, "seq": 1})
    assert (auth.session, auth.resumable) == (1, 2)


@pytest.mark.parametrize(("after", "told"), [(5 * MINUTE, 1), (5 * MINUTE + 1, None)])
def test_a_session_counts_as_resumable_within_its_window(
    gateway: Gateway, after: int, told: int | None
) -> None:
    dropped(gateway)
    gateway.now = after
    assert said(gateway, 2, {"token": gateway.token}).resumable == told


def test_a_session_that_a_close_code_ended_is_not_resumable(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    conn.close(4900, "")
    conn.ended(0)
    assert said(gateway, 2, {"token": gateway.token}).resumable is None


def test_a_session_that_a_dead_connection_still_has_is_resumable(gateway: Gateway) -> None:
    gateway.ready()
    assert said(gateway, 2, {"token": gateway.token}).resumable == 1


def test_another_bots_session_is_not_resumable(gateway: Gateway) -> None:
    dropped(gateway)
    gateway.bot = gateway.platform.register("1002", "x")
    assert said(gateway, 2, {"token": gateway.token}).resumable is None


def test_equal_seeds_give_equal_reports(gateway: Gateway) -> None:
    def report(one: Gateway) -> WsAuth:
        return said(one, 6, {"token": one.token, "session_id": dropped(one).id, "seq": 1})

    assert report(gateway) == report(Gateway(seed=7))


def test_reading_an_identify_changes_nothing(gateway: Gateway) -> None:
    said(gateway, 2, {"token": gateway.token, "intents": 1, "shard": [0, 1]})
    assert gateway.platform.sessions == []
