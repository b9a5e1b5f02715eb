"""The text frames of one connection alone: asked about once, when due; what a held one waits for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from fake_qq_server.events import Envelope, EventSent, ListSink, WsOut, WsWithheld
from fake_qq_server.platform.exchange import Out
from fake_qq_server.rules.verbs.registry import Effect
from fake_qq_server.stage import Stage
from fake_qq_server.wire.due_frames import DueFrames
from tests.fake_qq_server.parts import Decider

ACK = Out(1, '{"op":11}', events=(WsOut("ack"),))
MESSAGE = Out(1, '{"op":0}', events=(WsOut("dispatch", 5, "C2C"), EventSent("m1", "C2C", 5, replay=False)))


class Line:
    """A connection that writes down what is put on it and reported of it; record numbers count both."""

    bot = 1
    writable = True

    def __init__(self) -> None:
        self.done: list[tuple[Any, int | None, str | None]] = []

    def put(self, out: Out, cause: int | None, rule: str | None) -> int:
        return self.report(out.text, cause, rule)

    def changed(self, out: Out, text: str) -> Out:
        return Out(1, text, events=(WsOut("other"),)) if text != out.text else out

    def withheld(self, out: Out, cause: int | None, rule: str | None) -> int:
        wrote, message = out.wrote, out.message
        event = WsWithheld(wrote.op, wrote.s, wrote.t, message.id if message else None, wrote.code)
        return self.report(event, cause, rule)

    def tell(self, events: Any, cause: int | None, rule: str | None) -> None:
        for event in events:
            self.report(event, cause, rule)

    def report(self, event: Any, cause: int | None = None, rule: str | None = None) -> int:
        self.done.append((event, cause, rule))
        return len(self.done)


def frames(**do: Any) -> tuple[DueFrames, Line, Decider, Stage]:
    line, decider, stage = Line(), Decider(**do), Stage(ListSink())
    return DueFrames(stage, 1, decider, line), line, decider, stage


async def test_a_frame_that_no_rule_answers_is_written_as_its_cause_and_pusher_have_it() -> None:
    texts, line, decider, _ = frames()
    assert texts.write(ACK, 7, "pusher") == Effect(9, 1)
    assert line.done == [(ACK.text, 7, "pusher")]
    assert decider.asked == [("ws.out.ack", None)] and decider.acts == []


@pytest.mark.parametrize(("pusher", "by"), [(None, "earlier"), ("pusher", "pusher")])
async def test_the_rules_hear_the_frames_s_and_who_brought_it_about(pusher: str | None, by: str) -> None:
    texts, _, decider, _ = frames()
    texts.write(replace(MESSAGE, rule="earlier"), 7, pusher)
    assert decider.heard == [(Envelope(1, None, 1, rule=by), 5)]


async def test_a_withheld_frame_names_the_message_in_it_and_is_the_cause_of_the_act() -> None:
    texts, line, decider, _ = frames(ws_out_dispatch="withhold")
    assert texts.write(MESSAGE, 7, None) == Effect(8, 1)
    assert line.done == [(WsWithheld("dispatch", 5, "C2C", "m1"), 7, "r")]
    assert decider.acts == [("withhold", Effect(8, 1), 1)]


async def test_a_changed_frame_that_is_another_one_now_was_withheld() -> None:
    texts, line, decider, _ = frames(ws_out_ack={"body": "no"})
    texts.write(ACK, 7, None)
    assert line.done == [(WsWithheld("ack"), 7, "r"), ("no", 7, "r")]
    assert decider.acts == [("body", Effect(2, 1), 2)]


async def test_a_duplicate_acts_once_with_the_first_writing_as_its_cause() -> None:
    texts, line, decider, _ = frames(ws_out_ack="duplicate")
    texts.write(ACK, 7, None)
    assert [event for event, _, _ in line.done] == [ACK.text, ACK.text]
    assert decider.acts == [("duplicate", Effect(18, 2), 1)]


async def test_a_delayed_frame_is_asked_about_once_and_acts_when_it_was_due() -> None:
    texts, line, decider, _ = frames(ws_out_ack={"delay": "5ms"})
    texts.write(ACK, 7, None)
    assert line.done == [] and decider.acts == [("delay", Effect(9, 1, 5_000), 7)]
    await asyncio.sleep(0.02)
    assert line.done == [(ACK.text, 7, "r")] and len(decider.asked) == 1


async def test_of_two_that_change_places_only_the_first_is_held() -> None:
    texts, line, decider, _ = frames(ws_out_ack="swap")
    second = Out(1, "second", events=(WsOut("ack"),))
    texts.write(ACK, 7, None)
    texts.write(second, 8, None)
    assert [event for event, _, _ in line.done] == ["second", ACK.text]
    assert [verb for verb, _, _ in decider.acts] == ["swap"]


async def test_a_swapped_frame_does_not_come_between_two_copies() -> None:
    texts, line, _, _ = frames(ws_out_ack="swap", ws_out_dispatch="duplicate")
    texts.write(ACK, 7, None)
    texts.write(MESSAGE, 8, None)
    assert [event for event, _, _ in line.done] == [MESSAGE.text, MESSAGE.text, ACK.text]


async def test_a_delayed_frame_lets_a_swapped_one_follow_it() -> None:
    texts, line, _, _ = frames(ws_out_ack="swap", ws_out_dispatch={"delay": "5ms"})
    texts.write(ACK, 7, None)
    texts.write(MESSAGE, 8, None)
    await asyncio.sleep(0.02)
    assert [event for event, _, _ in line.done] == [MESSAGE.text, ACK.text]


@pytest.mark.parametrize("do", ["swap", {"delay": "5ms"}])
async def test_what_is_held_when_the_connection_ends_was_withheld_and_never_goes_out(do: Any) -> None:
    texts, line, _, _ = frames(ws_out_ack=do)
    texts.write(ACK, 7, None)
    texts.ended()
    texts.ended()
    await asyncio.sleep(0.02)
    assert line.done == [(WsWithheld("ack"), 7, "r")]


async def test_a_delayed_frame_that_can_no_longer_be_written_was_withheld() -> None:
    texts, line, _, _ = frames(ws_out_ack={"delay": "5ms"})
    texts.write(ACK, 7, None)
    line.writable = False
    await asyncio.sleep(0.02)
    assert line.done == [(WsWithheld("ack"), 7, "r")]


async def test_once_the_stage_is_stopped_a_delayed_frame_is_neither_written_nor_reported() -> None:
    texts, line, _, stage = frames(ws_out_ack={"delay": "5ms"})
    texts.write(ACK, 7, None)
    stage.stopped = True
    await asyncio.sleep(0.02)
    assert line.done == []
