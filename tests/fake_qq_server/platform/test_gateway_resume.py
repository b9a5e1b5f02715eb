"""Resume: what is replayed, which sessions are known, and which connection is displaced."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fake_qq_server.events import EventSent, Session, WsOut
from fake_qq_server.platform.exchange import Answer
from fake_qq_server.platform.gateway import GatewayConnection
from fake_qq_server.platform.protocol import Refusal
from fake_qq_server.platform.units import MINUTE
from tests.fake_qq_server.platform.gateway_client import (
    C2C,
    Gateway,
    assert_refused,
    closes,
    dropped,
    frame_of,
    frames,
    reported,
)


def test_resume_replays_everything_after_seq_and_then_says_resumed(gateway: Gateway) -> None:
    session = dropped(gateway, written=2, missed=2)
    answer = gateway.resume(gateway.open(), session.id, 2)
    assert [(f["s"], f["t"]) for f in frames(answer)] == [(3, C2C), (4, C2C), (5, C2C), (6, "RESUMED")]
    assert [(e.s, e.replay) for e in reported(answer, EventSent)] == [(3, True), (4, True), (5, True)]


def test_a_replayed_event_is_the_same_frame(gateway: Gateway) -> None:
    conn, session = gateway.ready()
    (out,) = conn.dispatch(C2C, {}, 0)
    conn.ended(0)
    assert gateway.resume(gateway.open(), session.id, 1).outs[0].text == out.text


def test_resumed_is_reported_when_it_is_written(gateway: Gateway) -> None:
    session = dropped(gateway, missed=1)
    answer = gateway.resume(gateway.open(), session.id, 1)
    assert answer.events == ()
    assert answer.outs[-1].events == (
        WsOut("resumed", 3, "RESUMED"),
        Session("resumed", session.ordinal, replayed_from=2),
    )


def test_a_resume_that_missed_nothing_replays_nothing(gateway: Gateway) -> None:
    session = dropped(gateway, written=1)
    answer = gateway.resume(gateway.open(), session.id, 2)
    assert [f["t"] for f in frames(answer)] == ["RESUMED"]
    assert reported(answer, Session)[0].replayed_from is None


def test_s_goes_on_after_a_resume(gateway: Gateway) -> None:
    session = dropped(gateway)
    conn = gateway.open()
    gateway.resume(conn, session.id, 1)
    (out,) = conn.dispatch(C2C, {}, 0)
    assert frame_of(out)["s"] == 3 and conn.serving


def test_botgo_resumes_with_the_bare_token(gateway: Gateway) -> None:
    session = dropped(gateway)
    answer = gateway.resume(gateway.open(), session.id, 1, token=gateway.token.removeprefix("QQBot "))
    assert frames(answer)[-1]["t"] == "RESUMED"


def test_a_null_seq_counts_as_none_seen(gateway: Gateway) -> None:
    session = dropped(gateway, written=1)
    assert [f["t"] for f in frames(gateway.resume(gateway.open(), session.id, None))] == [C2C, "RESUMED"]


def test_an_unknown_session_is_op_9_then_4006(gateway: Gateway) -> None:
    answer = gateway.resume(gateway.open(), "garbage", 1)
    assert_refused(answer, "unknown-session")
    assert answer.events == (Session("refused", None, "unknown-session"),)


def test_a_session_whose_window_passed_is_unknown(gateway: Gateway) -> None:
    session = dropped(gateway)
    gateway.now = 5 * MINUTE + 1
    assert_refused(gateway.resume(gateway.open(), session.id, 1), "unknown-session")


@pytest.mark.parametrize("close", [(4902, "reset by resume"), (4006, "")])
def test_a_stale_resume_can_be_closed_instead(close: tuple[int, str]) -> None:
    gateway = Gateway(refusals={"unknown-session": Refusal(False, close, "a test")})
    answer = gateway.resume(gateway.open(), "garbage", 1)
    assert (frames(answer), closes(answer)) == ([], [close])


def test_another_bots_session_is_unknown(gateway: Gateway) -> None:
    session = dropped(gateway)
    gateway.bot = gateway.platform.register("1002", "x")
    assert_refused(gateway.resume(gateway.open(), session.id, 1), "unknown-session")


def test_resume_with_a_bad_token_is_4004_and_leaves_the_session(gateway: Gateway) -> None:
    session = dropped(gateway)
    assert_refused(gateway.resume(gateway.open(), session.id, 1, token="QQBot no"), "bad-token")
    assert frames(gateway.resume(gateway.open(), session.id, 1))[-1]["t"] == "RESUMED"


@pytest.mark.parametrize("seq", [2, 99, -1])
def test_a_seq_that_was_never_given_out_is_4007(gateway: Gateway, seq: int | None) -> None:
    session = dropped(gateway)
    assert_refused(gateway.resume(gateway.open(), session.id, seq), "bad-seq")


def test_a_seq_older_than_what_is_kept_is_4007() -> None:
    gateway = Gateway(replay_limit=2)
    session = dropped(gateway, missed=3)
    assert_refused(gateway.resume(gateway.open(), session.id, 1), "bad-seq")
    assert len(frames(gateway.resume(gateway.open(), session.id, 2))) == 3


@pytest.mark.parametrize("d", [{"seq": "1"}, {"seq": 1.5}, {"session_id": None}, {"token": 1}])
def test_a_misshapen_resume_is_4002(gateway: Gateway, d: Any) -> None:
    good = {"token": gateway.token, "session_id": "x", "seq": 1}
    assert_refused(gateway.say(gateway.open(), {"op": 6, "d": good | d}), "bad-payload")


def test_resume_on_an_identified_connection_is_4005(gateway: Gateway) -> None:
    conn, session = gateway.ready()
    assert_refused(gateway.resume(conn, session.id, 1), "already-authenticated")


def test_a_newer_resume_displaces_the_old_connection(gateway: Gateway) -> None:
    old, session = gateway.ready()
    new = gateway.open()
    answer = gateway.resume(new, session.id, 1)
    closing, resumed = answer.outs
    assert (closing.conn, closing.close) == (old.number, (4902, "reset by resume"))
    assert closing.events[1] == Session("dropped", session.ordinal, "reset by resume")
    assert resumed.conn == new.number
    assert not old.serving and new.serving


def test_a_displaced_connection_answers_nothing_and_its_end_changes_nothing(gateway: Gateway) -> None:
    old, session = gateway.ready()
    new = gateway.open()
    gateway.resume(new, session.id, 1)
    assert gateway.say(old, {"op": 1}).outs == ()
    assert old.ended(1) == ()
    assert session.conn == new.number and session.dropped_at is None


def test_an_event_that_a_rule_brought_about_is_that_rules_where_it_is_replayed() -> None:
    gateway = Gateway()
    conn, session = gateway.ready()
    (out,) = conn.dispatch(C2C, {}, 0, rule="r")
    conn.ended(0)
    gateway.platform.dispatch(session, C2C, {}, 0)
    outs = gateway.resume(gateway.open(), session.id, 1).outs
    assert out.rule == "r"
    assert [each.rule for each in outs] == ["r", None, None]


def renewed(gateway: Gateway, old: str, /, **d: Any) -> tuple[GatewayConnection, Answer | None]:
    """A Resume to which a rule gives a new session, and what came of it."""
    conn = gateway.open()
    said = {"token": gateway.token, "session_id": old, "seq": 1} | d
    received = conn.received(json.dumps({"op": 6, "d": said}), gateway.now)
    return conn, received.renew()


def test_a_resume_can_be_answered_with_a_new_session_that_is_kept(gateway: Gateway) -> None:
    old = dropped(gateway, missed=1)
    conn, answer = renewed(gateway, old.id)
    (ready,) = frames(answer)
    assert (ready["t"], ready["s"]) == ("READY", 1) and ready["d"]["session_id"] != old.id
    assert reported(answer, Session) == [Session("new", 2), Session("ready", 2)]
    conn.dispatch(C2C, {}, 0)
    conn.ended(0)
    again = gateway.resume(gateway.open(), ready["d"]["session_id"], 1)
    assert [f["t"] for f in frames(again)] == [C2C, "RESUMED"]


def test_the_old_session_is_over_then(gateway: Gateway) -> None:
    old = dropped(gateway)
    renewed(gateway, old.id)
    assert_refused(gateway.resume(gateway.open(), old.id, 1), "unknown-session")


@pytest.mark.parametrize("session_id", ["long ago", "its own"])
def test_a_session_is_renewed_as_the_bots_last_identify_asked_for_it(
    gateway: Gateway, session_id: str
) -> None:
    old = dropped(gateway)
    conn, _ = renewed(gateway, old.id if session_id == "its own" else session_id)
    assert conn.session is not None and conn.serving
    assert (conn.session.intents, conn.session.shard) == (old.intents, old.shard)
    limit = gateway.platform.session_start_limit(gateway.bot, 0)
    assert limit["remaining"] == 999, "a Resume is no Identify"


def test_a_connection_that_still_has_the_old_session_is_displaced(gateway: Gateway) -> None:
    old, session = gateway.ready()
    _, answer = renewed(gateway, session.id)
    assert answer is not None and answer.outs[0].conn == old.number
    assert closes(answer) == [(4902, "reset by resume")]
    assert not old.serving and old.ended(1) == ()


@pytest.mark.parametrize("d", [{"token": "QQBot no"}, {"session_id": None}])
def test_a_resume_that_is_wrong_in_itself_is_not_renewed(gateway: Gateway, d: Any) -> None:
    _, answer = renewed(gateway, dropped(gateway).id, **d)
    assert answer is None


def test_a_bot_that_never_identified_gets_no_session_by_a_resume(gateway: Gateway) -> None:
    assert renewed(gateway, "x")[1] is None


def test_a_connection_with_a_session_gets_no_other_one(gateway: Gateway) -> None:
    conn, session = gateway.ready()
    d = {"token": gateway.token, "session_id": session.id, "seq": 1}
    assert conn.received(json.dumps({"op": 6, "d": d}), 0).renew() is None
