"""WebSocket on one connection alone: what is recorded, what the rules are asked, what is sent."""

from __future__ import annotations

import asyncio

from fake_qq_server.events import ListSink, Session, WsAuth, WsConnect, WsHello
from fake_qq_server.platform.options import Options
from fake_qq_server.rules.verbs.registry import Effect
from fake_qq_server.stage import Stage
from fake_qq_server.wire import frames
from fake_qq_server.wire.link import End
from fake_qq_server.wire.websocket import BYTES_IN_A_TURN, WebSocketProtocol
from tests.fake_qq_server.parts import Decider, identified, kinds, last, platform, upgraded, websocket
from tests.fake_qq_server.raw import UPGRADE, masked

HEARTBEAT = masked(frames.TEXT, b'{"op":1,"d":1}')
ACK = frames.encode(frames.TEXT, b'{"op":11}')


async def test_an_upgrade_is_decided_on_before_it_is_recorded_and_is_its_own_cause() -> None:
    sink, decider = ListSink(), Decider(ws_connect={"upgrade": 403})
    made, tcp = websocket(Stage(sink), platform(), decider=decider)
    made.received(UPGRADE % b"/websocket")
    assert tcp.sent.startswith(b"HTTP/1.1 403 ") and made.gateway is None
    assert decider.asked == [("ws.connect", None)]
    event, about = last(sink, "ws.connect")
    assert event == WsConnect("/websocket", 403) and about.rule == "r"
    assert [(verb, cause) for verb, _, cause in decider.acts] == [("upgrade", 1)]


async def test_an_upgraded_connection_can_be_written_to_and_serves_once_it_has_a_session() -> None:
    stage, place = Stage(ListSink()), platform()
    fresh, _ = websocket(stage, place)
    open_one, _ = upgraded(stage, place)
    ready, _ = identified(stage, place)
    assert [one.writable for one in (fresh, open_one, ready)] == [False, True, True]
    assert [one.serving for one in (fresh, open_one, ready)] == [False, False, True]


async def test_hello_follows_the_handshake_with_it_as_its_cause() -> None:
    sink = ListSink()
    _, tcp = upgraded(Stage(sink), platform(), greeted=False)
    assert tcp.sent == b""
    async with asyncio.timeout(5):
        while not tcp.sent:
            await asyncio.sleep(0.001)
    event, about = last(sink, "ws.out")
    assert (event.op, about.cause) == ("hello", 1)
    assert last(sink, "ws.hello")[0] == WsHello(41250)


async def test_a_frame_is_recorded_then_decided_on_then_answered() -> None:
    sink, decider = ListSink(), Decider()
    made, tcp = upgraded(Stage(sink), platform(), decider=decider)
    made.received(HEARTBEAT)
    assert tcp.sent == ACK
    assert kinds(sink)[-2:] == ["ws.in", "ws.out"]
    assert decider.asked[-2:] == [("ws.in.heartbeat", 2), ("ws.out.ack", None)]
    assert last(sink, "ws.out")[1].cause == 2


async def test_what_an_identify_says_is_recorded_before_it_is_decided_on() -> None:
    sink = ListSink()
    made, _ = upgraded(Stage(sink), platform(), decider=Decider(ws_in_identify="noanswer"))
    made.received(masked(frames.TEXT, b'{"op":2,"d":{"token":"QQBot x","intents":5,"shard":[0,1]}}'))
    assert kinds(sink) == ["ws.connect", "ws.in", "ws.auth"]
    event, about = last(sink, "ws.auth")
    assert event == WsAuth("identify", "unknown", 5, (0, 1)) and (about.conn, about.cause) == (1, 2)


async def test_a_rules_answer_to_a_frame_is_reported_with_that_frame_as_cause() -> None:
    decider = Decider(ws_in_heartbeat="noanswer")
    made, tcp = upgraded(Stage(ListSink()), platform(), decider=decider)
    made.received(HEARTBEAT)
    assert tcp.sent == b"" and decider.acts == [("noanswer", Effect(), 2)]


async def test_a_frame_is_decided_on_before_it_is_written() -> None:
    sink, decider = ListSink(), Decider(ws_out_ack="withhold")
    made, tcp = upgraded(Stage(sink), platform(), decider=decider)
    made.received(HEARTBEAT)
    assert tcp.sent == b"" and kinds(sink)[-2:] == ["ws.in", "ws.withheld"]
    assert decider.acts == [("withhold", Effect(9, 1), 3)]


async def test_what_is_held_when_the_connection_ends_was_withheld() -> None:
    sink = ListSink()
    made, _ = upgraded(Stage(sink), platform(), decider=Decider(ws_out_ack="swap"))
    made.received(HEARTBEAT)
    made.ended(cause=9)
    assert last(sink, "ws.withheld")[0].op == "ack"


async def test_the_rules_are_told_when_a_session_is_ready_and_when_it_is_lost() -> None:
    sink, decider = ListSink(), Decider()
    made, _ = identified(Stage(sink), platform(), decider=decider)
    assert decider.marks == [("ready", 1)]
    made.ended(cause=9)
    assert decider.marks[1:] == [("lost", 1)]
    event, about = last(sink, "session")
    assert event == Session("dropped", 1) and about.cause == 9


