"""What a picture of a run shows, and where."""

from __future__ import annotations

from fake_qq_server.events import WsOut
from harness.journal.run_kinds import SubjLife
from harness.judging.timeline import read
from harness.reporting.lanes import picture_of
from harness.reporting.marks import BAD, DIM, GOOD, NOTE, WARN, Lane, Picture
from tests.harness.journals import HOUR, J, us
from tests.harness.reporting.made import dies


def picture(j: J, end: float = HOUR) -> Picture:
    return picture_of(read(j.done(end)), "x")


def lane(j: J, title: str, end: float = HOUR) -> Lane:
    return next(one for one in picture(j, end).lanes if one.title == title)


def stretches(found: Lane) -> list[tuple[float, float, str]]:
    return [(band.start / 1e6, band.end / 1e6, band.colour) for band in found.bands]


def test_a_run_has_the_lanes_in_which_something_happens() -> None:
    shown = picture_of(read(dies()), "x")
    titles = ["close", "100x status", "connection", "session", "attempts", "heartbeats", "it says"]
    assert [one.title for one in shown.lanes] == titles
    assert [(one.t, one.text) for one in shown.moments] == [(us(5868), "gives up")]
    assert shown.end == us(6468)


def test_a_connection_is_dim_where_it_is_open_green_in_service_and_yellow_when_interrupted() -> None:
    j = J().up().interrupted(t=60).released(t=70).loses(t=80)
    assert stretches(lane(j, "connection")) == [
        (0.25, 80, DIM),
        (0.25, 60, GOOD),
        (70, 80, GOOD),
        (60, 70, WARN),
    ]


def test_an_interruption_is_over_when_its_connection_is() -> None:
    found = lane(J().up().interrupted(t=60).loses(t=70), "connection")
    assert stretches(found)[-1] == (60, 70, WARN)


def test_attempts_are_numbered_and_coloured_by_how_they_ended() -> None:
    j = J().up().loses(t=60).tries(t=62).tries(t=70, how="ok").tries(t=80, how=None)
    found = lane(j, "attempts")
    assert [band.label for band in found.bands] == ["", "1", "2", "3"]
    assert stretches(found)[1:] == [(62, 62.25, BAD), (70, 70.25, GOOD), (80, 3600, WARN)]


def test_a_heartbeat_without_an_ack_is_another_colour() -> None:
    j = J().up().says_frame("heartbeat", t=30).says_frame("heartbeat", t=60)
    j.add(WsOut("ack"), conn=1, cause=len(j.records))
    assert [tick.colour for tick in lane(j, "heartbeats").ticks] == [WARN, GOOD]


def test_an_ack_that_the_line_holds_back_did_not_come() -> None:
    j = J().up().interrupted(t=20).says_frame("heartbeat", t=30)
    j.add(WsOut("ack"), conn=1, cause=len(j.records)).released(t=40).says_frame("heartbeat", t=60)
    j.add(WsOut("ack"), conn=1, cause=len(j.records))
    assert [tick.colour for tick in lane(j, "heartbeats").ticks] == [WARN, GOOD]


def test_a_message_is_written_handled_and_answered() -> None:
    found = lane(J().up().sends("m", t=90).handles("m").posts("m"), "messages")
    assert [(tick.text, tick.colour) for tick in found.ticks] == [
        ("message m: written", NOTE),
        ("message m: handled", DIM),
        ("message m: answered", GOOD),
    ]


def test_what_it_says_changes_with_the_word_and_the_flag() -> None:
    j = J().up().says("disconnected", t=60).flags(t=70).tells(t=80, lasts=1)
    found = lane(j, "it says")
    assert stretches(found) == [
        (0.25, 60, GOOD),
        (60, 70, WARN),
        (70, 3600, BAD),
        (80, 81, GOOD),
    ]
    assert found.bands[2].text == "it says disconnected, with the fatal flag"


def test_the_gateway_shows_its_queue_and_where_it_has_no_adapter() -> None:
    j = J(level="runner").up().installed(True).installed(False, t=60).queued(True, t=60)
    j.queued(False, t=90).installed(True, t=95)
    assert sorted(stretches(lane(j, "gateway"))) == [(60, 90, WARN), (60, 95, DIM)]


def test_healing_giving_up_and_lives_are_moments_of_the_whole_run() -> None:
    j = J().up().add(SubjLife("started", 2), 20).gives_up(t=60).heals(t=70)
    found = sorted((one.t, one.colour, one.text) for one in picture(j).moments)
    assert found == [(us(20), WARN, "life 2: started"), (us(60), BAD, "gives up"), (us(70), GOOD, "healed")]
