"""Whether time passed too fast for this machine: what the log counts, the platform must have seen."""

from __future__ import annotations

from fake_qq_server.events import HttpAnswer, HttpRequest, Session
from harness.journal.process_kinds import ProcSentinel, SubjGaveUp
from harness.journal.run_kinds import SubjAttempt
from harness.program.sentinel import MOST_LATE_S, TOO_FAST, Sentinel

GATEWAY = HttpRequest("gateway", "GET", "/gateway")


def attempts(sentinel: Sentinel, *seen: bool) -> Sentinel:
    for number, each in enumerate(seen, 1):
        sentinel.saw(SubjAttempt("begin", number=number))
        if each:
            sentinel.saw(GATEWAY)
        sentinel.saw(SubjAttempt("end", "failed", number=number))
    return sentinel


def test_nothing_is_wrong_where_each_attempt_was_seen() -> None:
    sentinel = attempts(Sentinel(), True, True)
    assert sentinel.trouble() is None
    assert sentinel.found() == ProcSentinel(2, 2, 0.0)


def test_an_attempt_that_nobody_saw_spoils_the_run() -> None:
    said = attempts(Sentinel(), True, False).trouble()
    assert said == f"{TOO_FAST}the log tells of 2 attempts, and 1 reached the platform"


def test_what_the_start_asks_for_is_no_attempt() -> None:
    sentinel = Sentinel()
    sentinel.saw(GATEWAY)
    assert attempts(sentinel, False).trouble() is not None


def test_the_platform_may_see_an_attempt_before_the_log_of_it_is_read() -> None:
    sentinel = Sentinel()
    sentinel.saw(GATEWAY)
    sentinel.saw(Session("ready", 1))
    sentinel.saw(GATEWAY)
    sentinel.saw(SubjAttempt("begin"))
    sentinel.saw(SubjAttempt("end", "failed"))
    assert sentinel.found() == ProcSentinel(1, 1, 0.0)


def test_what_is_asked_for_after_the_give_up_makes_up_for_nothing() -> None:
    sentinel = attempts(Sentinel(), True, False)
    sentinel.saw(SubjGaveUp())
    sentinel.saw(GATEWAY)
    assert sentinel.found() == ProcSentinel(2, 1, 0.0)


def test_a_token_that_was_refused_is_an_attempt_that_was_seen() -> None:
    sentinel = Sentinel()
    sentinel.saw(SubjAttempt("begin"))
    sentinel.saw(HttpAnswer("token", 500))
    sentinel.saw(SubjAttempt("end", "failed"))
    assert sentinel.trouble() is None


def test_an_attempt_that_is_under_way_need_not_have_been_seen() -> None:
    sentinel = Sentinel()
    sentinel.saw(SubjAttempt("begin"))
    assert sentinel.trouble() is None


def test_timers_that_are_late_by_minutes_spoil_the_run() -> None:
    sentinel = Sentinel()
    sentinel.late(MOST_LATE_S)
    assert sentinel.trouble() is None
    sentinel.late(MOST_LATE_S + 1)
    sentinel.late(0.1)
    assert sentinel.trouble() == f"{TOO_FAST}timers were late by {MOST_LATE_S + 1:.0f} s of the run"
