"""What the checks make of a program that is seen from outside, in time that is not exact."""

from __future__ import annotations

import pytest

from fake_qq_server.events import Event, EventSent
from harness.journal.process_kinds import ProcSpin, ProcUnit, SubjGaveUp
from harness.journal.run_kinds import Left, ProcExit, SubjLife
from harness.judging.checks import CHECKS
from harness.judging.checks.program import exit_of
from harness.judging.outcome import judge
from harness.judging.timeline import read
from tests.harness.journals import HOUR, J, check, ended, told


def program() -> J:
    """A program whose bot is in service."""
    return J(level="process", opened=True).up()


def saw(j: J, t: float, *events: Event) -> J:
    """Something was seen of the program."""
    for event in events:
        j.add(event, t, "probe")
    return j


def test_a_give_up_is_told_from_the_log() -> None:
    j = saw(program().loses(t=60), 600, SubjGaveUp())
    found = check("back", j.done(3 * HOUR))
    assert (found.state, found.because) == ("fail", "it gave up, and the program does not try again")


def test_a_program_that_still_asks_the_platform_tries_on() -> None:
    j = saw(program().loses(t=60), 600, SubjGaveUp())
    j.asks("token", t=3 * HOUR - 60)
    assert told("back", j.done(3 * HOUR)) == ("pass", "it gave up, and the program goes on trying")


def test_it_is_too_early_to_tell_right_after_the_give_up() -> None:
    j = saw(program().loses(t=60), 600, SubjGaveUp())
    assert told("back", j.done(900))[0] == "unknown"


def test_what_systemd_started_again_is_back_and_has_not_stayed() -> None:
    j = saw(program(), 600, ProcExit(1), SubjLife("started", 2))
    records = j.done(3 * HOUR)
    assert told("back", records) == ("pass", "it ended, and the service manager started it again")
    assert told("stays", records)[0] == "fail"
    assert exit_of(read(records)) is None


def test_a_program_whose_main_thread_never_rests_spins_and_is_not_awake() -> None:
    outcome = judge(saw(program().loses(t=60), HOUR, ProcSpin(4.99, 5.0)).done(HOUR))
    assert (outcome.verdict, outcome.ending.name) == ("fail", "busy-spin")
    assert ("awake", "fail") in {(one.name, one.state) for one in outcome.checks}
    assert "awake" in outcome.asked


@pytest.mark.parametrize("lives", [1, 2])
def test_what_systemd_is_about_to_start_again_at_the_runs_end_is_back(lives: int) -> None:
    j = program()
    for life in range(lives):
        saw(
            j,
            600 + life,
            SubjLife("started", life + 2),
            ProcUnit("activating", "auto-restart", 1),
            ProcExit(1),
        )
    records = j.done(602)
    assert told("back", records) == ("pass", "it ended, and the service manager started it again")
    assert exit_of(read(records)) is None


def killed() -> J:
    """A rule kills the program, and systemd starts it again."""
    rules = [{"id": "kill", "at": "600s", "do": {"signal": "SIGKILL"}}]
    j = J(level="process", opened=True, levels=["process"], rules=rules).up().acts("kill", 600, "signal")
    return saw(j, 600, ProcExit(-9), SubjLife("started", 2))


def test_what_was_killed_has_stayed_as_far_as_it_could() -> None:
    records = killed().done(3 * HOUR)
    assert told("stays", records) == ("n/a", "it was killed")
    assert told("back", records) == ("pass", "it ended, and the service manager started it again")


def test_a_program_that_was_killed_and_is_back_is_told_to_stop_by_the_tear_down() -> None:
    j = killed().ends(HOUR).state(HOUR + 4, status="disconnected").add(ProcExit(0), HOUR + 5, "probe")
    j.add(Left(), HOUR + 5, "probe")
    assert told("stops", j.closed()) == ("pass", "it stopped within 5 s and left nothing behind")


def test_what_a_real_systemd_did_not_start_again_is_not_back_whatever_the_table_says() -> None:
    j = saw(program(), 600, ProcUnit("failed", "failed", 0), ProcExit(1))
    assert told("back", j.done(3 * HOUR, why="exited")) == (
        "fail",
        "it ended with code 1, and systemd did not start it again",
    )


def test_checks_that_need_a_look_inside_or_exact_time_do_not_apply() -> None:
    records = program().done(HOUR)
    outside = {
        name for name in CHECKS if told(name, records)[1].startswith("the program is seen from outside")
    }
    assert outside == {name for name, row in CHECKS.items() if not row.program}
    assert {"awake", "beats", "polite", "once"} < outside


def test_a_message_that_nobody_answers_makes_it_deaf_for_from_outside_no_handling_is_seen() -> None:
    j = program().add(EventSent("probe-1", "C2C_MESSAGE_CREATE", 2, False, True), t=100, conn=1)
    assert ended(j.done(HOUR)).name == "deaf"
    assert told("answered", j.done(HOUR))[0] == "fail"
