"""A frame that was read, and its answer: the default, or what a rule replies in its stead."""

from __future__ import annotations

import json

from fake_qq_server.events import EventSent, Session, WsIn, WsOut
from fake_qq_server.platform.replies import FrameReply
from tests.fake_qq_server.platform.gateway_client import C2C, Gateway, closes, dropped, reported


def identify_text(gateway: Gateway) -> str:
    return json.dumps({"op": 2, "d": {"token": gateway.token, "intents": 1}})


def test_reading_a_frame_changes_nothing(gateway: Gateway) -> None:
    conn = gateway.open()
    received = conn.received(identify_text(gateway), 0)
    assert (received.op, received.bot, received.event) == ("identify", 1, WsIn("identify"))
    assert gateway.platform.sessions == [] and conn.session is None


def test_an_identify_that_a_rule_answers_makes_no_session(gateway: Gateway) -> None:
    conn = gateway.open()
    answer = conn.received(identify_text(gateway), 0).settle(FrameReply(close=(4009, "no")))
    assert closes(answer) == [(4009, "no")] and answer.events == ()
    assert gateway.platform.sessions == []


def test_nothing_is_written_where_a_rule_answers_nothing(gateway: Gateway) -> None:
    conn, session = gateway.ready()
    conn.ended(0)
    text = json.dumps({"op": 6, "d": {"token": gateway.token, "session_id": session.id, "seq": 1}})
    assert gateway.open().received(text, 0).settle(FrameReply()).outs == ()
    assert session.conn is None and session.s == 1


def test_the_default_is_written_where_no_rule_answers(gateway: Gateway) -> None:
    received = gateway.open().received(identify_text(gateway), 0)
    assert received.settle(None) is received.default()


def test_the_default_is_decided_once(gateway: Gateway) -> None:
    received = gateway.open().received(identify_text(gateway), 0)
    assert received.ask.default() == received.ask.default()
    assert len(gateway.platform.sessions) == 1


def test_a_rule_that_keeps_the_default_keeps_its_events(gateway: Gateway) -> None:
    received = gateway.open().received(identify_text(gateway), 0)
    assert received.settle(received.ask.default()) == received.default()


def test_a_replay_stays_one_behind_a_rule(gateway: Gateway) -> None:
    session = dropped(gateway, missed=1)
    d = {"token": gateway.token, "session_id": session.id, "seq": 1}
    received = gateway.open().received(json.dumps({"op": 6, "d": d}), 0)
    assert [e.replay for e in reported(received.settle(received.ask.default()), EventSent)] == [True]


def test_a_rule_can_double_the_replay(gateway: Gateway) -> None:
    session = dropped(gateway, missed=1)
    d = {"token": gateway.token, "session_id": session.id, "seq": 1}
    received = gateway.open().received(json.dumps({"op": 6, "d": d}), 0)
    missed, resumed = received.ask.default().texts
    answer = received.settle(FrameReply((missed, missed, resumed)))
    assert [(e.s, e.replay) for e in reported(answer, EventSent)] == [(2, True), (2, True)]
    assert [e.what for e in reported(answer, Session)] == ["resumed"]


def test_a_rule_that_rewrites_ready_still_makes_it_ready(gateway: Gateway) -> None:
    received = gateway.open().received(identify_text(gateway), 0)
    (text,) = received.ask.default().texts
    answer = received.settle(FrameReply((text.replace('"version":1', '"version":2'),)))
    assert answer.events == (Session("new", 1),)
    assert reported(answer, Session)[-1] == Session("ready", 1)


def test_a_rules_own_frame_is_read_for_what_it_is(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    text = '{"op":0,"s":40,"t":"C2C_MESSAGE_CREATE","d":{"id":"M"}}'
    assert conn.frame(text).events == (WsOut("dispatch", 40, C2C), EventSent("M", C2C, 40, replay=False))
    assert conn.frame("rubbish").events == (WsOut("other"),)


def test_the_upgrade_or_the_token_tells_the_bot(gateway: Gateway) -> None:
    assert gateway.open(gateway.bot).received('{"op":1}', 0).bot == 1
    assert gateway.open().received('{"op":1}', 0).bot is None
