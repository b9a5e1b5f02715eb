"""How fast time may pass: real time while the program starts, answers or stops, slower after a healing."""

from __future__ import annotations

from fake_qq_server.events import EventSent, Heal, HttpSend, Session
from harness.program.pace import AFTER_ANSWER_US, ANSWER_US, HELD_US, RECOVER_US, SECOND, START_US, Pace

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


def test_the_rate_is_raised_in_steps() -> None:
    pace = Pace(400)
    assert [pace.step(0, at) for at in (1.0, 1.1, 2.0, 3.0, 4.0)] == [10, None, 100, 400, None]


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


def test_time_is_slower_from_a_healing_to_the_probe_that_follows_it() -> None:
    pace = running()
    pace.saw(Heal("keep"), SECOND)
    assert settled(pace, 2 * SECOND) == 40
    pace.saw(READY, 100 * SECOND)
    assert settled(pace, 100 * SECOND + HELD_US) == 40
    assert settled(pace, 100 * SECOND + HELD_US + 1) == 400


def test_time_is_not_slow_for_ever_where_a_bot_does_not_recover() -> None:
    pace = running()
    pace.saw(Heal("keep"), 0)
    assert settled(pace, RECOVER_US + 1) == 400
