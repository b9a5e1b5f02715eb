"""One TCP connection alone, on a transport that writes down what is done to it."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from fake_qq_server.events import Host, LinkClose, ListSink
from fake_qq_server.stage import Stage
from fake_qq_server.wire.link import End
from fake_qq_server.wire.tcp import HEAD_LIMIT, UNREAD_LIMIT
from tests.fake_qq_server.parts import Handler, OnePort, Spoken, connect, kinds, last, turns


async def test_an_accepted_connection_is_recorded_and_entered_before_it_is_told() -> None:
    sink, port, handler = ListSink(), OnePort(), Handler()
    connection, transport = connect(Stage(sink), port, handler)
    assert kinds(sink) == ["link.open"] and handler.told == [("connected", 1)]
    assert port.connections == port.sockets == {1: connection}
    assert (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) in transport.options


async def test_once_the_stage_is_stopped_a_connection_is_aborted_without_a_record() -> None:
    sink, port = ListSink(), OnePort()
    stage = Stage(sink)
    stage.stopped = True
    _, transport = connect(stage, port)
    assert transport.done == ["abort"] and sink.events == [] and port.sockets == {}


async def test_the_protocol_is_chosen_once_from_the_first_bytes() -> None:
    handler = Handler()
    connection, _ = connect(Stage(ListSink()), OnePort(), handler)
    connection.data_received(b"GE")
    connection.data_received(b"T")
    await turns()
    assert handler.heads == [b"GE"]
    assert isinstance(connection.protocol, Spoken) and connection.protocol.got == [b"GE", b"T"]


@pytest.mark.parametrize(
    ("head", "enough"),
    [
        (b"GET / HTTP/1.1\r\n", False),
        (b"GET / HTTP/1.1\r\n\r\n", True),
        (b"\x16\x03\x01", True),
        (b"G" * HEAD_LIMIT, False),
        (b"G" * (HEAD_LIMIT + 1), True),
    ],
)
async def test_the_gateways_port_keeps_a_head_until_it_says_what_is_spoken(head: bytes, enough: bool) -> None:
    handler = Handler()
    connection, _ = connect(Stage(ListSink()), OnePort("ws"), handler)
    connection.data_received(head)
    await turns()
    assert handler.heads == ([head] if enough else [])


async def test_the_subjects_fin_closes_the_connection_and_is_answered_with_a_fin() -> None:
    sink, port = ListSink(), OnePort()
    connection, transport = connect(Stage(sink), port)
    assert connection.eof_received()
    await turns()
    assert last(sink, "link.close")[0] == LinkClose("api", "subject", "fin")
    assert port.connections == {} and transport.done == ["close"]


async def test_the_subjects_reset_is_told_from_its_fin() -> None:
    sink, handler = ListSink(), Handler()
    connection, _ = connect(Stage(sink), OnePort(), handler)
    connection.connection_lost(ConnectionResetError())
    await turns()
    assert last(sink, "link.close")[0] == LinkClose("api", "subject", "rst")
    assert handler.told[1:] == [("disconnected", 1)]


@pytest.mark.parametrize(("how", "done"), [(End.FIN, ["fin"]), (End.RST, ["abort"])])
async def test_the_platforms_end_is_recorded_with_cause_and_rule(how: End, done: list[str]) -> None:
    sink = ListSink()
    connection, transport = connect(Stage(sink), OnePort())
    assert connection.finish(how, cause=5, rule="r")
    await turns()
    event, about = last(sink, "link.close")
    assert event == LinkClose("api", "peer", how.value) and (about.cause, about.rule) == (5, "r")
    assert transport.done == done
    assert any(option[1] == socket.SO_LINGER for option in transport.options) is (how is End.RST)


async def test_a_connection_ends_once() -> None:
    sink = ListSink()
    connection, _ = connect(Stage(sink), OnePort())
    assert connection.finish() and not connection.finish(End.RST)
    assert kinds(sink) == ["link.open", "link.close"]


async def test_the_protocol_is_told_the_number_of_the_close_record() -> None:
    sink, spoken = ListSink(), Spoken()
    connection, _ = connect(Stage(sink), OnePort(), Handler(lambda tcp: spoken))
    connection.data_received(b"GET")
    await turns()
    connection.finish()
    assert spoken.causes == [len(sink.events)]


async def test_a_handler_is_told_of_the_end_once_the_socket_is_gone() -> None:
    port, handler = OnePort(), Handler()
    connection, _ = connect(Stage(ListSink()), port, handler)
    connection.finish()
    assert handler.told == [("connected", 1)] and 1 in port.sockets
    connection.connection_lost(None)
    assert handler.told[1:] == [("disconnected", 1)] and port.sockets == {}


async def test_what_is_dropped_leaves_no_record() -> None:
    sink = ListSink()
    connection, transport = connect(Stage(sink), OnePort())
    connection.send(b"on its way")
    connection.drop()
    connection.connection_lost(None)
    await turns()
    assert kinds(sink) == ["link.open"] and transport.done == ["abort"]


async def test_nothing_is_sent_after_the_end() -> None:
    connection, transport = connect(Stage(ListSink()), OnePort())
    connection.send(b"before")
    connection.finish()
    connection.send(b"after")
    await turns()
    assert transport.done == [b"before", "fin"]


@pytest.mark.parametrize("host", ["token", "api", "ws"])
async def test_a_connection_is_idle_until_its_protocol_says_otherwise(host: Host) -> None:
    spoken: Any = Spoken(idle=False)
    connection, _ = connect(Stage(ListSink()), OnePort(host), Handler(lambda tcp: spoken))
    assert connection.idle
    connection.data_received(b"GET / HTTP/1.1\r\n\r\n")
    await turns()
    assert not connection.idle


async def test_a_subject_that_does_not_read_is_reset_once_too_much_waits_for_it() -> None:
    sink, port = ListSink(), OnePort()
    connection, transport = connect(Stage(sink), port)
    transport.unread = UNREAD_LIMIT
    connection.send(b"a")
    await turns()
    transport.unread += 1
    connection.send(b"b")
    await turns()
    assert transport.done == [b"a", "abort"]
    event, _ = last(sink, "link.close")
    assert (event.by, event.how) == ("peer", "rst")
