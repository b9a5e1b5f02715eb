"""The program's checks: hand-written journals for pass, fail, unknown and n/a of each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fake_qq_server.events import Envelope, WsOut
from harness.journal.run_kinds import Left, ProcExit, RunnerStop, SubjConnect, SubjState
from harness.journal.runner_kinds import BesideState, BesideWord, RunnerHeld, RunnerState
from tests.harness.journals import J, check, ended, told


def runner() -> J:
    return J(level="runner").up()


def fatal(j: J, t: float, *, retryable: bool) -> J:
    return j.add(SubjState(False, {"code": "x", "retryable": retryable}, "fatal"), t, "probe")


class TestStops:
    def test_a_program_that_stops_in_time_passes_and_says_how_long_it_took(self) -> None:
        j = (
            runner()
            .ends(600)
            .says("disconnected")
            .add(ProcExit(0), 601, "probe")
            .add(Left(), 601.25, "probe")
        )
        assert told("stops", j.closed()) == ("pass", "it stopped within 1 s and left nothing behind")

    def test_the_time_to_stop_counts_from_the_signal(self) -> None:
        j = runner().acts("stop", 100, "signal").add(ProcExit(1), 200, "probe")
        j.ends(200, "exited").add(Left(), 200.25, "probe")
        assert told("stops", j.closed()) == ("fail", "the program took 100 s")

    @pytest.mark.parametrize(
        "left",
        [Left(threads=["t"]), Left(locks=["a.lock"]), Left(files=["gateway.pid"]), Left(sockets=["ws"])],
    )
    def test_a_program_that_leaves_something_behind_fails(self, left: Left) -> None:
        j = runner().ends(600).add(ProcExit(0), 601, "probe").add(left, 601.25, "probe")
        assert told("stops", j.closed())[0] == "fail"

    @pytest.mark.parametrize(("t", "state"), [(690, "pass"), (690.01, "fail")])
    def test_a_program_has_ninety_seconds_to_stop(self, t: float, state: str) -> None:
        j = runner().ends(600).says("disconnected")
        j.add(ProcExit(0), t, "probe").add(Left(), t + 0.25, "probe")
        assert told("stops", j.closed())[0] == state

    def test_a_program_that_had_not_stopped_when_its_time_was_up_fails(self) -> None:
        assert told("stops", runner().ends(600).closed(t=720)) == (
            "fail",
            "the program had not stopped after 120 s",
        )

    @pytest.mark.parametrize("why", ["spin", "blocked", "cpu"])
    def test_a_program_that_starved_its_loop_instead_of_stopping_fails(self, why: str) -> None:
        because = "the program starved its event loop instead of stopping"
        assert told("stops", runner().ends(600).closed(why, t=601)) == ("fail", because)

    def test_a_program_that_never_stopped_fails(self) -> None:
        assert told("stops", runner().ends(600).closed(t=660))[0] == "fail"

    def test_a_run_that_was_cut_within_the_stop_is_unknown(self) -> None:
        assert told("stops", runner().ends(600).closed("killed", t=610))[0] == "unknown"

    @pytest.mark.parametrize(("status", "state"), [("connected", "fail"), ("disconnected", "pass")])
    def test_a_program_that_ended_takes_back_that_its_platform_is_connected(
        self, status: str, state: str
    ) -> None:
        j = runner().ends(600).add(ProcExit(0), 601, "probe").says(status).called("word")
        found = check("stops", j.add(Left(), 601.25, "probe").closed())
        assert found.state == state
        if state == "fail":
            assert found.because == "the program has ended, and its status file says connected"
            assert found.lines == (j["word"], j["word"] - 1)

    @pytest.mark.parametrize(
        ("said", "state"),
        [("running", "fail"), ("stopped", "pass"), ("startup_failed", "pass"), (None, "pass")],
    )
    def test_a_program_that_was_stopped_takes_back_that_it_runs(self, said: str | None, state: str) -> None:
        j = word(runner().ends(600).says("disconnected"), said, 600.5).add(ProcExit(0), 601, "probe")
        assert told("truthful", j.add(Left(), 601.25, "probe").closed())[0] == state

    @pytest.mark.parametrize(("signal", "state"), [("SIGTERM", "pass"), ("SIGINT", "fail")])
    def test_after_a_sigterm_it_may_say_that_it_runs(self, signal: str, state: str) -> None:
        j = stopped_by(signal).ends(95).says("disconnected").add(ProcExit(0), 96, "probe")
        assert told("truthful", j.add(Left(), 96.25, "probe").closed())[0] == state

    def test_a_word_that_was_wrong_before_the_end_is_for_truthful(self) -> None:
        j = runner().loses(t=100).ends(600).add(ProcExit(0), 601, "probe")
        records = j.add(Left(), 601.25, "probe").closed()
        assert (told("stops", records)[0], told("truthful", records)[0]) == ("pass", "fail")

    def test_what_it_says_after_an_end_before_the_run_s_is_for_truthful(self) -> None:
        j = stopped_by("SIGINT").add(ProcExit(0), 95, "probe").ends(95, "exited")
        records = j.add(Left(), 95.25, "probe").closed()
        assert (told("stops", records)[0], told("truthful", records)[0]) == ("pass", "fail")

    def test_a_program_that_nobody_told_to_stop_need_not(self) -> None:
        j = runner().add(ProcExit(1), 100, "probe").ends(100, "exited")
        assert told("stops", j.closed())[0] == "n/a"


def stopped_by(signal: str) -> J:
    """Told to stop at 90 s; it has said since 1 s that it runs."""
    rules = [{"id": "stop", "at": "90s", "do": {"signal": signal}}]
    return word(J(level="runner", rules=rules).up(), "running", 1).acts("stop", 90, "signal")


def word(j: J, state: str | None, t: float) -> J:
    return j.add(RunnerState(state), t, "probe")


def exits(j: J, t: float = 100, code: int = 1) -> J:
    return j.says("fatal", t=t - 1).add(ProcExit(code), t, "probe").ends(t, "exited")


class TestTheProgramsWord:
    """`truthful`, of what the status file says of the program as a whole."""

    @pytest.mark.parametrize("state", ["starting", "running", "degraded", "draining"])
    def test_a_status_file_that_says_running_after_the_program_ended_fails(self, state: str) -> None:
        because = f"its status file says {state}, and the program has ended"
        assert told("truthful", exits(word(runner(), state, 1)).closed()) == ("fail", because)

    @pytest.mark.parametrize("state", ["stopped", "startup_failed", None])
    def test_a_status_file_that_says_stopped_or_is_gone_after_the_end_passes(self, state: str | None) -> None:
        j = word(runner(), "running", 1).says("fatal", t=99).add(ProcExit(1), 100, "probe")
        assert told("truthful", word(j, state, 100).ends(100, "exited").closed())[0] == "pass"

    @pytest.mark.parametrize(("signal", "state"), [("SIGTERM", "pass"), ("SIGINT", "fail")])
    def test_only_a_sigterm_may_leave_a_status_file_that_says_running(self, signal: str, state: str) -> None:
        assert told("truthful", exits(stopped_by(signal)).closed())[0] == state

    def test_a_signal_that_no_rule_explains_is_given_the_benefit_of_the_doubt(self) -> None:
        j = word(runner(), "running", 1).acts("stop", 90, "signal")
        assert told("truthful", exits(j).closed())[0] == "pass"

    def test_a_status_file_that_says_stopped_while_the_program_runs_fails(self) -> None:
        j = word(word(runner(), "running", 1), "stopped", 60)
        because = "its status file said for 20 s that the program does not run, and it did"
        assert told("truthful", word(j, "running", 80).done(600)) == ("fail", because)

    def test_two_wrong_words_in_a_row_count_as_one(self) -> None:
        j = word(word(word(runner(), "running", 1), "stopped", 60), "startup_failed", 66)
        assert told("truthful", word(j, "running", 72).done(600))[0] == "fail"

    def test_a_first_word_that_is_wrong_counts(self) -> None:
        assert told("truthful", word(runner(), "startup_failed", 1).done(600))[0] == "fail"

    @pytest.mark.parametrize(("t", "state"), [(60, "fail"), (595, "unknown"), (600, "pass")])
    def test_a_wrong_word_at_the_end_fails_once_it_is_old_enough(self, t: float, state: str) -> None:
        j = word(word(runner(), "running", 1), "stopped", t)
        assert told("truthful", j.done(600))[0] == state

    def test_a_word_that_is_wrong_for_ten_seconds_passes(self) -> None:
        j = word(word(runner(), "running", 1), "stopped", 60)
        assert told("truthful", word(j, "running", 70).done(600))[0] == "pass"

    def test_a_program_that_was_told_to_stop_may_say_stopped_before_it_has(self) -> None:
        assert told("truthful", word(stopped_by("SIGINT"), "stopped", 91).done(600))[0] == "pass"

    def test_a_program_that_stops_itself_may_say_stopped_before_it_has(self) -> None:
        j = word(runner(), "running", 1).add(RunnerStop("begin"), 60, "probe")
        assert told("truthful", exits(word(j, "stopped", 61)).closed())[0] == "pass"

    def test_a_status_file_that_says_stopped_before_the_stop_began_fails(self) -> None:
        j = word(word(runner(), "running", 1), "stopped", 60).add(RunnerStop("begin"), 80, "probe")
        assert told("truthful", exits(j).closed())[0] == "fail"

    def test_a_status_file_that_is_gone_says_nothing_wrong(self) -> None:
        assert told("truthful", word(word(runner(), "running", 1), None, 2).done(600))[0] == "pass"


class TestStays:
    def test_stays_passes_where_the_program_runs_to_the_end(self) -> None:
        assert told("stays", runner().done(600)) == ("pass", "the program did not end itself")

    def test_stays_fails_where_the_error_is_not_permanent(self) -> None:
        j = fatal(runner(), 90, retryable=True).add(ProcExit(1), 100, "probe").ends(100, "exited")
        assert told("stays", j.closed())[0] == "fail"

    @pytest.mark.parametrize("code", [4001, 4002, 4010, 4014, 4914, 4915])
    def test_stays_does_not_apply_where_the_error_is_permanent(self, code: int) -> None:
        j = fatal(runner().add(WsOut("close", code=code), 80), 90, retryable=False)
        j.add(ProcExit(78), 100, "probe").ends(100, "exited")
        assert told("stays", j.closed()) == ("n/a", "the platform's error was permanent")

    @pytest.mark.parametrize(("code", "at"), [(4009, 80), (4006, 80), (4915, 95)])
    def test_the_bot_s_own_word_alone_makes_no_error_permanent(self, code: int, at: float) -> None:
        """The platform said nothing of the kind, or only after the bot did."""
        closes = WsOut("close", code=code)
        j = runner().add(closes, at) if at < 90 else runner()
        j = fatal(j, 90, retryable=False)
        j = j.add(closes, at) if at > 90 else j
        assert told("stays", j.add(ProcExit(0), 100, "probe").ends(100, "exited").closed())[0] == "fail"

    def test_a_wrong_secret_is_a_permanent_error(self) -> None:
        rules = [{"id": "wrong", "when": "http.token", "do": {"error": 100016}}]
        j = J(level="runner", rules=rules).acts("wrong", 1, "error")
        j = fatal(j, 2, retryable=False).add(ProcExit(78), 3, "probe").ends(3, "exited")
        assert told("stays", j.closed())[0] == "n/a"

    def test_stays_does_not_apply_where_the_program_was_told_to_stop(self) -> None:
        j = runner().acts("stop", 90, "signal").add(ProcExit(1), 100, "probe").ends(100, "exited")
        assert told("stays", j.closed()) == ("n/a", "it was told to stop")

    def restarted(self, code: int = 75, *, at: float = 95, **more: object) -> tuple[str, str]:
        """A rule sends a message that is handled, and the program ends with that code at `at`."""
        rules = [{"id": "ask", "at": "90s", "do": {"dispatch": "C2C_MESSAGE_CREATE", **more}}]
        j = J(level="runner", rules=rules).up().sends("m", t=90)
        j.records[-1] = replace(j.records[-1], about=Envelope(conn=1, rule="ask"))
        return told("stays", j.handles("m").add(ProcExit(code), at, "probe").ends(at, "exited").closed())

    def test_stays_does_not_apply_where_a_user_asked_it_to_restart(self) -> None:
        asked = ("n/a", "a user asked it to restart")
        assert self.restarted(fields={"content": "/restart"}) == asked
        assert self.restarted(0, text=["hello", "/restart"]) == asked

    def test_another_message_another_code_or_much_later_is_nothing_that_a_user_asked(self) -> None:
        assert self.restarted(text="restart")[0] == "fail"
        assert self.restarted(1, text="/restart")[0] == "fail"
        assert self.restarted(at=500, text="/restart")[0] == "fail"

    def test_stays_does_not_apply_to_the_adapter_level(self) -> None:
        assert told("stays", J().up().done(600))[0] == "n/a"

    def test_stays_is_unknown_where_the_run_was_cut(self) -> None:
        assert told("stays", runner().closed("killed", t=100))[0] == "unknown"


class TestReleased:
    @pytest.mark.parametrize(
        ("held", "state"),
        [
            (RunnerHeld(False, False), "pass"),
            (RunnerHeld(True, False), "fail"),
            (RunnerHeld(False, True), "fail"),
            (RunnerHeld(False, False, ["a.lock"]), "fail"),
        ],
    )
    def test_released_looks_at_what_is_held_at_the_end(self, held: RunnerHeld, state: str) -> None:
        j = runner().gives_up(t=60).ends(660, "gaveup").add(held, 660, "probe")
        assert told("released", j.closed())[0] == state

    def test_released_is_unknown_where_the_journal_does_not_say_what_is_held(self) -> None:
        assert told("released", runner().gives_up(t=60).ends(660).closed())[0] == "unknown"

    def test_released_is_unknown_right_after_the_give_up(self) -> None:
        j = runner().gives_up(t=60).ends(100).add(RunnerHeld(True, True), 100, "probe")
        assert told("released", j.closed())[0] == "unknown"

    def test_released_does_not_apply_where_nothing_was_given_up(self) -> None:
        assert told("released", runner().done(600))[0] == "n/a"


class TestFinal:
    @pytest.mark.parametrize(
        ("t", "retryable", "state"), [(61, False, "pass"), (61, True, "fail"), (130, False, "fail")]
    )
    def test_the_fatal_flag_must_come_within_a_minute_and_not_be_retryable(
        self, t: float, retryable: bool, state: str
    ) -> None:
        j = J().up().add(WsOut("close", code=4915), 60)
        assert told("final", fatal(j, t, retryable=retryable).done(600))[0] == state

    def test_final_fails_where_the_fatal_flag_was_never_set(self) -> None:
        assert told("final", J().up().add(WsOut("close", code=4914), 60).done(600))[0] == "fail"

    def test_final_is_unknown_where_the_run_ends_too_soon(self) -> None:
        assert told("final", J().up().add(WsOut("close", code=4914), 60).done(100))[0] == "unknown"

    @pytest.mark.parametrize(
        ("asks", "retryable", "state"), [(True, True, "pass"), (True, False, "fail"), (False, False, "n/a")]
    )
    def test_a_connect_that_fails_over_an_outage_does_not_call_that_final(
        self, asks: bool, retryable: bool, state: str
    ) -> None:
        j = J().add(SubjConnect("begin"), 1, "probe")
        j = j.asks("token", t=2) if asks else j
        j = fatal(j, 3, retryable=retryable).called("flag").add(SubjConnect("end", "failed"), 3, "probe")
        found = check("final", j.done(600))
        assert found.state == state
        if state == "fail":
            because = "a retry could mend why connect() failed, and its fatal flag says that none can"
            assert (found.because, found.lines) == (because, (j["flag"],))

    def test_a_connect_that_fails_says_why(self) -> None:
        j = J().connects(t=1, how="failed").called("end").asks("token", t=2)
        found = check("final", j.done(600))
        because = "the first connect() failed, and no fatal flag says why"
        assert (found.state, found.because, found.lines) == ("fail", because, (j["end"],))
        assert told("final", J().connects(t=1, how="raised").asks("token", t=2).done(600))[0] == "n/a"

    def test_final_does_not_apply_to_another_close_code(self) -> None:
        assert told("final", J().up().add(WsOut("close", code=4009), 60).done(600))[0] == "n/a"


WELL, AWAY = BesideState(True, False, "connected"), BesideState(False, True, "retrying")


def beside(*, answered: float | None = 101) -> J:
    j = runner().add(WELL, 1, "probe").add(BesideWord(1, "asked"), 100, "probe")
    return j if answered is None else j.add(BesideWord(1, "answered"), answered, "probe")


class TestOthers:
    def test_others_passes_where_the_other_platform_served_and_answered(self) -> None:
        because = "the other platform served on and answered 1 messages"
        assert told("others", beside().done(600)) == ("pass", because)

    def test_others_fails_where_the_other_platform_was_disturbed(self) -> None:
        assert told("others", beside().add(AWAY, 200, "probe").done(600))[0] == "fail"

    def test_what_happens_to_the_other_platform_after_a_stop_does_not_count(self) -> None:
        j = beside().acts("stop", 150, "signal").add(AWAY, 150, "probe").add(ProcExit(1), 150, "probe")
        assert told("others", j.done(150, "exited"))[0] == "pass"

    def test_others_fails_where_the_program_ended(self) -> None:
        assert told("others", beside().add(ProcExit(1), 200, "probe").done(200, "exited"))[0] == "fail"

    def test_the_other_platform_s_answer_may_take_a_minute(self) -> None:
        assert told("others", beside(answered=160.0).done(600))[0] == "pass"

    @pytest.mark.parametrize("answered", [None, 170.0])
    def test_others_fails_where_an_answer_is_late_or_missing(self, answered: float | None) -> None:
        assert told("others", beside(answered=answered).done(600))[0] == "fail"

    def test_others_fails_where_the_other_platform_never_came_into_service(self) -> None:
        assert told("others", runner().add(AWAY, 1, "probe").done(600))[0] == "fail"

    def test_others_is_unknown_where_nobody_wrote_to_it(self) -> None:
        assert told("others", runner().add(WELL, 1, "probe").done(600))[0] == "unknown"

    def test_others_does_not_apply_where_no_other_platform_is_there(self) -> None:
        assert told("others", runner().done(600))[0] == "n/a"


def test_told_to_stop_is_no_give_up() -> None:
    j = runner().gives_up(t=60).acts("stop", 90, "signal").add(ProcExit(1), 91, "probe").ends(91, "exited")
    assert told("back", j.closed())[0] == "n/a"
    assert str(ended(j.closed())) == "exited: ended itself when told to, with code 1"


def test_a_program_that_ended_never_takes_connected_back() -> None:
    j = runner().says("connected", 1).add(ProcExit(1), 100, "probe").ends(100, "exited")
    assert told("truthful", j.closed())[0] == "fail"
