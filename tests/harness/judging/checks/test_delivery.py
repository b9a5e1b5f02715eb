"""once: what is sent is handled, soon, and once; also what was sent in a gap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_qq_server.events import (
    EventSent,
    EventUnwanted,
    HttpAnswer,
    InteractionAck,
    InteractionSent,
    LinkCondition,
    Session,
    WsAuth,
    WsOut,
    WsWithheld,
)
from tests.harness.journals import BEAT, J, at_once, check, told


class TestOnce:
    def test_each_message_must_be_handled_once(self) -> None:
        j = at_once().up().sends("m1", t=60).called("sent").handles("m1", t=61).called("got")
        j.sends("m2", t=62).handles("m2")
        found = check("once", j.done(600))
        assert (found.state, found.because) == ("pass", "each of 2 messages was handled once")
        assert found.lines == (j["sent"], j["got"])

    def test_fails_where_a_message_is_lost(self) -> None:
        j = at_once().up().sends("m0", t=59).handles("m0").sends("m1", t=60).called("sent")
        found = check("once", j.done(70))
        assert (found.state, found.because) == ("fail", "message m1 was due and never handled")
        assert found.lines == (j["sent"],)

    def test_fails_where_a_message_is_handled_twice(self) -> None:
        j = at_once().up().sends("m1", t=60).handles("m1").called("a").handles("m1", t=70).called("b")
        found = check("once", j.done(600))
        assert (found.state, found.because) == ("fail", "message m1 was handled 2 times")
        assert found.lines == (j["a"], j["b"])

    def test_a_message_handled_twice_is_wrong_even_if_it_was_not_due(self) -> None:
        j = at_once().up().sends("m1", t=60).loses(t=60.5).handles("m1").handles("m1")
        assert told("once", j.done(600))[0] == "fail"
        assert told("once", at_once().up().probed(t=60).handles("probe").done(600))[0] == "fail"

    @pytest.mark.parametrize("kind", ["GROUP_MESSAGE_CREATE", "MESSAGE_CREATE"])
    def test_a_message_that_does_not_name_the_bot_may_be_ignored_but_not_handled_twice(
        self, kind: str
    ) -> None:
        def heard() -> J:
            return at_once().up().add(EventSent("m1", kind, s=2, replay=False), 60, conn=1)

        assert told("once", heard().done(600)) == ("n/a", "no message was due besides the probes")
        assert told("once", heard().handles("m1", t=61).done(600))[0] == "pass"
        assert told("once", heard().handles("m1", t=61).handles("m1", t=62).done(600))[0] == "fail"

    def test_what_comes_after_a_probe_is_due_too(self) -> None:
        j = at_once().up().probed(t=60).sends("m", t=70)
        assert told("once", j.done(600)) == ("fail", "message m was due and never handled")

    def test_is_unknown_where_the_run_ends_too_soon_to_say(self) -> None:
        j = at_once().up().sends("m0", t=50).handles("m0").sends("m1", t=60).called("sent")
        found = check("once", j.done(60.999999))
        assert found.state == "unknown"
        assert found.because == "message m1 was written less than 1 s before the end"
        assert found.lines == (j["sent"],)

    def test_a_young_message_that_was_handled_already_passes(self) -> None:
        j = at_once().up().sends("m0", t=50).handles("m0").sends("m1", t=60).handles("m1")
        assert told("once", j.done(60.5)) == ("pass", "each of 1 messages was handled once")

    def test_a_message_is_due_from_the_very_second_on(self) -> None:
        because = "message m1 was written less than 10 s before the end"
        assert told("once", at_once().up().sends("m1", t=60).done(61)) == ("unknown", because)

    def test_is_unknown_where_the_run_ends_before_it_had_to_be_handled(self) -> None:
        j = at_once().up().sends("m1", t=60).called("sent")
        found = check("once", j.done(69.999999))
        assert found.state == "unknown"
        assert found.because == "message m1 was written less than 10 s before the end"
        assert found.lines == (j["sent"],)

    @pytest.mark.parametrize(
        "j",
        [
            at_once().up(),
            at_once().up().probed(t=60),
            at_once().up().sends("p", t=60, probe=True),
            at_once().up().sends("m", t=60).loses(t=61),
            at_once().up().sends("m", None, t=60),
            at_once().up().sends("m", 7, t=60),
            at_once().up().interrupted(t=50).sends("m", t=60),
            at_once().up().sends("m", t=60).interrupted(t=61),
            at_once().up().interrupted(t=50).sends("m", t=60).released(t=60.1),
        ],
        ids=["none", "probe", "lost probe", "closed", "nowhere", "unknown", "silent", "then silent", "freed"],
    )
    def test_is_not_applicable_where_none_was_due(self, j: J) -> None:
        assert told("once", j.done(600)) == ("n/a", "no message was due besides the probes")

    @pytest.mark.parametrize(
        "j",
        [
            at_once().up().sends("m", t=60).loses(t=61.000001),
            at_once().up().sends("m", t=60).interrupted(t=61.000001),
            at_once().up().interrupted(t=50).released(t=60).sends("m", t=60),
            at_once().up().ready(2, t=50).interrupted(2, t=50).sends("m", 1, t=60),
        ],
        ids=["closed later", "silent later", "freed before", "another connection"],
    )
    def test_a_message_is_due_on_the_last_connection_that_took_it(self, j: J) -> None:
        assert told("once", j.done(600)) == ("fail", "message m was due and never handled")

    def test_a_replay_makes_it_due_again(self) -> None:
        j = at_once().up().sends("m", t=60).called("a").loses(t=60.1).resumed(2, t=65)
        j.sends("m", 2, t=65, replay=True).called("b")
        found = check("once", j.done(600))
        assert (found.state, found.lines) == ("fail", (j["a"], j["b"]))

    def test_a_replayed_message_that_was_handled_passes(self) -> None:
        j = (
            at_once()
            .up()
            .sends("m", t=60)
            .loses(t=60.1)
            .resumed(2, t=65)
            .sends("m", 2, replay=True)
            .handles("m")
        )
        assert told("once", j.done(600)) == ("pass", "each of 1 messages was handled once")

    @pytest.mark.parametrize(
        "j",
        [
            at_once().up().loses(t=50).opens(2, t=55).add(WsWithheld("ready"), conn=2).sends("m", 2, t=60),
            at_once().up().loses(t=50).opens(2, t=55).sends("m", 2, t=60).ready(2, t=61.5),
            at_once().up().loses(t=50).opens(2, t=55).sends("m", 2, t=60, replay=True),
            at_once().up().loses(t=50).opens(2, t=55).sends("m", 2, t=60, replay=True).ready(3, t=60),
            at_once().up().opens(2, t=50).interrupted(2).ready(2, t=55).released(2, t=56).sends("m", 2, t=60),
        ],
        ids=["withheld", "later", "a replay without RESUMED", "on another connection", "swallowed"],
    )
    def test_nothing_is_due_on_a_connection_whose_ready_never_came(self, j: J) -> None:
        assert told("once", j.done(600)) == ("n/a", "no message was due besides the probes")

    def test_it_is_due_from_the_record_of_its_ready_on(self) -> None:
        j = at_once().up().loses(t=50).opens(2, t=55).ready(2, t=60).sends("m", 2, t=60)
        assert told("once", j.done(600)) == ("fail", "message m was due and never handled")

    def test_a_replay_is_due_by_the_resumed_that_follows_it(self) -> None:
        j = at_once().up().loses(t=50).opens(2, t=55).sends("m", 2, t=60, replay=True).resumed(2, t=60)
        assert told("once", j.done(600)) == ("fail", "message m was due and never handled")

    def test_its_limit_can_be_set(self) -> None:
        j = at_once(limits_us={"once": 100_000}).up().sends("m", t=60).loses(t=60.5)
        assert told("once", j.done(600))[0] == "fail"


RULE = [{"id": "r", "when": "seam.receive", "do": {"raise": "OSError: x", "hold": "20s"}}]


class TestSoon:
    @pytest.mark.parametrize(
        ("after", "state", "because"),
        [
            (10, "pass", "each of 1 messages was handled once"),
            (10.01, "fail", "message m was handled only 10.01 s after it was written"),
        ],
    )
    def test_a_message_must_be_handled_soon_after_it_came(
        self, after: float, state: str, because: str
    ) -> None:
        j = at_once().up().sends("m", t=60).called("sent").handles("m", t=60 + after).called("got")
        found = check("once", j.done(600))
        assert (found.state, found.because, found.lines) == (state, because, (j["sent"], j["got"]))

    @pytest.mark.parametrize(("at", "state"), [(110, "pass"), (110.01, "fail")])
    def test_one_that_was_replayed_counts_from_there(self, at: float, state: str) -> None:
        j = at_once().up().sends("m", t=60).loses(t=60.1).resumed(2, t=100).sends("m", 2, replay=True)
        assert told("once", j.handles("m", t=at).done(600))[0] == state

    def test_the_link_s_own_delay_counts_on_top(self) -> None:
        j = at_once(net={"delay": "3s"}).up().sends("m", t=60)
        assert told("once", j.handles("m", t=73).done(600))[0] == "pass"
        j = at_once(net={"delay": "3s"}).up().sends("m", t=60)
        assert told("once", j.handles("m", t=73.01).done(600))[0] == "fail"
        assert told("once", at_once(net={"delay": "3s"}).up().sends("m", t=60).done(72.99))[0] == "unknown"

    @pytest.mark.parametrize("ws", [1, None])
    def test_a_condition_on_its_connection_excuses_a_late_one(self, ws: int | None) -> None:
        slow = LinkCondition("ws", "latency", True, False)
        j = at_once().up().add(slow, 50, conn=ws, rule="r").sends("m", t=60).handles("m", t=90)
        assert told("once", j.done(600))[0] == "pass"

    @pytest.mark.parametrize(
        ("host", "ws", "on", "off"),
        [("ws", 2, 50, None), ("api", 1, 50, None), ("ws", 1, 90.1, None), ("ws", 1, 40, 60)],
    )
    def test_a_condition_elsewhere_or_at_another_time_does_not(
        self, host: Any, ws: int, on: float, off: float | None
    ) -> None:
        steps: list[tuple[float, Callable[[J], J]]] = [
            (on, lambda j: j.add(LinkCondition(host, "latency", True, False), on, conn=ws, rule="r")),
            (60, lambda j: j.sends("m", t=60)),
            (90, lambda j: j.handles("m", t=90)),
        ]
        if off is not None:
            gone = LinkCondition(host, "latency", False, False)
            steps.append((59.99, lambda j: j.add(gone, off, conn=ws, rule="r")))
        j = at_once().up()
        for _, step in sorted(steps, key=lambda one: one[0]):
            step(j)
        assert told("once", j.done(600))[0] == "fail"

    def test_a_rule_inside_the_client_excuses_a_late_one(self) -> None:
        late = at_once(rules=RULE).up().sends("m", t=60).acts("r", t=61, verb="raise").handles("m", t=80)
        assert told("once", late.done(600))[0] == "pass"
        after = at_once(rules=RULE).up().sends("m", t=60).handles("m", t=80).acts("r", t=80.1, verb="raise")
        assert told("once", after.done(600))[0] == "fail"

    def test_a_rule_acts_in_time_up_to_the_moment_of_handling(self) -> None:
        j = at_once(rules=RULE).up().sends("m", t=60).handles("m", t=80).acts("r", t=80, verb="raise")
        assert told("once", j.done(600))[0] == "pass"

    def test_a_rule_that_acts_at_a_moment_does_not(self) -> None:
        other = [{"id": "r", "at": "30s", "do": {"dispatch": "FRIEND_ADD"}}]
        j = at_once(rules=other).up().acts("r", t=30, verb="dispatch").sends("m", t=60).handles("m", t=80)
        assert told("once", j.done(600))[0] == "fail"

    def test_another_rule_does_not(self) -> None:
        other = [{"id": "r", "when": "http.api", "do": {"status": 500}}]
        j = at_once(rules=other).up().sends("m", t=60).acts("r", t=61, verb="status").handles("m", t=80)
        assert told("once", j.done(600))[0] == "fail"


def gap() -> J:
    """Session 1 is ready on connection 1, which is lost at 60 s; a message waits from 61 s on."""
    return at_once().opens_session(1, t=1).loses(t=60).keeps("m", t=61).called("kept")


WAITED = "message m waited in a session that could be resumed, and was never handled"


class TestAGap:
    def test_fails_where_the_bot_identifies_though_it_could_resume(self) -> None:
        j = gap().opens_session(2, 2, t=65, resumable=1)
        found = check("once", j.done(600))
        assert (found.state, found.because) == ("fail", WAITED)
        assert found.lines == (j["kept"], j["kept"] + 2)

    def test_is_not_the_bot_s_doing_where_its_resume_is_answered_with_a_new_session(self) -> None:
        j = gap().resumes(1, 2, t=65, outcome=None)
        j.add(Session("new", 2), conn=2).add(Session("ready", 2), conn=2)
        assert told("once", j.done(600))[0] == "n/a"

    def test_a_message_that_was_handled_passes_or_was_not_due(self) -> None:
        j = gap().resumes(1, 2, t=65).sends("m", 2, replay=True).handles("m")
        assert told("once", j.done(600)) == ("pass", "each of 1 messages was handled once")
        assert told("once", gap().opens_session(2, 2, t=65, resumable=1).handles("m").done(600))[0] == "n/a"

    @pytest.mark.parametrize(
        "j",
        [
            gap(),
            gap().opens(2, t=65),
            gap().opens_session(2, 2, t=65),
            gap().opens_session(3, 2, t=65, resumable=2),
            gap().resumes(1, 2, t=65),
            gap().resumes(1, 2, t=65, outcome=None).opens_session(2, 3, t=70, resumable=1),
            gap().resumes(1, 2, t=65, outcome="bad-token").opens_session(2, 3, t=70, resumable=1),
            gap().connects(62).opens_session(2, 2, t=65, resumable=1),
            gap().close_frame(7, t=62, code=4008).opens_session(2, 2, t=65, resumable=1),
        ],
        ids=[
            "never came back",
            "never authenticated",
            "window over",
            "another session",
            "replay kept back",
            "Resume unanswered",
            "Resume with a dead token",
            "connects anew",
            "disputed close",
        ],
    )
    def test_is_not_applicable_where_the_bot_is_not_to_blame(self, j: J) -> None:
        assert told("once", j.done(600)) == ("n/a", "no message was due besides the probes")

    def test_an_op_9_is_reason_to_identify(self) -> None:
        j = at_once().opens_session(1, t=1).invalid(t=50).loses(t=60).keeps("m", t=61)
        assert told("once", j.opens_session(2, 2, t=65, resumable=1).done(600))[0] == "n/a"

    def test_another_frame_is_none(self) -> None:
        j = gap().add(WsOut("ack"), 62, conn=7).opens_session(2, 2, t=65, resumable=1)
        assert told("once", j.done(600)) == ("fail", WAITED)

    def test_an_op_9_of_the_session_before_is_none(self) -> None:
        j = at_once().opens_session(1, t=1).invalid(t=5).loses(t=6).opens_session(2, 2, t=10)
        j.loses(2, t=60).keeps("m", 2, t=61).opens_session(3, 3, t=65, resumable=2)
        assert told("once", j.done(600)) == ("fail", WAITED)

    def test_a_journal_that_does_not_tell_of_the_first_identify_is_judged(self) -> None:
        j = at_once().ready(1, t=1).loses(t=60).keeps("m", 1, t=61).opens_session(2, 2, t=65, resumable=1)
        assert told("once", j.done(600)) == ("fail", WAITED)

    @pytest.mark.parametrize("code", [4009, 1000, None])
    def test_a_close_that_lets_resume_is_none(self, code: int | None) -> None:
        j = at_once().opens_session(1, t=1).close_frame(t=60, code=code)
        j.loses().keeps("m", t=61).opens_session(2, 2, t=65, resumable=1)
        assert told("once", j.done(600)) == ("fail", WAITED)

    def test_reasons_before_the_session_began_or_after_the_bot_came_back_are_none(self) -> None:
        j = at_once().connects(0, lasts=0.1).invalid(t=0.5).close_frame(7, t=0.6, code=4006)
        j.opens_session(1, t=1).loses(t=60).keeps("m", t=61).opens_session(2, 2, t=65, resumable=1)
        j.invalid(2, t=70).close_frame(2, t=71, code=4008).connects(72)
        assert told("once", j.done(600)) == ("fail", WAITED)

    @pytest.mark.parametrize(
        ("reason", "state"), [("bad-seq", "fail"), ("bad-payload", "fail"), ("bad-shard", "n/a")]
    )
    def test_a_resume_that_the_bot_spoilt_itself_is_no_reason(self, reason: str, state: str) -> None:
        j = gap().resumes(1, 2, t=62, outcome=reason).invalid(2).close_frame(2, code=4007)
        assert told("once", j.opens_session(2, 3, t=65, resumable=1).done(600))[0] == state

    @pytest.mark.parametrize(("held", "state"), [(3 * BEAT, "fail"), (3 * BEAT - 0.01, "n/a")])
    def test_a_resume_that_did_not_hold_is_reason_to_identify(self, held: float, state: str) -> None:
        j = at_once().opens_session(1, t=1).loses(t=60).resumes(1, 2, t=65).loses(2, t=65 + held)
        j.keeps("m", t=300).opens_session(2, 3, t=310, resumable=1)
        assert told("once", j.done(600))[0] == state

    def test_a_resume_that_holds_to_the_end_is_none(self) -> None:
        j = at_once().opens_session(1, t=1).loses(t=60).resumes(1, 2, t=65)
        j.keeps("m", t=300).opens_session(2, 3, t=310, resumable=1)
        assert told("once", j.done(600))[0] == "fail"

    def test_a_resume_of_another_session_says_nothing_of_this_one(self) -> None:
        j = gap().resumes(7, 2, t=62, outcome=None, resumable=1)
        assert told("once", j.opens_session(2, 3, t=65, resumable=1).done(600))[0] == "fail"

    def test_a_message_that_went_to_a_dying_connection_waits_too(self) -> None:
        j = at_once().opens_session(1, t=1).sends("m", t=60).called("sent").loses(t=60.5)
        found = check("once", j.opens_session(2, 2, t=65, resumable=1).done(600))
        assert (found.state, found.because) == ("fail", WAITED)
        assert found.lines[0] == j["sent"]

    def test_a_message_that_went_into_a_silence_waits_too(self) -> None:
        j = at_once().opens_session(1, t=1).interrupted(t=50).sends("m", t=60).closes(t=150)
        assert told("once", j.opens_session(2, 2, t=155, resumable=1).done(600)) == ("fail", WAITED)

    @pytest.mark.parametrize(("seq", "state"), [(2, "fail"), (3, "fail"), (1, "n/a"), (None, "n/a")])
    def test_who_resumes_as_if_it_had_the_message_must_have_it(self, seq: int | None, state: str) -> None:
        j = at_once().opens_session(1, t=1).sends("m", t=60).loses(t=60.5).resumes(1, 2, t=65, seq=seq)
        assert told("once", j.done(600))[0] == state

    def test_what_a_silence_swallowed_nobody_can_have(self) -> None:
        j = at_once().opens_session(1, t=1).interrupted(t=50).sends("m", t=60).released(t=60.5).loses(t=99)
        assert told("once", j.resumes(1, 2, t=100, seq=9).done(600))[0] == "n/a"
        j = at_once().opens_session(1, t=1).interrupted(t=50).released(t=59).sends("m", t=60).loses(t=60.5)
        assert told("once", j.resumes(1, 2, t=100, seq=9).done(600))[0] == "fail"

    def test_nor_what_a_silence_swallowed_that_never_ended(self) -> None:
        j = at_once().opens_session(1, t=1).interrupted(t=50).sends("m", t=60).loses(t=99)
        assert told("once", j.resumes(1, 2, t=100, seq=9).done(600))[0] == "n/a"

    def test_a_silence_that_ended_in_that_instant_swallowed_nothing(self) -> None:
        j = at_once().opens_session(1, t=1).interrupted(t=50).released(t=60).sends("m", t=60).loses(t=60.5)
        assert told("once", j.resumes(1, 2, t=100, seq=9).done(600))[0] == "fail"

    def test_who_names_no_seq_claims_nothing(self) -> None:
        j = at_once().opens_session(1, t=1).sends("m", t=60, s=1).loses(t=60.5)
        assert told("once", j.resumes(1, 2, t=65, seq=None).done(600))[0] == "n/a"

    def test_each_time_that_it_was_sent_counts(self) -> None:
        j = at_once().opens_session(1, t=1).sends("m", 7, t=30).sends("m", t=60).loses(t=60.5)
        assert told("once", j.opens_session(2, 2, t=65, resumable=1).done(600)) == ("fail", WAITED)

    def test_a_silence_on_another_connection_swallowed_nothing(self) -> None:
        j = at_once().opens_session(1, t=1).opens(7, t=2).interrupted(7, t=50).sends("m", t=60).loses(t=60.5)
        assert told("once", j.resumes(1, 2, t=100, seq=9).done(600))[0] == "fail"

    def test_a_resume_of_another_session_claims_nothing(self) -> None:
        assert told("once", gap().resumes(7, 2, t=65, seq=9).done(600))[0] == "n/a"

    def test_a_session_whose_ready_never_came_cannot_be_resumed(self) -> None:
        j = at_once().opens(1, t=1).add(WsAuth("identify", "valid"), conn=1).add(Session("new", 1), conn=1)
        j.sends("m", t=60).loses(t=60.5).opens_session(2, 2, t=65, resumable=1)
        assert told("once", j.done(600))[0] == "n/a"

    def test_probes_are_not_its_matter(self) -> None:
        j = at_once().opens_session(1, t=1).sends("m", t=60, probe=True).loses(t=60.5)
        assert told("once", j.opens_session(2, 2, t=65, resumable=1).done(600))[0] == "n/a"

    def test_a_message_of_no_known_session_proves_nothing(self) -> None:
        j = at_once().up().sends("m", 7, t=60).loses(t=60.5).opens_session(2, 2, t=65, resumable=1)
        assert told("once", j.done(600))[0] == "n/a"


class TestAnEventThatTheBotDidNotAskFor:
    @pytest.mark.parametrize("t", ["C2C_MESSAGE_CREATE", "AT_MESSAGE_CREATE", "INTERACTION_CREATE"])
    def test_fails(self, t: str) -> None:
        j = (
            at_once()
            .up()
            .sends("n", t=50)
            .handles("n")
            .add(EventUnwanted("m", t, 1, 0), 60)
            .called("unwanted")
        )
        found = check("once", j.done(600))
        assert (found.state, found.lines) == ("fail", (j["unwanted"],))
        assert found.because == "the bot did not ask for events such as message m"

    def test_what_is_no_message_needs_nobody_s_interest(self) -> None:
        assert (
            told("once", at_once().up().add(EventUnwanted("m", "FRIEND_ADD", 1, 0), 60).done(600))[0] == "n/a"
        )


def clicked(t: float = 60, conn: int = 1) -> J:
    """Somebody clicks in a session that is up."""
    return at_once().up().add(InteractionSent("c1", 2, False), t, conn=conn).called("click")


class TestOnceOfClicks:
    def test_a_click_that_was_acknowledged_passes(self) -> None:
        j = clicked().add(InteractionAck("c1", 0), 61).called("ack")
        found = check("once", j.done(600))
        assert (found.state, found.because) == ("pass", "each of 1 clicks was acknowledged")
        assert found.lines == (j["click"], j["ack"])

    @pytest.mark.parametrize("acknowledged", [("c1", 70.1), ("c2", 61)], ids=["too late", "another"])
    def test_a_click_that_was_not_acknowledged_in_time_fails(self, acknowledged: tuple[str, float]) -> None:
        j = clicked().add(InteractionAck(acknowledged[0], 0), acknowledged[1])
        found = check("once", j.done(600))
        assert (found.state, found.because) == ("fail", "click c1 was not acknowledged within 10 s")
        assert found.lines == (j["click"],)

    def test_a_click_is_no_fault_of_the_bot_where_the_api_was_in_trouble(self) -> None:
        j = clicked().add(HttpAnswer("api", 500, "status"), 61)
        assert told("once", j.done(600))[0] != "fail"

    def test_a_click_on_a_connection_that_dies_is_not_due(self) -> None:
        assert told("once", clicked().loses(t=60.5).done(600))[0] == "n/a"