async def test_a_resume_closes_the_connection_that_had_the_session() -> None:
    stage, place = Stage(ListSink()), platform()
    peers: dict[int, WebSocketProtocol] = {}
    old, old_tcp = identified(stage, place, 1, peers=peers)
    new, _ = upgraded(stage, place, 2, peers=peers)
    token, session = place.token(place.bots[0], 0).text, place.sessions[0].id
    resume = b'{"op":6,"d":{"token":"QQBot %s","session_id":"%s","seq":1}}'
    new.received(masked(frames.TEXT, resume % (token.encode(), session.encode())))
    assert old_tcp.sent == frames.close_frame(4902, "reset by resume")
    assert new.serving and not old.serving and not old.writable


async def test_a_clients_close_is_echoed_recorded_and_ends_the_connection() -> None:
    sink = ListSink()
    made, tcp = upgraded(Stage(sink), platform())
    made.received(masked(frames.CLOSE, (1000).to_bytes(2) + b"bye"))
    assert tcp.sent == frames.close_frame(1000, "bye") and tcp.ends[0][0] is End.FIN
    assert [last(sink, kind)[0].code for kind in ("ws.in", "ws.out")] == [1000, 1000]


async def test_a_close_frame_without_a_code_is_recorded_as_none() -> None:
    sink = ListSink()
    made, _ = upgraded(Stage(sink), platform())
    made.received(masked(frames.CLOSE, b""))
    assert last(sink, "ws.in")[0].code is None


async def test_a_frame_that_comes_too_late_is_not_written() -> None:
    sink = ListSink()
    made, tcp = upgraded(Stage(sink), platform())
    assert made.gateway is not None
    made.write((made.gateway.close(4009, ""),))
    before, tcp.sent = len(sink.events), b""
    assert made.write((made.gateway.frame("late"),)) == Effect()
    assert tcp.sent == b"" and len(sink.events) == before


async def test_a_ready_that_comes_too_late_was_not_written_and_makes_no_session_ready() -> None:
    sink = ListSink()
    made, _ = upgraded(Stage(sink), platform())
    assert made.gateway is not None
    ready = made.gateway.frame('{"op":0,"t":"READY","s":1,"d":{}}')
    made.write((made.gateway.close(4009, ""),))
    made.write((ready,))
    assert "session" not in kinds(sink)


async def test_what_is_no_upgrade_request_gets_400_and_a_record() -> None:
    sink = ListSink()
    made, tcp = websocket(Stage(sink), platform())
    made.received(b"\x16\x03\x01\r\n\r\n")
    assert tcp.sent.startswith(b"HTTP/1.1 400 ")
    assert last(sink, "ws.connect")[0] == WsConnect("", 400)


async def test_a_bot_is_known_by_the_url_of_its_upgrade() -> None:
    options = Options(gateway_urls={1: "ws://x/websocket/1/", 2: "ws://x/websocket/2/"})
    made, _ = websocket(Stage(ListSink()), platform(2, options))
    made.received(UPGRADE % b"/websocket/2/")
    assert made.bot == 2


async def test_hello_is_the_first_frame_though_a_client_identifies_without_waiting_for_it() -> None:
    place, sink = platform(), ListSink()
    made, tcp = upgraded(Stage(sink), place, greeted=False)
    made.received(masked(1, b'{"op":1,"d":null}'))
    assert tcp.taken() == b""
    made.say_hello()
    sent = tcp.taken()
    assert 0 < sent.index(b'"op":10') < sent.index(b'"op":11')
    made.say_hello()
    assert tcp.taken() == b""


async def test_noise_right_behind_an_upgrade_request_is_refused_with_it() -> None:
    sink = ListSink()
    made, tcp = websocket(Stage(sink), platform())
    made.received(UPGRADE % b"/websocket" + b"\xff\xff\xff\xff")
    assert tcp.taken().startswith(b"HTTP/1.1 400 ") and not tcp.open
    assert kinds(sink) == ["ws.connect"]


async def test_who_writes_much_is_read_in_turns_and_no_frame_is_lost() -> None:
    sink = ListSink()
    made, tcp = upgraded(Stage(sink), platform())
    count = 2 * BYTES_IN_A_TURN // len(HEARTBEAT)
    made.received(HEARTBEAT * count)
    read = kinds(sink).count("ws.in")
    assert 0 < read < count and tcp.paused
    made.received(HEARTBEAT)  # what was on its way already
    async with asyncio.timeout(5):
        while tcp.paused:
            await asyncio.sleep(0)
    assert kinds(sink).count("ws.in") == count + 1


async def test_a_header_that_is_no_text_is_refused() -> None:
    sink = ListSink()
    made, tcp = websocket(Stage(sink), platform())
    made.received((UPGRADE % b"/websocket").replace(b"Version: 13", b"Version: 1\xff"))
    assert tcp.sent.startswith(b"HTTP/1.1 400 ") and last(sink, "ws.connect")[0].status == 400
