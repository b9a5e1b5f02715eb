"""reacts: how soon a bot turns to another connection."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.events import Event, HttpRequest, LinkClose, LinkOpen, RuleAct, WsAuth, WsConnect
from harness.journal.run_kinds import ProcEnding, ProcExit, RunnerStop, SubjAttempt, SubjConnect
from tests.harness.journals import BEAT, J, check, told

WAYS = 0.16
"""Four times the link's delay."""


def ended(how: str, t: float = 60, **scenario: Any) -> J:
    """In service, and the platform ends that."""
    j = J(**scenario).up(1)
    match how:
        case "op 7":
            return j.asks_to_reconnect(t=t).called("loss")
        case "op 9":
            return j.invalidates(t=t).called("loss")
        case "end":
            return j.loses(t=t).called("loss")
    return j.close_frame(t=t, code=int(how)).called("loss")


def tried(how: str, after: float, event: Event | None = None, **about: Any) -> tuple[str, str]:
    j = ended(how).add(event or HttpRequest("gateway", "GET", "/gateway"), 60 + after, **about)
    return told("reacts", j.done(3600))


class TestReacts:
    @pytest.mark.parametrize(
        ("how", "limit", "what"),
        [
            ("op 7", 15, "op 7"),
            ("op 9", 15, "op 9"),
            ("4009", 15, "the close with 4009"),
            ("1000", 15, "the close with 1000"),
            ("end", 15, "the end of its connection"),
            ("4008", 90, "the close with 4008"),
        ],
    )
    def test_it_tries_again_in_time(self, how: str, limit: float, what: str) -> None:
        assert tried(how, limit + WAYS) == ("pass", f"it tried again {limit + WAYS} s after {what}")
        late = limit + WAYS + 0.01
        assert tried(how, late) == ("fail", f"it tried again only {late:.2f} s after {what}")

    def test_tells_the_records(self) -> None:
        j = ended("op 7").asks("gateway", t=62).called("sign")
        assert check("reacts", j.done(600)).lines == (j["loss"], j["sign"])
        j = ended("op 7").asks("gateway", t=92).called("sign")
        assert check("reacts", j.done(600)).lines == (j["loss"], j["sign"])

    @pytest.mark.parametrize("how", ["op 7", "op 9", "4009", "end"])
    def test_fails_where_it_never_tries_again(self, how: str) -> None:
        j = ended(how)
        found = check("reacts", j.done(600))
        assert (found.state, found.lines) == ("fail", (j["loss"],))
        assert found.because.startswith("it never tried again after ")

    def test_is_unknown_where_the_run_ends_before(self) -> None:
        j = ended("4009")
        found = check("reacts", j.done(75.15))
        because = "the run ended less than 15 s after the close with 4009"
        assert (found.state, found.because, found.lines) == ("unknown", because, (j["loss"],))
        assert told("reacts", ended("4009").done(75.16))[0] == "fail"

    def test_is_not_applicable_where_the_platform_ended_nothing(self) -> None:
        assert told("reacts", J().up().closes(t=60).done(600)) == (
            "n/a",
            "the platform ended no connection in service",
        )

    @pytest.mark.parametrize(
        "event",
        [
            HttpRequest("token", "POST", "/x"),
            WsConnect("/ws", 101),
            LinkOpen("token"),
            LinkOpen("api"),
            LinkOpen("ws"),
            LinkClose("api", "peer", "refused"),
            SubjAttempt("end", "failed"),
            SubjConnect("begin"),
            WsAuth("resume", "valid"),
        ],
        ids=repr,
    )
    def test_what_only_a_connecting_client_does_is_a_sign(self, event: Event) -> None:
        assert tried("4009", 5, event, conn=9)[0] == "pass"

    @pytest.mark.parametrize(
        "event",
        [
            HttpRequest("api", "POST", "/v2"),
            LinkClose("api", "subject", "fin"),
            SubjAttempt("begin"),
            SubjConnect("end", "ok"),
            RuleAct("status"),
        ],
        ids=repr,
    )
    def test_nothing_else_is(self, event: Event) -> None:
        assert tried("4009", 5, event, conn=9)[0] == "fail"

    def test_a_connection_on_which_a_message_was_sent_is_no_sign(self) -> None:
        j = ended("4009").add(LinkOpen("api"), 61, conn=5).add(HttpRequest("api", "POST", "/v2"), 62, conn=5)
        assert told("reacts", j.done(600))[0] == "fail"

    @pytest.mark.parametrize(("when", "state"), [("seam.open", "pass"), ("seam.receive", "fail")])
    def test_a_rule_at_the_client_s_own_calls_shows_that_it_made_them(self, when: str, state: str) -> None:
        rules = [{"id": "r", "when": when, "do": {"raise": "OSError"}}]
        j = ended("4009", rules=rules).acts("r", t=62, verb="raise")
        assert told("reacts", j.done(600))[0] == state

    def test_a_sign_before_the_loss_does_not_count(self) -> None:
        assert told("reacts", J().up(1).asks("gateway", t=59).close_frame(t=60).done(600))[0] == "fail"

    def test_the_link_s_delay_is_added(self) -> None:
        j = ended("4009", net={"delay": "1s"}).asks("gateway", t=79)
        assert told("reacts", j.done(600))[0] == "pass"
        j = ended("4009", net={"delay": "1s"}).asks("gateway", t=79.01)
        assert told("reacts", j.done(600))[0] == "fail"

    def test_a_close_soon_after_op_7_counts_anew(self) -> None:
        j = ended("op 7").close_frame(t=75).asks("gateway", t=89)
        assert told("reacts", j.done(600))[0] == "pass"
        j = ended("op 7").close_frame(t=75.01).asks("gateway", t=89)
        assert told("reacts", j.done(600))[0] == "fail"
        j = ended("op 7").close_frame(t=61).asks("gateway", t=77)
        assert told("reacts", j.done(600))[0] == "fail"

    def test_a_bot_that_leaves_at_op_7_still_has_to_try(self) -> None:
        assert told("reacts", ended("op 7").closes(t=61).done(600))[0] == "fail"

    def test_a_second_op_7_does_not_postpone_the_first(self) -> None:
        j = ended("op 7").asks_to_reconnect(t=69).asks("gateway", t=80)
        assert told("reacts", j.done(600))[0] == "fail"

    @pytest.mark.parametrize("code", [4001, 4014, 4914, 4915])
    def test_nothing_is_owed_after_a_close_that_no_retry_can_help(self, code: int) -> None:
        assert told("reacts", ended(str(code)).done(600))[0] == "n/a"

    def test_nothing_is_owed_on_a_connection_that_was_never_ready(self) -> None:
        assert told("reacts", J().opens(t=1).close_frame(t=60).done(600))[0] == "n/a"

    def test_nothing_is_owed_where_the_bot_could_not_hear(self) -> None:
        assert told("reacts", J().up(1).interrupted(t=30).close_frame(t=60).done(600))[0] == "n/a"
        j = J().up(1).interrupted(t=30).released(t=40).close_frame(t=60)
        assert told("reacts", j.done(600))[0] == "fail"
        j = J().up(1).close_frame(t=60).interrupted(t=61)
        assert told("reacts", j.done(600))[0] == "fail"

    def test_nothing_is_owed_where_the_bot_left_first(self) -> None:
        j = J().up(1).close_frame(t=59, by="subject").close_frame(t=60).loses(t=61)
        assert told("reacts", j.done(600))[0] == "n/a"

    def test_nothing_is_owed_beside_another_connection_in_service(self) -> None:
        assert told("reacts", J().up(1).ready(2, t=50).close_frame(1, t=60).done(600))[0] == "n/a"
        j = J().up(1).ready(2, t=50).loses(2, t=55).close_frame(1, t=60)
        assert told("reacts", j.done(600))[0] == "fail"
        j = J().up(1).ready(2, t=50).interrupted(2, t=55).close_frame(1, t=60)
        assert told("reacts", j.done(600))[0] == "fail"

    def test_any_other_frame_is_no_loss(self) -> None:
        assert told("reacts", J().up(1).pushes(2, t=60).done(600))[0] == "n/a"

    def test_the_end_of_a_connection_of_another_host_is_none(self) -> None:
        assert (
            told("reacts", J().up(1).add(LinkClose("api", "peer", "fin"), 60, conn=1).done(600))[0] == "n/a"
        )

    @pytest.mark.parametrize(
        "stop",
        [
            lambda j: j.gives_up(t=62),
            lambda j: j.flags(t=62),
            lambda j: j.disconnects(t=62, how=None),
            lambda j: j.acts(t=62, verb="signal"),
            lambda j: j.add(ProcExit(1), 62),
            lambda j: j.add(ProcEnding(), 62),
            lambda j: j.add(RunnerStop("begin"), 62),
        ],
        ids=["listener", "flag", "disconnect", "signal", "exit", "ending", "stop"],
    )
    def test_nothing_is_owed_by_what_stopped(self, stop: Any) -> None:
        assert told("reacts", stop(ended("4009")).done(600))[0] == "n/a"

    @pytest.mark.parametrize(
        "other",
        [
            lambda j: j.listens(t=62),
            lambda j: j.says("disconnected", t=62),
            lambda j: j.acts(t=62),
            lambda j: j.add(RunnerStop("end", "ok"), 62),
            lambda j: j.gives_up(t=76),
        ],
        ids=["listener begins", "says", "another rule", "stop ends", "too late"],
    )
    def test_nothing_else_stops_it(self, other: Any) -> None:
        assert told("reacts", other(ended("4009")).done(600))[0] == "fail"

    def test_nothing_is_owed_by_a_bot_that_had_given_up(self) -> None:
        assert told("reacts", J().up(1).gives_up(t=50).close_frame(t=60).done(600))[0] == "n/a"

    def test_a_give_up_counts_until_it_is_undone(self) -> None:
        j = J().up(1).gives_up(t=50).close_frame(t=60).connects(t=90).ready(2, t=91)
        assert told("reacts", j.done(600))[0] == "n/a"
        j = J().up(1).gives_up(t=50).closes(t=51).connects(t=90).ready(2, t=91).close_frame(2, t=300)
        assert told("reacts", j.done(3600))[0] == "fail"

    def test_an_interruption_counts_though_it_ends_later(self) -> None:
        j = J().up(1).interrupted(t=30).close_frame(t=60).released(t=70)
        assert told("reacts", j.done(600))[0] == "n/a"

    def test_one_that_begins_after_the_word_does_not(self) -> None:
        assert told("reacts", ended("op 7").interrupted(t=61).done(600))[0] == "fail"

    def test_connections_are_counted_for_each_host(self) -> None:
        j = ended("4009").add(LinkOpen("ws"), 61, conn=5).add(HttpRequest("api", "POST", "/"), 62, conn=5)
        assert told("reacts", j.done(600))[0] == "pass"

    def test_a_rule_at_a_moment_is_at_no_seam(self) -> None:
        j = ended("4009", rules=[{"id": "r", "at": "20s", "do": {"close": 4009}}])
        assert told("reacts", j.acts("r", t=62).done(600))[0] == "fail"

    @staticmethod
    def second(held: float, after: float) -> str:
        j = J().up(1).close_frame(t=60).asks("gateway", t=62).ready(2, t=64)
        j.close_frame(2, t=64 + held).asks("gateway", t=64 + held + after)
        return told("reacts", j.done(3600))[0]

    def test_the_pause_after_a_connection_that_did_not_last_may_grow(self) -> None:
        assert [self.second(30, after) for after in (16, 600 + WAYS, 600.2)] == ["pass", "pass", "fail"]
        assert self.second(3 * BEAT - 0.01, 16) == "pass"
        assert [self.second(3 * BEAT, after) for after in (15, 16)] == ["pass", "fail"]

    def test_so_may_one_of_a_bot_that_was_trying_already(self) -> None:
        j = J().up(1).tries(t=50).close_frame(t=60).asks("gateway", t=120)
        assert told("reacts", j.done(3600))[0] == "pass"
        j = J().tries(t=0).up(1).close_frame(t=60).asks("gateway", t=120).tries(t=130)
        assert told("reacts", j.done(3600))[0] == "fail"

    def test_the_attempt_that_brought_the_connection_says_nothing(self) -> None:
        j = J().up(1).close_frame(t=60).asks("gateway", t=62).ready(2, t=64).tries(t=64.1, how="ok")
        assert told("reacts", j.close_frame(2, t=500).asks("gateway", t=520).done(3600))[0] == "fail"

    def test_each_loss_counts(self) -> None:
        j = ended("4009").asks("gateway", t=62).ready(2, t=64).close_frame(2, t=500)
        assert told("reacts", j.done(3600))[0] == "fail"

    def test_its_limit_can_be_set(self) -> None:
        j = ended("4009", limits_us={"reacts": 1_000_000}).asks("gateway", t=62)
        assert told("reacts", j.done(600))[0] == "fail"

    def test_is_unknown_where_the_run_was_cut_off(self) -> None:
        assert check("reacts", ended("4009").asks("gateway", t=62).closed("wall", 600)).state == "unknown"
