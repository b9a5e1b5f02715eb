"""One gateway connection: hello, heartbeats, frames out of place, dispatches and its end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fake_qq_server.events import EventSent, Session, WsHello, WsIn, WsOut
from fake_qq_server.platform.units import SECOND
from tests.fake_qq_server.platform.gateway_client import (
    C2C,
    Gateway,
    assert_refused,
    closes,
    frame_of,
    frames,
)


def test_hello_comes_first(gateway: Gateway) -> None:
    (out,) = gateway.open().opened(0)
    assert frame_of(out) == {"op": 10, "d": {"heartbeat_interval": 41250}}
    assert out.events == (WsOut("hello"), WsHello(41250))


@pytest.mark.parametrize(
    ("interval", "told"),
    [(250, 250), (0.5, 0.5), (None, None), ("41250", None), (True, None), (float("inf"), None)],
)
def test_the_interval_of_any_hello_is_reported_where_it_is_a_number(
    gateway: Gateway, interval: Any, told: float | None
) -> None:
    hello = json.dumps({"op": 10, "d": {"heartbeat_interval": interval}})
    assert gateway.open().frame(hello).events[1] == WsHello(told)


@pytest.mark.parametrize("d", ["null", "[]", "5", '"x"'])
def test_a_hello_of_another_shape_tells_no_interval(gateway: Gateway, d: str) -> None:
    assert gateway.open().frame(f'{{"op":10,"d":{d}}}').events[1] == WsHello(None)


@pytest.mark.parametrize(
    ("frame", "wrote"),
    [
        ('{"op":9,"d":true}', WsOut("invalid", resumable=True)),
        ('{"op":9,"d":false}', WsOut("invalid", resumable=False)),
        ('{"op":9,"d":1}', WsOut("invalid", resumable=False)),
        ('{"op":9}', WsOut("invalid", resumable=False)),
        ('{"op":7,"d":true}', WsOut("reconnect")),
    ],
)
def test_op_9_says_whether_the_session_can_be_resumed(gateway: Gateway, frame: str, wrote: WsOut) -> None:
    assert gateway.open().frame(frame).events == (wrote,)


@pytest.mark.parametrize("beat", [{"op": 1, "d": None}, {"op": 1, "d": 7}, {"op": 1, "s": 7}, {"op": 1}])
def test_a_heartbeat_is_acknowledged_at_any_time(gateway: Gateway, beat: dict[str, Any]) -> None:
    conn = gateway.open()
    assert frames(gateway.say(conn, beat)) == [{"op": 11}]
    gateway.identify(conn)
    assert frames(gateway.say(conn, beat)) == [{"op": 11}]


@pytest.mark.parametrize("beat", ['{"op":1,"d":7}', '{"op":1,"s":7}'])
def test_a_heartbeats_s_is_read_from_d_or_as_satori_sends_it(gateway: Gateway, beat: str) -> None:
    assert gateway.open().received(beat, 0).event == WsIn("heartbeat", s=7)


@pytest.mark.parametrize("d", ["null", '"7"', "7.0", "true", "[7]", '{"x":7}'])
def test_a_heartbeat_whose_d_is_null_or_no_number_has_no_s(gateway: Gateway, d: str) -> None:
    received = gateway.open().received(f'{{"op":1,"d":{d}}}', 0)
    assert (received.event, received.auth) == (WsIn("heartbeat", s=None), None)


def test_a_heartbeat_before_ready_may_say_zero(gateway: Gateway) -> None:
    assert gateway.open().received('{"op":1,"d":0}', 0).event == WsIn("heartbeat", s=0)


def test_missing_heartbeats_are_forgiven(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    assert conn.deadline() is None
    assert conn.overdue(10**15).outs == ()


def test_missing_heartbeats_close_where_a_limit_is_set() -> None:
    gateway = Gateway(heartbeat_timeout=2, heartbeat_ms=1000)
    conn = gateway.open()
    conn.opened(0)
    gateway.now = SECOND
    gateway.say(conn, {"op": 1})
    assert conn.deadline() == 3 * SECOND
    assert conn.overdue(3 * SECOND - 1).outs == ()
    assert closes(conn.overdue(3 * SECOND)) == [(4009, "Session timed out")]


@pytest.mark.parametrize("op", [3, 12, 13, 99, -1])
def test_an_unknown_opcode_is_4001(gateway: Gateway, op: int) -> None:
    conn, _ = gateway.ready()
    assert_refused(gateway.say(conn, {"op": op}), "unknown-opcode")


@pytest.mark.parametrize("op", [0, 7, 9, 10])
def test_the_servers_opcodes_are_not_the_clients(gateway: Gateway, op: int) -> None:
    conn, _ = gateway.ready()
    assert_refused(gateway.say(conn, {"op": op}), "unknown-opcode")


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '{"op":"2"}', '{"op":true}'])
def test_a_text_that_is_no_frame_is_closed_with_4002(gateway: Gateway, text: str) -> None:
    conn = gateway.open()
    assert conn.received(text, 0).event == WsIn("other")
    assert_refused(gateway.say(conn, text), "bad-payload")


@pytest.mark.parametrize("op", [0, 11])
def test_other_frames_before_identify_are_closed_with_4003(gateway: Gateway, op: int) -> None:
    assert_refused(gateway.say(gateway.open(), {"op": op}), "not-authenticated")


def test_an_ack_after_identify_is_fine(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    assert gateway.say(conn, {"op": 11}).outs == ()


def test_nothing_is_answered_after_a_close(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    conn.close(4009, "")
    assert gateway.say(conn, {"op": 1}).outs == ()
    assert conn.dispatch(C2C, {}, 0) == ()


def test_a_message_is_written_with_the_next_s_and_reported(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    (out,) = conn.dispatch(C2C, {"content": "yo"}, 0)
    frame = frame_of(out)
    assert (frame["op"], frame["s"], frame["d"]["content"]) == (0, 2, "yo")
    assert frame["id"].startswith(C2C)
    user = frame["d"]["author"]["user_openid"]
    sent = EventSent(frame["d"]["id"], C2C, 2, replay=False, text="yo", place=user, user=user)
    assert out.events == (WsOut("dispatch", 2, C2C), sent)


def test_the_harness_own_message_is_marked(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    (sent,) = [e for e in conn.dispatch(C2C, {}, 0, probe=True)[0].events if isinstance(e, EventSent)]
    assert sent.probe


def test_what_is_no_message_is_not_reported_as_one(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    assert conn.dispatch("FRIEND_ADD", {}, 0)[0].events == (WsOut("dispatch", 2, "FRIEND_ADD"),)


def test_nothing_is_dispatched_before_identify(gateway: Gateway) -> None:
    assert gateway.open().dispatch(C2C, {}, 0) == ()


def test_replay_sends_again_what_the_client_has(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    sent = conn.dispatch(C2C, {}, 0) + conn.dispatch(C2C, {}, 0)
    again = conn.replay(0)
    assert [out.text for out in again] == [out.text for out in sent]
    assert [e.replay for out in again for e in out.events if isinstance(e, EventSent)] == [True, True]


def test_the_end_of_a_connection_drops_its_session_once(gateway: Gateway) -> None:
    conn, session = gateway.ready()
    assert conn.ended(5, "fin") == (Session("dropped", session.ordinal, "fin"),)
    assert conn.ended(6) == ()
    assert session.dropped_at == 5


def test_a_connection_that_never_identified_drops_nothing(gateway: Gateway) -> None:
    assert gateway.open().ended(0) == ()


@pytest.mark.parametrize(("code", "answer"), [(4009, "RESUMED"), (4900, None)])
def test_what_we_closed_with_decides_about_resume(gateway: Gateway, code: int, answer: Any) -> None:
    conn, session = gateway.ready()
    assert conn.close(code, "").events == (WsOut("close", code=code, reason=""),)
    conn.ended(0)
    assert frames(gateway.resume(gateway.open(), session.id, 1))[-1].get("t") == answer


def test_a_final_close_ends_the_session_before_the_connection_ends(gateway: Gateway) -> None:
    conn, session = gateway.ready()
    conn.close(4900, "")
    assert_refused(gateway.resume(gateway.open(), session.id, 1), "unknown-session")
