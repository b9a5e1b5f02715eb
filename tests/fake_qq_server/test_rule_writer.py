"""What a rule writes on a connection, and what is recorded of it."""

from __future__ import annotations

import pytest

from fake_qq_server.events import ListSink, WsOut
from fake_qq_server.rule_writer import RuleWriter
from fake_qq_server.rules.verbs.registry import Effect
from fake_qq_server.stage import Stage
from fake_qq_server.wire import frames
from fake_qq_server.wire.link import End
from tests.fake_qq_server.parts import identified, last, platform, upgraded, websocket

C2C = "C2C_MESSAGE_CREATE"


async def test_a_frame_is_recorded_as_its_rules_with_its_cause() -> None:
    sink = ListSink()
    made, tcp = upgraded(stage := Stage(sink), platform())
    writer = RuleWriter(made, stage.now_us, "r", 7)
    assert writer.frame("hi") == Effect(bytes=2, frames=1) and writer.acted
    assert tcp.sent == frames.encode(frames.TEXT, b"hi")
    event, about = last(sink, "ws.out")
    assert event == WsOut("other") and (about.rule, about.cause) == ("r", 7)


async def test_raw_bytes_are_sent_as_they_stand() -> None:
    sink = ListSink()
    made, tcp = upgraded(stage := Stage(sink), platform())
    writer = RuleWriter(made, stage.now_us, "r", None)
    assert writer.raw(b"\x83\x00") == Effect(bytes=2, frames=1) and writer.acted
    assert tcp.sent == b"\x83\x00" and last(sink, "ws.out")[1].rule == "r"


async def test_an_event_without_a_session_has_not_acted() -> None:
    made, tcp = upgraded(stage := Stage(ListSink()), platform())
    writer = RuleWriter(made, stage.now_us, "r", None)
    assert writer.dispatch(C2C, {}) == Effect() and not writer.acted and tcp.sent == b""


async def test_the_harness_own_event_is_marked_as_a_probe() -> None:
    sink = ListSink()
    made, _ = identified(stage := Stage(sink), platform())
    writer = RuleWriter(made, stage.now_us, None, None)
    writer.dispatch(C2C, {"id": "probe-1"}, probe=True)
    event, about = last(sink, "event.sent")
    assert writer.acted and (event.id, event.probe, about.rule) == ("probe-1", True, None)


async def test_after_a_close_nothing_acts() -> None:
    made, tcp = upgraded(stage := Stage(ListSink()), platform())
    RuleWriter(made, stage.now_us, "r", None).close(4009, "")
    tcp.taken()
    late = RuleWriter(made, stage.now_us, "r", None)
    assert (late.frame("x"), late.raw(b"x"), late.close(4000, "")) == (Effect(),) * 3
    assert not late.acted and tcp.sent == b""


@pytest.mark.parametrize(("verb", "how"), [("fin", End.FIN), ("rst", End.RST)])
async def test_an_end_needs_no_websocket_and_acts_once(verb: str, how: End) -> None:
    made, tcp = websocket(stage := Stage(ListSink()), platform())
    first, second = (RuleWriter(made, stage.now_us, "r", 7) for _ in range(2))
    for writer in (first, second):
        assert getattr(writer, verb)() == Effect()
    assert tcp.ends == [(how, 7, "r")] and (first.acted, second.acted) == (True, False)


async def test_a_probe_that_the_intents_exclude_is_recorded_and_not_written() -> None:
    sink = ListSink()
    made, tcp = identified(stage := Stage(sink), platform())
    tcp.taken()
    writer = RuleWriter(made, stage.now_us, None, None)
    assert writer.dispatch("MESSAGE_CREATE", {"id": "probe-1"}, probe=True) == Effect()
    event, about = last(sink, "event.unwanted")
    assert writer.acted and (event.id, event.probe, about.conn) == ("probe-1", True, 1) and tcp.sent == b""
