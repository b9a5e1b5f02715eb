"""Which connection a push acts on, and what becomes of it where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fake_qq_server.events import Envelope, EventKept, ListSink, WsOut
from fake_qq_server.platform.payloads import Said
from fake_qq_server.platform.platform import Platform
from fake_qq_server.pushing import Pusher
from fake_qq_server.rules.decisions import Push
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.moments import Span
from fake_qq_server.rules.verbs.registry import Effect
from fake_qq_server.stage import Stage
from fake_qq_server.wire.websocket import WebSocketProtocol
from tests.fake_qq_server.parts import Decider, identified, last, platform, upgraded

C2C = "C2C_MESSAGE_CREATE"


def push(do: Any, **more: Any) -> Push:
    (rule,) = parse_rules([{"id": "r", "when": "ws.in.any", "do": do, **more}])
    return Push(rule, rule.do[0], 1, 0)


def pusher(
    place: Platform,
    newest_first: list[WebSocketProtocol],
    signals: list[str] | None = None,
    sink: ListSink | None = None,
) -> Pusher:
    def send(name: str) -> bool:
        if signals is not None:
            signals.append(name)
        return signals is not None

    def connections(among: Span) -> Iterator[WebSocketProtocol]:
        return (one for one in newest_first if among.holds(one.tcp.number))

    return Pusher(place, connections, lambda: 1_000, send, sink or ListSink())


async def test_a_push_acts_on_the_newest_connection_that_can_be_written_to() -> None:
    sink, place = ListSink(), platform()
    stage = Stage(sink)
    one, two, three = (upgraded(stage, place, n)[0] for n in (1, 2, 3))
    three.write((three.gateway.close(4009, ""),))  # type: ignore[union-attr]
    assert pusher(place, [three, two, one]).push(1, push({"frame": "x"}), 7) == (2, Effect(1, 1))
    event, about = last(sink, "ws.out")
    assert event == WsOut("other") and (about.conn, about.rule, about.cause) == (2, "r", 7)


async def test_a_push_may_name_its_connection() -> None:
    place = platform()
    stage = Stage(ListSink())
    one, two = (upgraded(stage, place, n)[0] for n in (1, 2))
    pushes = pusher(place, [two, one])
    assert pushes.push(1, push({"frame": "x"}, where={"conn": 1}), None) == (1, Effect(1, 1))
    assert pushes.push(1, push({"frame": "x"}, where={"conn": 3}), None) == (None, None)


async def test_an_event_goes_where_the_session_is() -> None:
    place = platform()
    stage = Stage(ListSink())
    one, two = identified(stage, place, 1)[0], upgraded(stage, place, 2)[0]
    assert pusher(place, [two, one]).push(1, push({"dispatch": C2C}), None)[0] == 1


async def test_an_end_acts_on_a_connection_that_is_not_upgraded_yet() -> None:
    place = platform()
    fresh, tcp = upgraded(Stage(ListSink()), place, decider=Decider(ws_connect="noanswer"))
    assert pusher(place, [fresh]).push(1, push({"frame": "x"}), None) == (None, None)
    assert pusher(place, [fresh]).push(1, push("rst"), None) == (1, Effect())
    assert not tcp.open


async def test_another_bots_connection_is_left_alone() -> None:
    place = platform(bots=2)
    ready, _ = identified(Stage(ListSink()), place)
    assert pusher(place, [ready]).push(2, push({"frame": "x"}), None) == (None, None)
    assert pusher(place, [ready]).newest(1) is ready and pusher(place, [ready]).newest(2) is None


async def test_an_event_without_a_connection_is_kept_in_the_session() -> None:
    place = platform()
    gone, tcp = identified(Stage(ListSink()), place)
    tcp.finish()
    gone.ended(1)
    sink = ListSink()
    conn, effect = pusher(place, [], sink=sink).push(1, push({"dispatch": C2C}), 7)
    assert conn is None and effect is not None and effect.frames == 1
    (stored,) = place.sessions[0].kept
    event, about = last(sink, "event.kept")
    assert event == EventKept(stored.id, C2C, stored.s, session=1)
    assert about == Envelope(bot=1, cause=7, rule="r")


async def test_what_is_kept_and_is_no_message_is_not_recorded_as_one() -> None:
    place, sink = platform(), ListSink()
    gone, tcp = identified(Stage(ListSink()), place)
    tcp.finish()
    gone.ended(1)
    assert pusher(place, [], sink=sink).push(1, push({"dispatch": "FRIEND_ADD"}), None)[1] is not None
    assert sink.events == []


def test_an_event_without_a_session_has_not_acted() -> None:
    assert pusher(platform(), []).push(1, push({"dispatch": C2C}), None) == (None, None)


def test_a_signal_acts_on_the_process_where_there_is_one() -> None:
    sent: list[str] = []
    term = push({"signal": "SIGTERM"})
    assert pusher(platform(), [], sent).push(1, term, None) == (None, Effect()) and sent == ["SIGTERM"]
    assert pusher(platform(), []).push(1, term, None) == (None, None)


async def test_an_event_that_the_intents_exclude_is_recorded_and_not_kept() -> None:
    place, sink = platform(), ListSink()
    gone, tcp = identified(Stage(ListSink()), place)
    tcp.finish()
    gone.ended(1)
    conn, effect = pusher(place, [], sink=sink).push(1, push({"dispatch": "MESSAGE_CREATE"}), 7)
    event, about = last(sink, "event.unwanted")
    assert (conn, effect, event.t, event.session) == (None, Effect(), "MESSAGE_CREATE", 1)
    assert about == Envelope(bot=1, cause=7, rule="r") and not place.sessions[0].kept


def test_a_restart_acts_on_the_subject_where_it_can_be_restarted() -> None:
    asked: list[tuple[str, int]] = []

    def restart(how: str, down_us: int) -> bool:
        asked.append((how, down_us))
        return len(asked) == 1

    pushes = Pusher(platform(), lambda among: [], lambda: 0, lambda name: False, ListSink(), restart)
    assert pushes.push(1, push({"restart": "kill"}), None) == (None, Effect())
    assert pushes.push(1, push({"restart": "disconnect", "down": "2m"}), None) == (None, None)
    assert asked == [("kill", 5_000_000), ("disconnect", 120_000_000)]
    assert pusher(platform(), []).push(1, push({"restart": "kill"}), None) == (None, None)


def test_what_acts_on_nothing_has_acted_on_no_connection() -> None:
    assert pusher(platform(), []).push(1, push("nothing"), None) == (None, Effect())


async def test_an_event_that_is_kept_is_as_large_as_one_that_is_sent() -> None:
    place = platform()
    gone, tcp = identified(Stage(ListSink()), place)
    tcp.finish()
    gone.ended(1)
    large = push({"dispatch": C2C, "size": "1KiB"})
    assert pusher(place, [], sink=ListSink()).push(1, large, None)[1] is not None
    assert "x" * 1024 in place.sessions[0].kept[0].text


def test_the_bot_is_made_to_speak_to_whom_the_scenario_names() -> None:
    asked: list[tuple[str, str, str]] = []

    def speak(scene: str, place: str, text: str) -> bool:
        asked.append((scene, place, text))
        return len(asked) == 1

    place = platform()
    pushes = Pusher(place, lambda among: [], lambda: 0, lambda name: False, ListSink(), speak=speak)
    assert pushes.push(1, push({"speak": "hello", "to": "anna"}), None) == (None, Effect())
    to_group = push({"speak": "hello", "to": "anna", "scene": "group"})
    assert pushes.push(1, to_group, None) == (None, None)
    names = [place.place_named(scene, "anna") for scene in ("c2c", "group")]
    assert asked == [("c2c", names[0], "hello"), ("group", names[1], "hello")]
    assert pusher(place, []).push(1, push({"speak": "hello", "to": "anna"}), None) == (None, None)


async def test_a_name_is_the_same_place_for_what_is_written_and_for_what_is_sent_there() -> None:
    place = platform()
    identified(Stage(ListSink()), place)
    (session,) = place.sessions
    for kind, scene in ((C2C, "c2c"), ("GROUP_AT_MESSAGE_CREATE", "group")):
        stored = place.dispatch(session, kind, {}, 0, said=Said(sender="anna"))
        assert stored is not None and stored.told.place == place.place_named(scene, "anna")
