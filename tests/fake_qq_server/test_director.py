"""The director alone: asks the engines, keeps causes apart, carries out pushes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from fake_qq_server.director import Director
from fake_qq_server.events import Envelope, ForbiddenSeen, ListSink
from fake_qq_server.rules import chains
from fake_qq_server.rules.decisions import Push
from fake_qq_server.rules.engine import Engine
from fake_qq_server.rules.forbids import parse_forbids
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.moments import Moment
from fake_qq_server.rules.verbs.registry import Effect
from fake_qq_server.stage import Stage
from fake_qq_server.unprompted import UNPROMPTED_IN_AN_INSTANT
from tests.fake_qq_server.parts import kinds, last, turns

BOT = Envelope(bot=1)


class DirectorSetup:
    """A director whose pushes are written down and act on connection 4."""

    def __init__(self, *rules: Any, **more: Any) -> None:
        self.sink = ListSink()
        self.stage = Stage(self.sink)
        self.errors: list[BaseException] = []
        self.stage.on_error = self.errors.append
        self.pushes: list[tuple[int, str, int | None]] = []
        self.director = Director(self.stage, parse_rules(list(rules)), {}, self._push, **more)
        self.director.start()

    def _push(self, bot: int, push: Push, cause: int | None) -> tuple[int | None, Effect | None]:
        self.pushes.append((bot, push.rule.key, cause))
        return 4, Effect(bytes=3, frames=1)


async def test_an_answer_is_recorded_when_its_ruling_is_finished() -> None:
    setup = DirectorSetup({"id": "no", "when": "http.api", "do": {"status": 500}})
    ruling = setup.director.ask("http.api", Envelope(2, 5, 1), 7, path="/x")
    assert ruling.rule == "no" and setup.sink.events == []
    ruling.finish(Effect(bytes=9))
    event, about = last(setup.sink, "rule.act")
    assert (event.verb, event.bytes) == ("status", 9) and about == Envelope(2, 5, 1, 7, "no")


async def test_a_push_follows_in_the_next_turn_with_the_events_record_as_its_cause() -> None:
    setup = DirectorSetup({"id": "hi", "when": "http.api", "do": {"frame": "x"}})
    setup.director.ask("http.api", BOT, 7)
    assert setup.pushes == []
    await turns()
    assert setup.pushes == [(1, "hi", 7)]
    assert last(setup.sink, "rule.act")[1] == Envelope(4, None, 1, 7, "hi")


async def test_two_events_asked_about_before_either_is_finished_keep_their_own_causes() -> None:
    setup = DirectorSetup(
        {"id": "up", "when": "ws.connect", "do": {"frame": "x"}},
        {"id": "api", "when": "http.api", "do": {"frame": "x"}},
    )
    first = setup.director.ask("ws.connect", BOT, None)
    second = setup.director.ask("http.api", BOT, None)
    first.finish(None, cause=11)
    second.finish(None, cause=12)
    await turns()
    assert setup.pushes == [(1, "up", 11), (1, "api", 12)]


async def test_a_delayed_push_keeps_the_cause_of_its_own_event() -> None:
    setup = DirectorSetup({"id": "r", "when": "http.api", "do": {"frame": "x", "after": "2ms"}})
    for cause in (7, 8):
        setup.director.ask("http.api", BOT, cause)
    await asyncio.sleep(0.02)
    assert setup.pushes == [(1, "r", 7), (1, "r", 8)]


async def test_an_error_of_the_engine_is_reported_and_leaves_the_default_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    setup = DirectorSetup({"when": "http.api", "do": {"status": 500}})

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Engine, "decide", broken)
    assert not setup.director.ask("http.api", BOT, 7).answered
    assert [type(error) for error in setup.errors] == [ZeroDivisionError]


async def test_each_bot_has_an_engine_of_its_own_and_strangers_the_first_ones() -> None:
    setup = DirectorSetup({"when": "http.api", "which": 2, "do": {"status": 500}}, bots=(1, 2))
    about = [Envelope(bot=bot) for bot in (1, 2, None, 2)]
    assert [setup.director.ask("http.api", each, 1).answered for each in about] == [False, False, True, True]


@pytest.mark.parametrize("delay_us", [0, 40_000])
async def test_what_follows_another_rules_frame_within_one_instant_is_bounded(
    monkeypatch: pytest.MonkeyPatch, delay_us: int
) -> None:
    setup = DirectorSetup({"id": "r", "when": "ws.out.hello", "do": {"frame": "x"}})
    told: list[Sequence[str]] = []
    setup.director.on_runaway = told.append
    setup.stage.delay_us = delay_us
    monkeypatch.setattr(setup.stage, "now_us", lambda: 5)
    for _ in range(UNPROMPTED_IN_AN_INSTANT + 5):
        setup.director.ask("ws.out.hello", Envelope(bot=1, rule="other"), 7)
    await turns()
    assert len(setup.pushes) == UNPROMPTED_IN_AN_INSTANT
    assert told == [("r",)]
    setup.director.report_unmet()
    event, about = last(setup.sink, "rule.unmet")
    assert (about.rule, event.why) == ("r", "rules set each other off without end")


@pytest.mark.parametrize(("delay_us", "bounded"), [(0, True), (40_000, False)])
async def test_what_follows_the_clients_own_events_is_bounded_only_on_a_link_without_delay(
    monkeypatch: pytest.MonkeyPatch, delay_us: int, bounded: bool
) -> None:
    setup = DirectorSetup({"id": "r", "when": "ws.in.heartbeat", "do": {"frame": "x"}})
    setup.stage.delay_us = delay_us
    monkeypatch.setattr(setup.stage, "now_us", lambda: 5)
    for _ in range(UNPROMPTED_IN_AN_INSTANT + 5):
        setup.director.ask("ws.in.heartbeat", BOT, 7)
    await turns()
    assert (len(setup.pushes) == UNPROMPTED_IN_AN_INSTANT) is bounded


async def test_a_rule_does_not_match_what_it_brought_about() -> None:
    setup = DirectorSetup({"id": "r", "when": "ws.out.hello", "do": {"frame": "x"}})
    setup.director.ask("ws.out.hello", Envelope(bot=1, rule="r"), 7)
    setup.director.ask("ws.out.hello", BOT, 8)
    await turns()
    assert setup.pushes == [(1, "r", 8)]


async def test_healing_is_recorded_once_and_told() -> None:
    healed: list[str] = []
    setup = DirectorSetup(bots=(1, 2), heal=Moment("lost"), on_heal=lambda: healed.append("healed"))
    setup.director.mark("lost", 2)
    setup.director.mark("lost", 1)
    await turns()
    assert healed == ["healed"] and setup.director.healed and kinds(setup.sink) == ["heal"]


async def test_once_the_stage_is_stopped_nothing_is_pushed() -> None:
    setup = DirectorSetup({"when": "http.api", "do": {"frame": "x"}})
    setup.director.ask("http.api", BOT, 7)
    setup.stage.stopped = True
    await turns()
    assert setup.pushes == []


async def test_what_is_asked_in_another_thread_is_pushed_in_the_loops_own() -> None:
    setup = DirectorSetup({"id": "r", "when": "seam.open", "do": {"frame": "x"}})
    setup.stage.loop.set_debug(True)  # so that call_soon from another thread raises
    thread = threading.Thread(target=setup.director.ask, args=("seam.open", BOT, None))
    thread.start()
    thread.join()
    assert setup.pushes == [] and setup.errors == []
    await turns()
    assert setup.pushes == [(1, "r", None)]


async def test_a_rule_that_never_acted_is_recorded_at_the_end() -> None:
    setup = DirectorSetup({"id": "never", "when": "ws.in.resume", "do": {"frame": "x"}})
    setup.director.report_unmet()
    event, about = last(setup.sink, "rule.unmet")
    assert (event.wanted, event.got, about.rule) == ("1..", 0, "never")


async def test_a_forbidden_event_is_recorded_with_its_own_record_as_the_cause() -> None:
    forbids = parse_forbids([{"id": "no", "when": "ws.connect", "because": "x"}])
    setup = DirectorSetup(forbids=forbids)
    ruling = setup.director.ask("ws.connect", Envelope(2, None, 1), None)
    ruling.finish(None, cause=11)
    await turns()
    event, about = last(setup.sink, "forbidden.seen")
    assert (event, about) == (ForbiddenSeen("ws.connect", "x"), Envelope(2, None, 1, 11, "no"))


async def test_a_prohibition_whose_window_never_began_is_recorded_at_the_end() -> None:
    forbids = parse_forbids([{"id": "no", "when": "ws.connect", "from": "lost", "because": "x"}])
    setup = DirectorSetup(forbids=forbids)
    setup.director.report_unmet()
    event, about = last(setup.sink, "forbidden.unwatched")
    assert (event.event, about.rule) == ("ws.connect", "no")


@pytest.mark.parametrize(("client_takes_part", "told"), [(False, [("a", "b")]), (True, [])])
async def test_rules_that_set_each_other_off_fast_are_told_unless_the_client_takes_part(
    monkeypatch: pytest.MonkeyPatch, client_takes_part: bool, told: list[tuple[str, ...]]
) -> None:
    monkeypatch.setattr(chains, "LONGEST", 10)
    events = {"a": "ws.out.ack", "b": "ws.out.reconnect"}
    setup = DirectorSetup(
        {"id": "b", "when": "ws.out.ack", "which": "..30", "do": {"frame": "x", "after": "1ms"}},
        {"id": "a", "when": "ws.out.reconnect", "which": "..30", "do": {"frame": "x", "after": "1ms"}},
    )
    ran_away: list[tuple[str, ...]] = []
    setup.director.on_runaway = lambda keys: ran_away.append(tuple(sorted(keys)))

    def push(bot: int, push: Push, cause: int | None) -> tuple[int | None, Effect | None]:
        about = Envelope(4, None, 1, rule=None if client_takes_part else push.rule.key)
        event = partial(setup.director.ask, events[push.rule.key], about, 7)
        if client_takes_part:
            setup.stage.loop.call_soon(event)
        else:
            event()
        return 4, Effect(bytes=1, frames=1)

    setup.director._carry_out = push
    setup.director.ask("ws.out.ack", Envelope(4, None, 1), 7)
    await asyncio.sleep(0.2)
    assert ran_away == told and not setup.errors
