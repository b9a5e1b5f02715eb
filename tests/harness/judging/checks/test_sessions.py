"""resumes and identifies: what a bot says when it authenticates."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from fake_qq_server.events import (
    HttpAnswer,
    HttpRequest,
    LinkClose,
    LinkCondition,
    RuleAct,
    Session,
    WsIn,
    WsOut,
)
from tests.harness.journals import J, check, told

WINDOW = 240


def lost(t: float = 60, **scenario: Any) -> J:
    """READY, frame 2, then the platform closes with 4009."""
    return J(**scenario).begins(t=1).pushes(2, t=20).called("two").close_frame(t=t).called("lost")


class TestResumes:
    def test_passes_where_it_resumes_its_session_with_the_last_seq(self) -> None:
        j = lost().continues(1, t=63, seq=2).called("resumed")
        found = check("resumes", j.done(600))
        assert (found.state, found.lines) == ("pass", (j["resumed"] - 2, j["resumed"]))
        assert found.because == "it resumed session 1 with the last seq it was sent"

    def test_fails_where_it_identifies_though_it_could_resume(self) -> None:
        j = lost().begins(2, 2, t=63, resumable=1)
        found = check("resumes", j.done(600))
        assert found.because == "it identified 3 s after it lost session 1, which could be resumed"
        assert (found.state, found.lines) == ("fail", (j["lost"], j["lost"] + 2))

    @pytest.mark.parametrize(
        ("seq", "state", "because"),
        [
            (3, "fail", "it resumed session 1 with seq 3, and was sent no frame beyond 2"),
            (2, "pass", "it resumed session 1 with the last seq it was sent"),
            (1, "fail", "it resumed session 1 with seq 1, and had read the frame with 2"),
            (None, "fail", "it resumed session 1 with seq 0, and had read the frame with 2"),
        ],
    )
    def test_the_seq_is_the_last_one_that_it_was_sent(
        self, seq: int | None, state: str, because: str
    ) -> None:
        j = lost()
        found = check("resumes", j.continues(1, t=63, seq=seq).done(600))
        assert (found.state, found.because) == (state, because)
        if state == "fail":
            assert found.lines == (j["two"], j["lost"] + 2)

    @pytest.mark.parametrize("seq", [2, 3])
    def test_a_frame_that_it_may_not_have_read_leaves_the_seq_open(self, seq: int) -> None:
        j = J().begins(t=1).pushes(2, t=20).pushes(3, t=59).loses(t=60).continues(1, t=63, seq=seq)
        assert told("resumes", j.done(600))[0] == "pass"

    def test_a_frame_is_read_after_a_second_and_the_link_s_way_there_and_back(self) -> None:
        def late(t: float, **scenario: Any) -> str:
            j = J(**scenario).begins(t=1).pushes(2, t=20).pushes(3, t=t).loses(t=60)
            return told("resumes", j.continues(1, t=63, seq=2).done(600))[0]

        assert (late(58.92), late(58.93)) == ("fail", "pass")
        assert (late(58.92, net={"delay": "1s"}), late(57, net={"delay": "1s"})) == ("pass", "fail")

    @pytest.mark.parametrize("interrupts", [True, False])
    def test_a_frame_under_a_condition_leaves_the_seq_open(self, interrupts: bool) -> None:
        on, off = (LinkCondition("ws", "x", one, interrupts) for one in (True, False))
        j = J().begins(t=1).add(on, 10, conn=1, rule="r").pushes(2, t=20).add(off, 30, conn=1, rule="r")
        j.loses(t=60)
        assert told("resumes", j.continues(1, t=63, seq=1).done(600))[0] == "pass"

    def test_a_frame_before_a_condition_was_read_and_so_was_one_after_it(self) -> None:
        j = J().begins(t=1).pushes(2, t=5).interrupted(t=10).released(t=30)
        assert told("resumes", j.loses(t=60).continues(1, t=63, seq=1).done(600))[0] == "fail"
        j = J().begins(t=1).interrupted(t=10).released(t=30).pushes(2, t=40)
        assert told("resumes", j.loses(t=60).continues(1, t=63, seq=1).done(600))[0] == "fail"

    def test_the_condition_of_another_host_says_nothing(self) -> None:
        on = LinkCondition("api", "latency", True, False)
        j = J().begins(t=1).add(on, 10, conn=1).pushes(2, t=20).loses(t=60).continues(1, t=63, seq=1)
        assert told("resumes", j.done(600))[0] == "fail"

    def test_a_frame_of_a_rule_s_own_leaves_the_seq_open_and_an_event_of_a_rule_does_not(self) -> None:
        def made(do: Any, seq: int) -> str:
            rules = [{"id": "r", "at": "20s", "do": do}]
            j = J(rules=rules).begins(t=1).pushes(2, t=20, rule="r").loses(t=60)
            return told("resumes", j.continues(1, t=63, seq=seq).done(600))[0]

        assert [made({"frame": '{"op":0}'}, seq) for seq in (1, 2, 3)] == ["pass", "pass", "fail"]
        assert [made({"dispatch": "C2C_MESSAGE_CREATE"}, seq) for seq in (1, 2)] == ["fail", "pass"]

    def test_a_bot_may_name_the_last_number_or_the_greatest(self) -> None:
        for seq, state in ((1, "fail"), (2, "pass"), (5, "pass"), (6, "fail")):
            j = J().begins(t=1).pushes(5, t=20).pushes(2, t=30).loses(t=60)
            assert told("resumes", j.continues(1, t=63, seq=seq).done(600))[0] == state

    @pytest.mark.parametrize(
        "j",
        [
            J().begins(t=1).pushes(5, t=20).pushes(2, t=30, rule="gone").loses(t=60),
            J().begins(t=1).pushes(2, t=10).pushes(5, t=29.5).interrupted(t=30).loses(t=60),
            J().begins(t=1).pushes(2, t=20).asks_to_reconnect(t=60).pushes(5, t=60.5).closes(t=62),
            J().begins(t=1).pushes(2, t=20).pushes(5, t=62.5),
            J().begins(t=1).pushes(2, t=20).add(WsOut("ack"), 30, conn=1).pushes(5, t=59.5).loses(t=60),
        ],
        ids=["a rule's own, older", "before a condition", "after op 7", "a moment ago", "before the end"],
    )
    def test_so_do_more_frames_that_it_may_have_read_or_not(self, j: J) -> None:
        assert told("resumes", j.continues(1, t=63, seq=2).done(600))[0] == "pass"

    def test_the_end_by_the_bot_s_own_close_frame_owes_a_resume_whatever_the_platform_echoes(self) -> None:
        j = J().begins(t=1).close_frame(t=60, by="subject").close_frame(t=60.1, code=4000)
        assert told("resumes", j.begins(2, 2, t=63, resumable=1).done(600))[0] == "fail"

    def test_a_heartbeat_and_a_slow_link_end_nothing(self) -> None:
        j = J().begins(t=1).add(WsIn("heartbeat"), 30, conn=1)
        j.add(LinkCondition("ws", "latency", True, False), 40, conn=1)
        assert told("resumes", j.begins(2, 2, t=63, resumable=1).done(600))[0] == "n/a"

    def test_a_resumed_that_it_may_not_have_read_obliges_to_nothing(self) -> None:
        j = lost().continues(1, t=63, seq=2, s=3).close_frame(2, t=63.1, code=4008)
        assert told("resumes", j.begins(2, 3, t=130, resumable=1).done(600))[0] == "pass"

    def test_a_session_of_which_no_identify_is_known_says_nothing(self) -> None:
        assert told("resumes", J().up().done(600))[0] == "n/a"

    @pytest.mark.parametrize("code", [4006, 4007, 4900, 4000, 4004])
    def test_it_may_identify_after_a_close_that_forbids_resume_or_of_which_nothing_is_said(
        self, code: int
    ) -> None:
        j = J().begins(t=1).close_frame(t=60, code=code).begins(2, 2, t=63, resumable=1)
        assert told("resumes", j.done(600))[0] == "n/a"

    @pytest.mark.parametrize("code", [4008, 4009, 1000, 1006])
    def test_it_must_resume_after_a_close_that_allows_it(self, code: int) -> None:
        j = J().begins(t=1).close_frame(t=60, code=code).begins(2, 2, t=63, resumable=1)
        assert told("resumes", j.done(600))[0] == "fail"

    @pytest.mark.parametrize(("resumable", "state"), [(True, "fail"), (False, "n/a")])
    def test_it_may_identify_after_op_9_unless_that_says_resume(self, resumable: bool, state: str) -> None:
        j = J().begins(t=1).invalidates(t=60, resumable=resumable).closes(t=60.1)
        assert told("resumes", j.begins(2, 2, t=63, resumable=1).done(600))[0] == state

    def test_it_may_identify_after_a_resume_in_vain_beside_a_dead_connection_that_is_still_open(self) -> None:
        j = J().begins(t=1).interrupted(t=60, name="blackhole")
        j.authenticates(2, t=163, session=1, seq=1, resumable=1).loses(2, t=200)
        assert told("resumes", j.begins(2, 3, t=203, resumable=1).done(600))[0] == "pass"

    def test_it_must_resume_after_op_7_though_the_old_connection_is_still_open(self) -> None:
        j = J().begins(t=1).asks_to_reconnect(t=60).begins(2, 2, t=63, resumable=1)
        assert told("resumes", j.done(600))[0] == "fail"

    def test_a_connection_that_is_not_over_owes_no_resume(self) -> None:
        assert told("resumes", J().begins(t=1).begins(2, 2, t=63, resumable=1).done(600))[0] == "n/a"

    def test_one_that_is_interrupted_does_and_not_once_that_is_over(self) -> None:
        j = J().begins(t=1).interrupted(t=60)
        assert told("resumes", j.begins(2, 2, t=163, resumable=1).done(600))[0] == "fail"
        j = J().begins(t=1).interrupted(t=60).released(t=70)
        assert told("resumes", j.begins(2, 2, t=163, resumable=1).done(600))[0] == "n/a"

    @pytest.mark.parametrize(("resumable", "state"), [(1, "fail"), (None, "n/a"), (7, "n/a")])
    def test_the_platform_says_which_session_can_be_resumed(self, resumable: Any, state: str) -> None:
        assert told("resumes", lost().begins(2, 2, t=63, resumable=resumable).done(600))[0] == state

    def test_a_session_that_is_long_lost_need_not_be_resumed(self) -> None:
        for gap, state in ((WINDOW, "fail"), (WINDOW + 0.01, "n/a")):
            j = lost().begins(2, 2, t=60 + gap, resumable=1)
            assert told("resumes", j.done(600))[0] == state

    def test_its_limit_can_be_set(self) -> None:
        j = lost(limits_us={"resumes": 2_000_000}).begins(2, 2, t=63, resumable=1)
        assert told("resumes", j.done(600))[0] == "n/a"

    def test_a_ready_that_it_may_not_have_read_obliges_to_nothing(self) -> None:
        for t, state in ((2.07, "n/a"), (2.08, "fail")):
            j = J().begins(t=1).loses(t=t).begins(2, 2, t=10, resumable=1)
            assert told("resumes", j.done(600))[0] == state

    @pytest.mark.parametrize(
        "anew", ["gives_up", "disconnects", "connects"], ids=["gave up", "was disconnected", "began again"]
    )
    def test_an_adapter_that_begins_again_cannot_know_the_session(self, anew: str) -> None:
        j = getattr(lost(), anew)(t=61).begins(2, 2, t=63, resumable=1)
        assert told("resumes", j.done(600))[0] == "n/a"

    def test_a_listener_that_begins_and_a_connect_that_ends_mean_nothing(self) -> None:
        j = J().connects(0, lasts=2, how=None).begins(t=1).listens(t=2).loses(t=60)
        assert told("resumes", j.begins(2, 2, t=63, resumable=1).done(600))[0] == "fail"

    def test_a_resume_that_is_answered_with_a_new_session_was_one_and_the_new_one_is_owed_next(
        self,
    ) -> None:
        j = lost().authenticates(2, t=63, session=1, seq=2, resumable=1).add(Session("new", 2), conn=2)
        j.add(WsOut("ready", 1, "READY"), conn=2).add(Session("ready", 2), conn=2).loses(2, t=200)
        good = deepcopy(j).continues(2, 3, t=203, seq=1, s=2)
        assert told("resumes", good.done(600))[0] == "pass"
        found = told("resumes", j.authenticates(3, t=203, session=1, seq=2, resumable=2).done(600))
        assert found == ("fail", "it resumed session 1, and its session was 2")

    def test_fails_where_it_resumes_another_session_than_its_newest(self) -> None:
        j = J().begins(t=1).close_frame(t=20, code=4006).begins(2, 2, t=23).loses(2, t=60)
        found = check("resumes", j.authenticates(3, t=63, session=1, seq=1, resumable=2).done(600))
        assert (found.state, found.because) == ("fail", "it resumed session 1, and its session was 2")

    def test_the_close_of_the_connection_that_a_resume_displaced_forbids_nothing(self) -> None:
        j = J().begins(t=1).asks_to_reconnect(t=60).continues(1, 2, t=62, seq=1, s=2)
        j.close_frame(1, t=62.1, code=4902).loses(2, t=200)
        assert told("resumes", j.begins(2, 3, t=203, resumable=1).done(600))[0] == "fail"

    @pytest.mark.parametrize(("held", "state"), [(123.74, "pass"), (123.75, "fail")])
    def test_it_may_identify_after_a_resume_that_did_not_hold_for_three_heartbeats(
        self, held: float, state: str
    ) -> None:
        j = J().begins(t=1).asks_to_reconnect(t=60).continues(1, 2, t=62, seq=1, s=2).pushes(3, 2, t=70)
        j.loses(2, t=62 + held).begins(2, 3, t=190, resumable=1)
        assert told("resumes", j.done(600))[0] == state


class TestResumesInARow:
    @staticmethod
    def failing(times: int, code: int = 4009, **said: Any) -> J:
        j = lost()
        for n in range(times):
            j.authenticates(2 + n, t=63 + 10 * n, session=1, **{"seq": 2, "resumable": 1, **said})
            j.called(f"try {n}").close_frame(2 + n, t=64 + 10 * n, code=code)
        return j

    def test_passes_where_it_identifies_after_resumes_that_came_to_nothing(self) -> None:
        j = self.failing(3).begins(2, 9, t=100, resumable=1)
        found = check("resumes", j.done(600))
        assert (found.state, found.because) == (
            "pass",
            "it identified after 3 Resumes that came to nothing",
        )
        assert found.lines[:3] == (j["try 0"], j["try 1"], j["try 2"])

    def test_fails_where_it_resumes_a_fourth_time(self) -> None:
        j = self.failing(4).begins(2, 9, t=200)
        found = check("resumes", j.done(600))
        because = "it resumed session 1 again after 3 Resumes that came to nothing"
        assert (found.state, found.because, found.lines) == ("fail", because, (j["try 2"], j["try 3"]))

    def test_is_unknown_where_the_run_ends_before_anything_came_to_it(self) -> None:
        j = self.failing(2)
        found = check("resumes", j.done(90))
        because = "the run ended before anything came to its Resume"
        assert (found.state, found.because, found.lines) == ("unknown", because, (j["try 1"],))

    def test_a_bot_that_gave_up_owes_nothing(self) -> None:
        assert told("resumes", self.failing(2).gives_up(t=100).done(600))[0] == "n/a"

    def test_too_fast_is_no_word_against_the_session(self) -> None:
        assert told("resumes", self.failing(6, 4008).continues(1, 9, t=200, seq=2).done(600))[0] == "pass"

    def test_a_wrong_token_is_none_either(self) -> None:
        j = self.failing(6, token="expired").continues(1, 9, t=200, seq=2)
        assert told("resumes", j.done(600))[0] == "pass"

    def test_a_connection_that_ends_at_once_came_to_nothing(self) -> None:
        for held, state in ((1.07, "fail"), (1.08, "pass")):
            j = lost()
            for n in range(4):
                j.continues(1, 2 + n, t=63 + 10 * n, seq=2, s=2).loses(2 + n, t=63 + 10 * n + held)
            assert told("resumes", j.done(600))[0] == state

    def test_tcp_may_last_longer_than_the_connection(self) -> None:
        j = lost()
        for n in range(4):
            t = 63 + 10 * n
            j.continues(1, 2 + n, t=t, seq=2, s=2).close_frame(2 + n, t=t + 0.5).loses(2 + n, t=t + 5)
        assert told("resumes", j.done(600))[0] == "fail"

    def test_one_that_lasts_ends_the_row(self) -> None:
        j = self.failing(3).continues(1, 7, t=100, seq=2, s=3)
        assert check("resumes", j.done(600)).state == "fail"
        j = self.failing(2).continues(1, 7, t=100, seq=2, s=3).loses(7, t=150)
        for n in (8, 9):
            j.authenticates(n, t=100 + 10 * n, session=1, seq=3, resumable=1).loses(n, t=101 + 10 * n)
        assert told("resumes", j.continues(1, 10, t=250, seq=3).done(600))[0] == "pass"

    def test_it_may_identify_after_one(self) -> None:
        assert told("resumes", self.failing(1).begins(2, 9, t=100, resumable=1).done(600))[0] == "pass"


class TestIdentifies:
    def test_passes_where_all_is_said_right(self) -> None:
        j = lost().continues(1, t=63, seq=2).called("resumed")
        found = check("identifies", j.done(600))
        assert (found.state, found.lines) == ("pass", (j["resumed"] - 2,))
        assert found.because == "each of 2 Identify and Resume frames said what is right"

    @pytest.mark.parametrize(
        ("token", "state"), [("unknown", "fail"), ("missing", "fail"), ("expired", "pass")]
    )
    def test_a_request_carries_a_token_that_was_given_out(self, token: Any, state: str) -> None:
        asked = HttpRequest("api", "POST", "/v2/users/u/messages", token=token)
        j = lost().continues(1, t=63, seq=2).add(asked, 70).called("request")
        found = check("identifies", j.done(600))
        assert found.state == state
        if state == "fail":
            because = "its request for /v2/users/u/messages carries no token that was ever given out"
            assert (found.because, found.lines) == (because, (j["request"],))

    def test_an_unknown_token_is_excused_where_getting_one_was_disturbed(self) -> None:
        j = lost().continues(1, t=63, seq=2).add(HttpAnswer("token", 500, "status"), 64)
        asked = HttpRequest("api", "POST", "/v2/users/u/messages", token="unknown")
        assert check("identifies", j.add(asked, 70).done(600)).state == "pass"

    def test_is_not_applicable_where_it_never_authenticated(self) -> None:
        assert told("identifies", J().opens(t=1).done(600)) == ("n/a", "it never authenticated")

    def test_is_unknown_where_the_run_was_cut_off(self) -> None:
        assert check("identifies", J().begins(t=1).closed("wall", 600)).state == "unknown"

    @pytest.mark.parametrize(
        ("said", "because"),
        [
            ({"token": "missing"}, "its Identify carries no token"),
            ({"token": "expired"}, "the token of its Identify is one that has expired"),
            ({"token": "unknown"}, "the token of its Identify is one that was never given out"),
            ({"session": None}, "its Resume names a session that was never given out"),
            ({"session": "unknown"}, "its Resume names a session that was never given out"),
            ({"session": 1, "token": "missing"}, "its Resume carries no token"),
            (
                {"shard": (1, 2)},
                "its Identify names the shard [1, 2], and one connection serves everything",
            ),
            ({"shard": (0,)}, "its Identify names the shard [0], and one connection serves everything"),
            (
                {"intents": 1 << 30},
                "the intents of its Identify, 1073741824, lack those of groups and single users",
            ),
            (
                {"intents": None},
                "the intents of its Identify, None, lack those of groups and single users",
            ),
        ],
    )
    def test_fails_where_something_is_wrong(self, said: dict[str, Any], because: str) -> None:
        j = J().authenticates(t=1, **said).called("auth")
        found = check("identifies", j.done(600))
        assert (found.state, found.because, found.lines) == ("fail", because, (j["auth"],))

    def test_a_shard_may_be_missing_and_other_intents_may_stand_beside_the_needed_one(self) -> None:
        j = J().authenticates(t=1, shard=None, intents=1174409216)
        assert told("identifies", j.done(600))[0] == "pass"

    def test_intents_do_not_change_for_no_reason(self) -> None:
        j = J().begins(t=1).called("ready").loses(t=60)
        j.begins(2, 2, t=63, intents=(1 << 25) + 1)
        found = check("identifies", j.done(600))
        because = "the intents of its Identify are 33554433, and were 33554432 before"
        assert (found.state, found.because, found.lines) == ("fail", because, (3, j["ready"] + 3))

    @pytest.mark.parametrize("code", [4013, 4014, 4903])
    def test_they_may_change_once_they_were_turned_down(self, code: int) -> None:
        def refused() -> J:
            j = J().authenticates(t=1).close_frame(t=2, code=code)
            return j.begins(1, 2, t=10, intents=(1 << 25) + 1)

        assert told("identifies", refused().done(600))[0] == "pass"
        assert told("identifies", refused().loses(2, t=20).begins(2, 3, t=30).done(600))[0] == "fail"

    def test_op_9_turns_them_down_and_another_close_does_not(self) -> None:
        other = (1 << 25) + 1
        j = J().authenticates(t=1).invalidates(t=2).begins(1, 2, t=10, intents=other)
        assert told("identifies", j.done(600))[0] == "pass"
        j = J().authenticates(t=1).close_frame(t=2, code=4009).begins(1, 2, t=10, intents=other)
        assert told("identifies", j.done(600))[0] == "fail"

    def test_a_resume_between_two_identifies_changes_nothing(self) -> None:
        j = lost().authenticates(2, t=63, session=1, seq=2).begins(2, 3, t=70, intents=(1 << 25) + 1)
        assert told("identifies", j.done(600))[0] == "fail"

    @pytest.mark.parametrize(
        "event",
        [
            HttpAnswer("token", 500),
            HttpAnswer("token", 200, "body"),
            LinkCondition("token", "latency", True, False),
            LinkClose("token", "peer", "rst"),
            LinkClose("token", "subject", "refused"),
            RuleAct("revoke"),
        ],
        ids=repr,
    )
    @pytest.mark.parametrize("token", ["expired", "unknown"])
    def test_a_worthless_token_is_excused_where_tokens_were_disturbed(self, event: Any, token: str) -> None:
        before = J().add(event, 1).authenticates(t=2, token=token)
        assert told("identifies", before.done(600))[0] == "pass"
        after = J().authenticates(t=2, token=token).add(event, 3)
        assert told("identifies", after.done(600))[0] == "fail"

    @pytest.mark.parametrize(
        "event",
        [
            HttpAnswer("token", 200),
            HttpAnswer("api", 500, "status"),
            LinkCondition("ws", "latency", True, False),
            LinkClose("token", "subject", "fin"),
            LinkClose("api", "peer", "rst"),
            RuleAct("close"),
        ],
        ids=repr,
    )
    def test_nothing_else_excuses_it(self, event: Any) -> None:
        j = J().add(event, 1).authenticates(t=2, token="expired")
        assert told("identifies", j.done(600))[0] == "fail"

    @pytest.mark.parametrize(
        ("when", "state"), [("http.token", "pass"), ("seam.token", "pass"), ("http.gateway", "fail")]
    )
    def test_a_rule_on_tokens_excuses_it(self, when: str, state: str) -> None:
        do = {"raise": "OSError"} if when.startswith("seam") else {"status": 500}
        j = J(rules=[{"id": "r", "when": when, "do": do}]).acts("r", t=1, verb="status")
        assert told("identifies", j.authenticates(t=2, token="expired").done(600))[0] == state

    def test_disturbed_tokens_do_not_excuse_a_missing_one(self) -> None:
        j = J().add(HttpAnswer("token", 500), 1).authenticates(t=2, token="missing")
        assert told("identifies", j.done(600))[0] == "fail"

    def test_a_ready_that_a_rule_wrote_excuses_a_strange_session(self) -> None:
        for op, rule, state in (("ready", "r", "pass"), ("ready", None, "fail"), ("dispatch", "r", "fail")):
            j = J().add(WsOut(op, 1), 1, conn=1, rule=rule)
            assert told("identifies", j.authenticates(2, t=2, session="unknown").done(600))[0] == state
