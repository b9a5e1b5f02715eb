"""A frame that a rule changes: it is reported as what it is now, and as before where it is still the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fake_qq_server.events import EventSent, Session, WsHello, WsOut
from fake_qq_server.platform.exchange import Out
from fake_qq_server.platform.gateway import GatewayConnection
from tests.fake_qq_server.platform.gateway_client import C2C, Gateway, frame_of

PROBE = Out(
    1,
    json.dumps({"op": 0, "s": 5, "t": C2C, "d": {"id": "m1", "content": "hi"}}),
    events=(WsOut("dispatch", 5, C2C), EventSent("m1", C2C, 5, replay=True, probe=True)),
    rule="before",
)


def changed(conn: GatewayConnection, out: Out, **over: Any) -> Out:
    return conn.changed(out, json.dumps({**frame_of(out), **over}))


def test_an_equal_text_changes_nothing(gateway: Gateway) -> None:
    assert gateway.open().changed(PROBE, str(PROBE.text)) is PROBE


def test_a_hello_tells_its_new_interval(gateway: Gateway) -> None:
    conn = gateway.open()
    (hello,) = conn.opened(0)
    out = changed(conn, hello, d={"heartbeat_interval": 7})
    assert out.events == (WsOut("hello"), WsHello(7)) and out.conn == hello.conn


def test_a_message_that_keeps_its_id_keeps_what_else_is_known_of_it(gateway: Gateway) -> None:
    out = changed(gateway.open(), PROBE, s=6, d={"id": "m1", "content": ""})
    assert out.message == EventSent("m1", C2C, 6, replay=True, probe=True)
    assert (out.wrote, out.rule) == (WsOut("dispatch", 6, C2C), "before")


@pytest.mark.parametrize("d", [None, {}, {"id": 5}])
def test_what_has_no_message_id_any_more_is_no_message(gateway: Gateway, d: Any) -> None:
    out = changed(gateway.open(), PROBE, d=d)
    assert (out.wrote.op, out.message) == ("dispatch", None)


def test_another_id_is_another_message_and_nobodys_probe(gateway: Gateway) -> None:
    out = changed(gateway.open(), PROBE, d={"id": "m2"})
    assert out.message == EventSent("m2", C2C, 5, replay=False)


def test_a_resumed_that_is_changed_has_replayed_what_it_had(gateway: Gateway) -> None:
    before = Session("resumed", 1, replayed_from=3)
    resumed = Out(1, '{"op":0,"s":9,"t":"RESUMED","d":""}', events=(WsOut("resumed", 9, "RESUMED"), before))
    assert changed(gateway.open(), resumed, d={}).events[1] == before


def test_an_ack_can_become_an_op_7(gateway: Gateway) -> None:
    ack = Out(1, '{"op":11}', events=(WsOut("ack"),))
    assert changed(gateway.open(), ack, op=7).events == (WsOut("reconnect"),)
