"""How fast time may pass: real time while the program starts, answers or stops, slower while it talks."""

from __future__ import annotations

import pytest

from fake_qq_server.events import (
    Event,
    EventSent,
    Heal,
    HttpRequest,
    HttpSend,
    LinkClose,
    LinkOpen,
    Session,
    WsConnect,
)
from harness.program.pace import (
    AFTER_ANSWER_US,
    AGAIN_US,
    ANSWER_US,
    HELD_US,
    RECOVER_US,
    SECOND,
    START_US,
    TALK_US,
    TALKING,
    Pace,
)

REQUEST = HttpRequest("gateway", "GET", "/gateway")
READY = Session("ready", 1)


def settled(pace: Pace, now_us: int) -> float:
    """The rate once all steps up are done."""
    for second in range(1, 10):
        pace.step(now_us, float(second))
    return pace.rate


def running() -> Pace:
    """A pace of 400 whose program is ready."""
    pace = Pace(400)
    pace.starts(0)
    pace.saw(READY, SECOND)
    assert settled(pace, SECOND) == 400
    return pace


def message(id: str) -> EventSent:
    return EventSent(id, "C2C_MESSAGE_CREATE", 1, False, False)


def reply(id: str, what: str = "message") -> HttpSend:
    return HttpSend("c2c", "somebody", what, msg_id=id)  # type: ignore[arg-type]


def test_time_is_real_until_the_bot_is_ready() -> None:
    pace = Pace(400)
    pace.starts(0)
    assert settled(pace, 10 * SECOND) == 1
    pace.saw(READY, 10 * SECOND)
    assert settled(pace, 10 * SECOND) == 400


def test_time_passes_faster_though_the_bot_does_not_become_ready_in_time() -> None:
    pace = Pace(400)
    pace.starts(0)
    assert settled(pace, START_US + 1) == 400


def test_a_program_that_ends_before_it_is_ready_again_and_again_is_started_in_faster_time() -> None:
    pace = Pace(400)
    rates = []
    for second in range(5):
        pace.starts(second * SECOND)
        rates.append(settled(pace, second * SECOND))
    assert rates == [1, 1, 1, 40, 40]
    assert settled(pace, 4 * SECOND + AGAIN_US) == 40
    pace.saw(READY, 6 * SECOND)
    pace.starts(7 * SECOND)
    assert settled(pace, 7 * SECOND) == 1


def test_the_rate_is_raised_in_steps_each_after_the_longest_wait_that_began_before_the_last() -> None:
    pace = Pace(400)
    asked_at = (1.0, 1.1, 1.6, 1.62, 1.66, 4.0)
    assert [pace.step(0, at) for at in asked_at] == [10, None, 100, None, 400, None]


def test_the_rate_falls_at_once() -> None:
    pace = running()
    pace.stops()
    assert pace.step(SECOND, 9.01) == 1


def test_time_is_real_until_a_message_is_answered() -> None:
    pace = running()
    pace.saw(message("m"), SECOND)
    pace.saw(reply("m", "notice"), 2 * SECOND)
    pace.saw(reply("another"), 2 * SECOND)
    assert settled(pace, 30 * SECOND) == 1
    pace.saw(reply("m"), 30 * SECOND)
    assert settled(pace, 30 * SECOND + AFTER_ANSWER_US + 1) == 400


def test_nobody_waits_for_ever_for_an_answer() -> None:
    pace = running()
    pace.saw(message("m"), SECOND)
    assert settled(pace, SECOND + ANSWER_US + 1) == 400


@pytest.mark.parametrize(
    "event", [REQUEST, LinkOpen("api"), LinkClose("api", "subject", "fin"), WsConnect("bot", 1)]
)
def test_time_is_slower_while_the_program_talks_to_the_platform(event: Event) -> None:
    pace = running()
    pace.saw(event, 5 * SECOND)
    assert settled(pace, 5 * SECOND + TALK_US) == 400 * TALKING
    assert settled(pace, 5 * SECOND + TALK_US + 1) == 400


def test_a_talk_is_never_slower_than_real_time() -> None:
    pace = Pace(2)
    pace.saw(REQUEST, 0)
    assert settled(pace, 1) == 1


def test_time_is_slower_from_the_first_request_after_a_healing_to_the_probe_that_follows_it() -> None:
    pace = running()
    pace.saw(Heal("keep"), SECOND)
    assert settled(pace, 50 * SECOND) == 400
    pace.saw(REQUEST, 60 * SECOND)
    assert settled(pace, 80 * SECOND) == 40
    pace.saw(READY, 100 * SECOND)
    assert settled(pace, 100 * SECOND + HELD_US) == 40
    assert settled(pace, 100 * SECOND + HELD_US + 1) == 400


def test_time_is_not_slow_for_ever_where_a_bot_does_not_recover() -> None:
    pace = running()
    pace.saw(Heal("keep"), 0)
    pace.saw(REQUEST, 0)
    assert settled(pace, RECOVER_US + 1) == 400
