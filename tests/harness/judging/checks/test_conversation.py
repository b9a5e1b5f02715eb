"""answered and single: what the bot's users get to read."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from fake_qq_server.events import EventSent, HttpAnswer, LinkClose, LinkCondition
from harness.journal.run_kinds import ProcExit, RunnerStop, SubjAnswer, SubjLife
from tests.harness.journals import J, at_once, check, told


def asked(**scenario: Any) -> J:
    """A message comes and is handled at 100 s; `answered` is asked."""
    return handled(asks=["answered"], **scenario)


def handled(**scenario: Any) -> J:
    """A message comes and is handled at 100 s; nothing is asked."""
    return at_once(**scenario).up().sends("m", t=100).handles("m").called("got")


class TestAnswered:
    @pytest.mark.parametrize(
        ("at", "state", "because"),
        [
            (101, "pass", "each of 1 messages was answered in time"),
            (160, "pass", "each of 1 messages was answered in time"),
            (160.01, "fail", "message m was answered only 60.01 s after it was handled"),
        ],
    )
    def test_a_reply_must_be_taken_in_time(self, at: float, state: str, because: str) -> None:
        j = handled().posts("m", t=at).called("reply")
        found = check("answered", j.done(600))
        assert (found.state, found.because, found.lines) == (state, because, (j["got"], j["reply"]))

    def test_fails_where_nothing_was_said(self) -> None:
        j = handled()
        found = check("answered", j.done(600))
        assert (found.state, found.because) == ("fail", "message m was handled and never answered")
        assert found.lines == (j["got"],)

    @pytest.mark.parametrize("what", ["notice", "media", "upload"])
    def test_a_typing_notice_or_an_upload_is_no_reply(self, what: str) -> None:
        because = "message m was handled and never answered"
        assert told("answered", handled().posts("m", t=101, what=what).done(600)) == ("fail", because)

    def test_fails_where_the_platform_refuses_the_reply_itself(self) -> None:
        j = handled().posts("m", t=101, accepted=False, status=400, code=22009).called("answer")
        found = check("answered", j.done(600))
        assert (found.state, found.because) == ("fail", "message m was handled, and its reply was not taken")
        assert found.lines == (j["got"], j["answer"] - 2)

    def test_each_try_counts(self) -> None:
        refused: dict[str, Any] = {"accepted": False, "status": 400, "code": 22009}
        j = handled().posts("m", t=101, **refused).posts("m", t=102, **refused)
        because = "message m was handled, and none of 2 tries of a reply was taken"
        assert told("answered", j.called("last").done(600)) == ("fail", because)
        assert check("answered", j.records).lines == (j["got"], j["last"] - 2)
        j = handled().posts("m", t=101, **refused).posts("m", t=102)
        assert told("answered", j.done(600))[0] == "pass"

    def test_an_error_inside_http_200_is_a_refusal(self) -> None:
        j = asked().posts("m", t=101, code=22009, verb="body")
        assert told("answered", j.done(600))[0] == "fail"

    @pytest.mark.parametrize("status", [200, 500, None])
    def test_what_the_platform_took_counts_whatever_its_answer_says(self, status: int | None) -> None:
        j = asked().posts("m", t=101, status=status, verb="body")
        assert told("answered", j.done(600))[0] == "pass"

    def test_a_reply_to_another_message_is_none(self) -> None:
        assert told("answered", handled().posts("other", t=101).done(600))[0] == "fail"

    def test_each_message_counts(self) -> None:
        j = handled().posts("m", t=101).sends("n", t=200).handles("n").called("n")
        found = check("answered", j.done(600))
        assert (found.state, found.lines) == ("fail", (j["n"],))
        j = handled().posts("m", t=101).sends("n", t=200).handles("n").posts("n", t=201)
        assert told("answered", j.done(600)) == ("pass", "each of 2 messages was answered in time")

    def test_the_time_counts_from_the_first_handling(self) -> None:
        assert told("answered", handled().handles("m", t=150).posts("m", t=170).done(600))[0] == "fail"

    def test_is_not_applicable_without_a_message_that_was_handled(self) -> None:
        assert told("answered", at_once().up().sends("m", t=100).done(600)) == (
            "n/a",
            "no message was handled",
        )

    @pytest.mark.parametrize(("end", "state"), [(159.99, "unknown"), (160, "fail")])
    def test_is_unknown_where_the_run_ends_before(self, end: float, state: str) -> None:
        j = asked()
        found = check("answered", j.done(end))
        assert found.state == state
        if state == "unknown":
            assert found.because == "the run ended less than 60 s after message m was handled"
            assert found.lines == (j["got"],)

    @pytest.mark.parametrize(("end", "state"), [(109.99, "unknown"), (110, "fail")])
    def test_a_probe_is_not_waited_for_so_long(self, end: float, state: str) -> None:
        j = at_once().up().sends("p", t=100, probe=True).handles("p")
        assert told("answered", j.done(end))[0] == state

    @pytest.mark.parametrize(("end", "state"), [(129.99, "unknown"), (130, "fail")])
    def test_a_probe_is_waited_for_as_long_as_the_scenario_says(self, end: float, state: str) -> None:
        j = at_once(limits_us={"answered": 30_000_000}).up().sends("p", t=100, probe=True).handles("p")
        assert told("answered", j.done(end))[0] == state

    def test_its_limit_can_be_set(self) -> None:
        j = handled(limits_us={"answered": 300_000_000}).posts("m", t=400)
        assert told("answered", j.done(600))[0] == "pass"

    @pytest.mark.parametrize(("at", "state"), [(168, "pass"), (168.01, "fail")])
    def test_the_link_s_own_delay_counts_on_top(self, at: float, state: str) -> None:
        assert told("answered", handled(net={"delay": "1s"}).posts("m", t=at).done(600))[0] == state

    def test_a_cut_run_proves_no_pass(self) -> None:
        assert told("answered", handled().posts("m", t=101).closed("killed", t=600))[0] == "unknown"

    def test_an_old_journal_that_does_not_say_what_was_sent_is_read_leniently(self) -> None:
        assert told("answered", handled().replies("m", t=101).done(600))[0] == "pass"


SEAM = [{"id": "r", "when": "seam.token", "do": {"raise": "OSError: x"}}]
GATEWAY = [{"id": "r", "when": "http.gateway", "do": {"status": 500}}]


IN_THE_WAY = "a rule had its hand in the API"
STALL = LinkCondition("api", "stall", True, True)
STALL_ENDS = LinkCondition("api", "stall", False, True)
REFUSE = LinkCondition("token", "refuse", True, False)


class TestWhatExcusesAMissingReply:
    """...where `answered` is not asked."""

    @pytest.mark.parametrize(
        ("j", "why"),
        [
            (handled().refused("m", t=101), IN_THE_WAY),
            (handled().add(HttpAnswer("token", 500, "status"), 160), IN_THE_WAY),
            (
                at_once().up().add(STALL, 50, conn=1).sends("m", t=100).handles("m"),
                IN_THE_WAY,
            ),
            (
                at_once().up().add(REFUSE, 50).sends("m", t=100).handles("m"),
                IN_THE_WAY,
            ),
            (handled().add(LinkClose("api", "peer", "refused"), 101), IN_THE_WAY),
            (handled().add(LinkClose("api", "peer", "fin"), 101, conn=1, rule="r"), IN_THE_WAY),
            (handled().gives_up(t=120), "it gave up"),
            (at_once().up().gives_up(t=50).sends("m", t=100).handles("m"), "it gave up"),
            (handled().acts("stop", t=101, verb="signal"), "it was told to stop"),
            (handled().disconnects(t=101), "it was told to stop"),
            (handled().add(RunnerStop("begin"), 101), "it was told to stop"),
            (handled().add(ProcExit(0), 101), "it was told to stop"),
            (handled(rules=SEAM).acts("r", t=101, verb="raise"), "a rule took its token away"),
        ],
        ids=[
            "api", "token", "condition", "refusal", "refused", "ended by a rule", "gave up", "had given up",
            "signal", "disconnect", "stop", "exit", "seam",
        ],
    )  # fmt: skip
    def test_is_not_applicable_where_somebody_else_was_in_the_way(self, j: J, why: str) -> None:
        assert told("answered", j.done(600)) == ("n/a", f"message m could not be answered: {why}")

    @pytest.mark.parametrize(
        "j",
        [
            handled().refused("m", t=160.01),
            at_once().up().refused("x", t=99.99).sends("m", t=100).handles("m"),
            handled().add(HttpAnswer("gateway", 500, "status"), 101),
            handled().add(HttpAnswer("api", 200), 101),
            at_once().up().add(STALL, 50, conn=1)
            .add(STALL_ENDS, 100, conn=1).sends("m", t=100).handles("m"),
            at_once().up().add(STALL, 50, conn=1)
            .add(LinkClose("api", "subject", "fin"), 99, conn=1).sends("m", t=100).handles("m"),
            handled().add(STALL, 160.01, conn=1),
            handled().interrupted(t=101),
            handled().add(LinkClose("api", "peer", "fin"), 101, conn=1),
            handled().add(LinkClose("api", "subject", "rst"), 101, conn=1),
            handled().add(LinkClose("ws", "peer", "rst"), 101, conn=1),
            handled().gives_up(t=160.01),
            at_once().up().gives_up(t=50).ready(2, t=60).sends("m", 2, t=100).handles("m"),
            handled().acts("stop", t=161, verb="signal"),
            at_once().up().disconnects(t=50).sends("m", t=100).handles("m"),
            handled(rules=GATEWAY).acts("r", t=101, verb="status"),
            handled().acts("r", t=101),
            handled(rules=[{"id": "r", "link": "ws", "do": "silent"}]).acts("r", t=101, verb="silent"),
        ],
        ids=[
            "api too late", "api before", "gateway", "plain answer", "condition gone", "connection gone",
            "condition too late", "another link", "keep-alive over", "left by itself", "another host",
            "gave up too late", "came back", "signal too late", "disconnect before", "another rule",
            "an unknown rule", "a condition's rule",
        ],
    )  # fmt: skip
    def test_fails_where_nobody_was(self, j: J) -> None:
        assert told("answered", j.done(600))[0] == "fail"

    def test_a_bot_that_comes_back_at_that_moment_had_given_up(self) -> None:
        j = at_once().up().gives_up(t=50).ready(2, t=100).sends("m", 2, t=100).handles("m")
        assert told("answered", j.done(600))[0] == "n/a"

    def test_an_excused_message_leaves_the_others(self) -> None:
        j = handled().refused("m", t=101).sends("n", t=300).handles("n").called("n").posts("n", t=301)
        found = check("answered", j.done(600))
        assert (found.state, found.because) == ("pass", "each of 1 messages was answered in time")
        assert found.lines[0] == j["n"]

    def test_a_late_reply_is_excused_too(self) -> None:
        assert told("answered", handled().refused("m", t=101).posts("m", t=200).done(600))[0] == "n/a"

    def test_nothing_excuses_where_it_is_asked(self) -> None:
        assert told("answered", asked().refused("m", t=101).done(600))[0] == "fail"
        assert told("answered", asked().gives_up(t=101).done(600))[0] == "fail"
        assert told("answered", asked(rules=SEAM).acts("r", t=101, verb="raise").done(600))[0] == "fail"

    @pytest.mark.parametrize(
        ("kind", "at", "state"),
        [
            ("GROUP_AT_MESSAGE_CREATE", 340, "fail"),
            ("GROUP_AT_MESSAGE_CREATE", 340.01, "n/a"),
            ("C2C_MESSAGE_CREATE", 340.01, "fail"),
            ("C2C_MESSAGE_CREATE", 3640.01, "n/a"),
            ("SOMETHING_NEW", 4000, "fail"),
        ],
    )
    def test_nobody_can_answer_once_qq_takes_no_reply_any_more(
        self, kind: str, at: float, state: str
    ) -> None:
        j = at_once(asks=["answered"]).up().add(EventSent("m", kind, 2, False), 100, conn=1).called("sent")
        found = check("answered", j.handles("m", t=at).done(9000))
        assert found.state == state
        if state == "n/a":
            why = "message m could not be answered: the time in which QQ takes a reply was over"
            assert (found.because, found.lines) == (why, (j["sent"] + 1, j["sent"]))


def at_work(j: J, begin: float, end: float | None, how: Any = "ok", message: str = "m") -> J:
    """The scenario's own handler is called for a message, and ends if `end` says when."""
    j.add(SubjAnswer("begin", id=message), begin)
    return j if end is None else j.add(SubjAnswer("end", how, id=message), end)


class TestTheScenarioSOwnHandler:
    @pytest.mark.parametrize(("at", "state"), [(460, "pass"), (460.01, "fail")])
    def test_the_time_counts_from_when_it_had_the_answer(self, at: float, state: str) -> None:
        j = at_work(asked(), 100.1, 400).posts("m", t=at)
        assert told("answered", j.done(600))[0] == state

    def test_fails_where_nothing_was_said_after_it(self) -> None:
        assert told("answered", at_work(handled(), 100.1, 101).done(600))[0] == "fail"
        assert told("answered", at_work(handled(), 100.1, 101, "cancelled").done(600))[0] == "fail"

    def test_is_unknown_where_it_is_still_at_work(self) -> None:
        j = at_work(asked(), 100.1, None)
        found = check("answered", j.done(600))
        assert (found.state, found.lines) == ("unknown", (j["got"],))
        assert found.because == "the run ended while message m was being handled"

    def test_is_unknown_where_it_is_at_work_again(self) -> None:
        j = at_work(at_work(asked(), 100.1, 101, "cancelled"), 102, None)
        assert told("answered", j.done(600))[0] == "unknown"

    def test_what_it_raises_is_no_answer_to_send(self) -> None:
        why = "message m could not be answered: its handler raised, as the scenario says"
        assert told("answered", at_work(asked(), 100.1, 101, "raised").done(600)) == ("n/a", why)
        again = at_work(at_work(asked(), 100.1, 101, "raised"), 102, 103)
        assert told("answered", again.done(600))[0] == "fail"

    def test_a_text_that_went_along_with_another_one_needs_no_reply_of_its_own(self) -> None:
        for at in (100.1, 101, 110):
            j = at_work(asked(), 100.1, None).sends("n", t=at).handles("n")
            j.add(SubjAnswer("end", "ok"), 110).posts("m", t=111)
            assert told("answered", j.done(600)) == ("pass", "each of 1 messages was answered in time")

    def test_a_text_that_came_during_a_call_which_never_ends_is_not_owed(self) -> None:
        j = at_work(asked(), 100.1, None).sends("n", t=101).handles("n").posts("m", t=111)
        assert told("answered", j.done(600)) == ("pass", "each of 1 messages was answered in time")

    @pytest.mark.parametrize("at", [100.05, 110.1])
    def test_one_that_came_before_or_after_needs_one(self, at: float) -> None:
        j = asked()
        if at < 101:
            j.sends("n", t=at).handles("n")
        at_work(j, 100.1, 110)
        if at > 101:
            j.sends("n", t=at).handles("n")
        assert told("answered", j.posts("m", t=111).done(600))[0] == "fail"

    @pytest.mark.parametrize(("end", "state"), [(409.99, "unknown"), (410, "fail")])
    def test_a_probe_is_waited_for_from_then_on(self, end: float, state: str) -> None:
        j = at_once().up().sends("m", t=100, probe=True).handles("m")
        assert told("answered", at_work(j, 100.1, 400).done(end))[0] == state

    def test_an_end_without_a_begin_and_a_call_for_nobody_are_none(self) -> None:
        j = handled().add(SubjAnswer("end", "ok"), 101).add(SubjAnswer("begin", id="x"), 102)
        assert told("answered", j.posts("m", t=160).done(600))[0] == "pass"
        twice = at_work(handled(), 100.1, 101, "raised").add(SubjAnswer("end", "ok"), 102)
        assert told("answered", twice.done(600))[0] == "n/a"


class TestASecondLife:
    @pytest.mark.parametrize("what", ["killed", "stopping"])
    def test_excuses_a_reply_of_the_first_one(self, what: Any) -> None:
        found = check("answered", handled().add(SubjLife(what, 1), 100.5).called("end").done(600))
        assert found.state == "n/a"
        assert found.because == "message m could not be answered: its adapter was ended and begun again"

    def test_excuses_nothing_where_a_reply_is_asked_for(self) -> None:
        assert told("answered", asked().add(SubjLife("killed", 1), 100.5).done(600))[0] == "fail"

    def test_excuses_nothing_that_comes_after_it_began(self) -> None:
        j = at_once().up().add(SubjLife("killed", 1), 99).add(SubjLife("started", 2), 100.5)
        assert told("answered", j.sends("m", t=101).handles("m").done(600))[0] == "fail"
        j = at_once().up().add(SubjLife("killed", 1), 99).sends("m", t=101).handles("m")
        assert told("answered", j.add(SubjLife("started", 2), 102).done(600))[0] == "fail"


class TestARevokedToken:
    REFUSED: ClassVar[dict[str, Any]] = {"accepted": False, "status": 401, "code": 11244}

    def test_excuses_a_reply_that_was_refused_for_it(self) -> None:
        j = handled().acts("r", t=100.5, verb="revoke").acts("s", t=100.6).posts("m", t=101, **self.REFUSED)
        why = "message m could not be answered: a rule took its token away"
        assert told("answered", j.done(600)) == ("n/a", why)

    @pytest.mark.parametrize(
        "j",
        [
            handled().posts("m", t=101, **REFUSED),
            handled().posts("m", t=101, **REFUSED).acts("r", t=102, verb="revoke"),
            handled().acts("r", t=100.5, verb="revoke").posts("m", t=101, accepted=False, code=22009),
            handled().acts("r", t=100.5, verb="revoke").posts("n", t=101, **REFUSED),
            handled().acts("r", t=100.5, verb="close").posts("m", t=101, **REFUSED),
            handled().acts("r", t=100.5, verb="revoke"),
            handled().acts("r", t=100.5, verb="revoke").posts("m", t=101, answered=False),
        ],
        ids=[
            "no rule",
            "too late",
            "another error",
            "another message",
            "another verb",
            "no try",
            "no answer",
        ],
    )
    def test_excuses_nothing_else(self, j: J) -> None:
        assert told("answered", j.done(600))[0] == "fail"

    def test_excuses_nothing_where_a_reply_is_asked_for(self) -> None:
        j = asked().acts("r", t=100.5, verb="revoke").posts("m", t=101, **self.REFUSED)
        assert told("answered", j.done(600))[0] == "fail"


def reply(j: J, *ways: dict[str, Any], message: str = "m") -> J:
    """Sends of a reply, a second apart from 101 s on."""
    for i, way in enumerate(ways):
        j.posts(message, t=101 + i, **way)
    return j


PLAIN: dict[str, Any] = {}
CHANGED: dict[str, Any] = {"verb": "body"}
WITHHELD: dict[str, Any] = {"verb": "cut", "status": None}
REFUSED: dict[str, Any] = {"verb": "status", "status": 500, "code": 500, "accepted": None}
REPEATED: dict[str, Any] = {"accepted": False, "status": 400, "code": 40054005}


class TestSingle:
    def test_a_reply_that_was_taken_once_passes(self) -> None:
        j = reply(handled(), PLAIN).called("taken")
        found = check("single", j.done(600))
        assert (found.state, found.because) == ("pass", "each of 1 replies was taken once")
        assert found.lines == (j["taken"],)

    def test_fails_where_a_reply_is_taken_again_after_an_answer_that_hid_the_success(self) -> None:
        j = reply(handled(), CHANGED).called("a")
        j.posts("m", t=110).called("b").posts("n", t=201)
        found = check("single", j.done(600))
        assert (found.state, found.because) == ("fail", "one reply to message m was taken 2 times")
        assert found.lines == (j["a"], j["b"])

    @pytest.mark.parametrize(
        "ways",
        [
            (CHANGED, PLAIN),
            (WITHHELD, PLAIN),
            ({"status": 500, "verb": "body"}, PLAIN),
            (CHANGED, REFUSED, PLAIN),
            (CHANGED, REPEATED, PLAIN),
            (REFUSED, CHANGED, PLAIN),
            (PLAIN, CHANGED, PLAIN),
            (CHANGED, CHANGED, CHANGED),
            (CHANGED, {"what": "notice"}, PLAIN),
            (CHANGED, {"content": "other"}, PLAIN),
            ({"status": 302}, PLAIN),
            ({"status": 199}, PLAIN),
        ],
        ids=lambda ways: None,
    )
    def test_fails_after_each_kind_of_answer_that_hides_it(self, ways: tuple[dict[str, Any], ...]) -> None:
        assert told("single", reply(handled(), *ways).posts("n", t=201).done(600))[0] == "fail"

    @pytest.mark.parametrize(
        "ways",
        [
            (REFUSED, PLAIN),
            (REFUSED, REFUSED, PLAIN),
            (REPEATED, PLAIN),
            (CHANGED, REPEATED),
            (CHANGED,),
            ({"code": 22009, "verb": "body"}, PLAIN),
            ({"answered": False}, PLAIN),
            (CHANGED, {"what": "notice"}),
            (CHANGED, {"content": "other"}),
            (CHANGED, {"content": None}, {"content": None}),
            (PLAIN, PLAIN),
            (PLAIN, PLAIN, PLAIN),
            (REFUSED, PLAIN, PLAIN),
            ({"status": 299}, PLAIN),
            (CHANGED, {"target": "someone else"}),
            (CHANGED, {"scene": "group"}),
        ],
        ids=lambda ways: None,
    )
    def test_another_try_of_what_was_not_taken_or_another_answer_on_purpose_passes(
        self, ways: tuple[dict[str, Any], ...]
    ) -> None:
        assert told("single", reply(handled(), *ways).done(600))[0] == "pass"

    def test_each_message_has_replies_of_its_own(self) -> None:
        j = reply(handled(), CHANGED).sends("n", t=200).handles("n").posts("n", t=201)
        assert told("single", j.done(600)) == ("pass", "each of 2 replies was taken once")

    def test_one_copy_among_good_replies_fails(self) -> None:
        j = reply(handled(), CHANGED, PLAIN).sends("n", t=200).handles("n").posts("n", t=201)
        assert told("single", j.done(600))[0] == "fail"

    def test_a_copy_that_names_no_message_belongs_to_the_last_one_named(self) -> None:
        j = reply(handled(), CHANGED).posts(None, t=110).posts("n", t=201)
        assert told("single", j.done(600))[0] == "fail"
        other = reply(handled(), CHANGED).posts(None, t=110, target="someone else")
        assert told("single", other.done(600))[0] == "pass"

    def test_what_a_bot_does_where_nothing_disturbs_it_is_on_purpose(self) -> None:
        twice = reply(handled(), CHANGED, PLAIN).sends("n", t=200).handles("n").posts("n", t=201)
        assert told("single", twice.posts("n", t=202).done(600))[0] == "pass"
        thrice = reply(handled(), CHANGED, CHANGED, PLAIN).sends("n", t=200).handles("n").posts("n", t=201)
        assert told("single", thrice.posts("n", t=202).done(600))[0] == "fail"

    def test_its_greatest_habit_counts(self) -> None:
        j = reply(handled(), CHANGED, PLAIN).posts("n", t=201).posts("o", t=202).posts("o", t=203)
        assert told("single", j.done(600))[0] == "pass"

    def test_a_habit_that_was_disturbed_is_none(self) -> None:
        j = reply(handled(), CHANGED, PLAIN).posts("n", t=201).posts("n", t=202, verb="body")
        assert told("single", j.posts("o", t=300).done(600))[0] == "fail"
        j = reply(handled(), CHANGED, PLAIN).posts("n", t=201).posts("n", t=202, **REPEATED)
        assert told("single", j.posts("o", t=300).done(600))[0] == "fail"

    def test_where_nothing_is_undisturbed_nobody_can_tell_a_copy_from_a_habit(self) -> None:
        j = reply(handled(), CHANGED, PLAIN).called("last")
        found = check("single", j.done(600))
        assert found.state == "unknown"
        because = "one reply to message m was taken 2 times, and nothing undisturbed shows"
        assert found.because == f"{because} whether that is on purpose"
        assert found.lines[-1] == j["last"]

    def test_nobody_says_one_thing_three_times_on_purpose(self) -> None:
        j = reply(handled(), CHANGED, CHANGED, CHANGED)
        assert told("single", j.done(600)) == ("fail", "one reply to message m was taken 3 times")

    def test_is_not_applicable_where_no_reply_was_taken(self) -> None:
        assert told("single", handled().done(600)) == ("n/a", "no reply was taken")
        assert told("single", reply(handled(), REFUSED).done(600)) == ("n/a", "no reply was taken")
        unasked = at_once().up().posts(None, t=50, **REFUSED)
        assert told("single", unasked.done(600)) == ("n/a", "no reply was taken")
        old = handled().replies("m", t=101).done(600)
        assert told("single", old) == ("n/a", "the journal does not say what was sent")

    def test_is_unknown_where_the_run_was_cut_off(self) -> None:
        assert told("single", reply(handled(), PLAIN).closed("killed", t=600))[0] == "unknown"


def over_a_link(name: str, interrupts: bool, on: float, off: float | None, *, left: float | None) -> J:
    """Two sends of one reply at 101 s and 131 s, and a condition on the API's link."""
    api = {"conn": 1, "rule": "r"}
    steps: list[tuple[float, Any]] = [
        (on, lambda j: j.add(LinkCondition("api", name, True, interrupts), on, **api)),
        (50, lambda j: j.posts("n", t=50, conn=9)),
        (101, lambda j: j.posts("m", t=101)),
        (131, lambda j: j.posts("m", t=131, conn=2)),
    ]
    if off is not None:
        steps.append((off, lambda j: j.add(LinkCondition("api", name, False, interrupts), off, **api)))
    if left is not None:
        steps.append((left, lambda j: j.add(LinkClose("api", "subject", "fin"), left, conn=1)))
    j = handled()
    for _, step in sorted(steps, key=lambda one: one[0]):
        step(j)
    return j


class TestAnAnswerThatNeverReachedTheBot:
    @pytest.mark.parametrize(
        ("name", "interrupts", "on", "off", "left", "state"),
        [
            ("silent", True, 100.5, None, None, "fail"),
            ("silent", True, 131, None, None, "fail"),
            ("silent", True, 131.01, None, None, "pass"),
            ("silent", True, 100.1, 101, None, "pass"),
            ("silent", True, 100.1, 101.01, None, "fail"),
            ("latency", False, 100.5, None, None, "pass"),
            ("latency", False, 100.5, None, 130.9, "fail"),
            ("latency", False, 100.5, None, 131.1, "pass"),
        ],
    )
    def test_hides_the_success(
        self, name: str, interrupts: bool, on: float, off: float | None, left: float | None, state: str
    ) -> None:
        assert told("single", over_a_link(name, interrupts, on, off, left=left).done(600))[0] == state

    def test_beside_a_good_reply_too(self) -> None:
        j = over_a_link("silent", True, 100.5, None, left=None).posts("o", t=200, conn=3)
        assert told("single", j.done(600))[0] == "fail"

    def test_a_connection_to_another_host_is_another_one(self) -> None:
        j = handled().add(LinkCondition("api", "latency", True, False), 100.5, conn=1).posts("m", t=101)
        j.add(LinkClose("token", "subject", "fin"), 120, conn=1).posts("m", t=131, conn=2)
        assert told("single", j.done(600))[0] == "pass"

    @pytest.mark.parametrize(
        ("host", "conn", "state"), [("api", None, "fail"), ("api", 2, "pass"), ("ws", 1, "pass")]
    )
    def test_only_on_its_own_link(self, host: Any, conn: int | None, state: str) -> None:
        j = handled().posts("n", t=100.2).add(LinkCondition(host, "stall", True, True), 100.5, conn=conn)
        assert told("single", j.posts("m", t=101).posts("m", t=131, conn=3).done(600))[0] == state


def pieces(j: J, *sends: tuple[str, float, dict[str, Any]], length: int = 4000) -> J:
    for content, t, way in sends:
        j.posts("m", t=t, content=content, length=length, **way)
    return j


UNASKED = "one message that answers nobody was taken 2 times"


class TestWhatIsSentUnasked:
    """A greeting, a reminder: it names no message, and nobody was named there a moment ago."""

    def test_fails_where_it_is_taken_again_after_an_answer_that_hid_the_success(self) -> None:
        j = at_once().up().posts(None, t=50, target="v", **CHANGED).called("a")
        j.posts(None, t=55, target="v").called("b").posts("m", t=100)
        found = check("single", j.done(600))
        assert (found.state, found.because, found.lines) == ("fail", UNASKED, (j["a"], j["b"]))

    def test_passes_where_it_was_taken_once(self) -> None:
        j = at_once().up().posts(None, t=50, **REFUSED).posts(None, t=55).called("taken")
        found = check("single", j.done(600))
        assert (found.state, found.lines) == ("pass", (j["taken"],))
        assert found.because == "each message that it sent unasked was taken once"
        also = at_once().up().posts(None, t=50).posts("m", t=200)
        assert told("single", also.done(600)) == ("pass", "each of 1 replies was taken once")

    @pytest.mark.parametrize(("after", "state"), [(59.9, "fail"), (60, "pass")])
    def test_what_is_said_again_a_minute_later_is_said_on_purpose(self, after: float, state: str) -> None:
        j = at_once().up().posts("m", t=10, target="w").posts(None, t=50, **CHANGED).posts(None, t=50 + after)
        assert told("single", j.done(600))[0] == state

    def test_a_minute_lies_between_two_tries_not_around_all_of_them(self) -> None:
        j = at_once().up().posts("m", t=10, target="w").posts(None, t=50, **CHANGED)
        assert told("single", j.posts(None, t=100, **REFUSED).posts(None, t=150).done(600))[0] == "fail"

    def test_what_was_said_on_purpose_long_ago_is_another_one(self) -> None:
        j = at_once().up().posts("m", t=10, target="w").posts(None, t=50).posts(None, t=200, **CHANGED)
        assert told("single", j.posts(None, t=210).done(600))[0] == "fail"

    def test_other_words_another_place_or_a_typing_notice_are_no_copy(self) -> None:
        others: list[dict[str, Any]] = [
            {"content": "x"},
            {"target": "x"},
            {"scene": "group"},
            {"what": "notice"},
        ]
        for other in others:
            j = at_once().up().posts("m", t=10, target="w").posts(None, t=50, **CHANGED)
            assert told("single", j.posts(None, t=55, **other).done(600))[0] == "pass"

    def test_a_success_that_the_bot_could_see_makes_the_next_one_another(self) -> None:
        j = at_once().up().posts("m", t=10, target="w").posts(None, t=50).posts(None, t=55)
        assert told("single", j.done(600))[0] == "pass"

    def test_a_bot_that_repeats_itself_on_purpose_may(self) -> None:
        j = at_once().up().posts(None, t=10, target="w").posts(None, t=20, target="w")
        for t, way in ((50, CHANGED), (55, PLAIN), (60, PLAIN)):
            j.posts(None, t=t, **way)
        assert told("single", j.done(600))[0] == "pass"

    def test_where_nothing_is_undisturbed_nobody_can_tell(self) -> None:
        j = at_once().up().posts(None, t=50, **CHANGED).posts(None, t=55, **CHANGED).posts(None, t=60)
        assert told("single", j.done(600))[0] == "unknown"

    def test_two_of_them_have_no_order(self) -> None:
        j = at_once().up().posts("m", t=10, target="w")
        for content, t, way in (("a", 101, REFUSED), ("b", 102, PLAIN), ("a", 103, PLAIN)):
            j.posts(None, t=t, content=content, length=4000, **way)
        assert told("single", j.done(600))[0] == "pass"

    def test_what_follows_a_reply_a_minute_later_is_no_piece_of_it(self) -> None:
        j = handled().posts("m", t=101, **CHANGED).posts(None, t=161).posts("n", t=300)
        assert told("single", j.done(600))[0] == "pass"

    def test_what_answers_an_event_is_a_reply_to_that(self) -> None:
        j = at_once().up().posts("m", t=10).posts(None, t=50, event_id="e", **CHANGED)
        j.posts(None, t=300, event_id="e").posts(None, t=310, event_id="f")
        assert told("single", j.done(600)) == ("fail", "one reply to message e was taken 2 times")


class TestTheOrderOfPieces:
    def test_fails_where_a_long_piece_comes_after_the_next_one(self) -> None:
        j = pieces(handled(), ("a", 101, REFUSED), ("b", 102, PLAIN), ("a", 103, PLAIN))
        found = check("single", j.done(600))
        assert (found.state, found.because) == (
            "fail",
            "the pieces of the reply to message m were out of order",
        )
        assert found.lines == (j["got"] + 6, j["got"] + 9)

    @pytest.mark.parametrize(
        "sends",
        [
            (("a", 101, PLAIN), ("b", 102, PLAIN), ("c", 103, PLAIN)),
            (("a", 101, REFUSED), ("a", 102, PLAIN), ("b", 103, PLAIN)),
            (("a", 101, REFUSED), ("b", 102, PLAIN)),
            (("a", 101, PLAIN), ("b", 102, REFUSED), ("c", 103, PLAIN)),
            (("a", 101, REFUSED), ("b", 102, REFUSED), ("a", 103, PLAIN), ("b", 104, PLAIN)),
        ],
        ids=["plain", "tried again at once", "given up", "one is missing", "all again"],
    )
    def test_pieces_in_order_pass(self, sends: tuple[tuple[str, float, dict[str, Any]], ...]) -> None:
        assert told("single", pieces(handled(), *sends).done(600))[0] == "pass"

    @pytest.mark.parametrize(("length", "state"), [(1000, "fail"), (999, "pass")])
    def test_short_texts_may_be_two_answers(self, length: int, state: str) -> None:
        sends = (("a", 101, REFUSED), ("b", 102, PLAIN), ("a", 103, PLAIN))
        assert told("single", pieces(handled(), *sends, length=length).done(600))[0] == state

    def test_what_was_under_way_at_once_had_no_order(self) -> None:
        j = handled()
        j.posts("m", t=101, content="a", length=4000, answered=False)
        j.posts("m", t=101, content="b", length=4000).posts("m", t=103, content="a", length=4000)
        assert told("single", j.done(600))[0] == "pass"

    def test_one_that_is_late_is_out_of_order_though_more_follow(self) -> None:
        j = pieces(handled(), ("a", 101, REFUSED), ("b", 102, PLAIN), ("a", 103, PLAIN), ("c", 104, PLAIN))
        assert told("single", j.done(600))[0] == "fail"

    def test_nor_had_what_was_turned_down_only_later(self) -> None:
        j = handled()
        j.posts("m", t=101, content="a", length=4000, answered=False)
        j.posts("m", t=101, content="b", length=4000)
        j.add(HttpAnswer("api", 500, "status", 500), 102, req=1).posts("m", t=103, content="a", length=4000)
        assert told("single", j.done(600))[0] == "pass"

    @pytest.mark.parametrize(
        ("seqs", "state"),
        [
            ((1, 2, 3), "pass"),
            ((2, 1), "fail"),
            ((1, 3, 2), "fail"),
            ((99, 100, 98), "fail"),
            ((100, 101, 99), "pass"),
            ((1, 3), "pass"),
            ((3, 1), "pass"),
            ((5, 5), "pass"),
            ((None, 1), "pass"),
            ((2, None, 1), "pass"),
            ((40130, 35515), "pass"),
        ],
    )
    def test_the_numbers_of_a_bot_that_counts_say_the_order(
        self, seqs: tuple[int | None, ...], state: str
    ) -> None:
        sends = [(f"c{i}", 101.0 + i, {"msg_seq": seq}) for i, seq in enumerate(seqs)]
        assert told("single", pieces(handled(), *sends, length=5).done(600))[0] == state

    def test_who_counts_is_judged_by_its_numbers_alone(self) -> None:
        one, two = {"msg_seq": 1}, {"msg_seq": 2}
        j = pieces(handled(), ("a", 101, {**REFUSED, **two}), ("b", 102, one), ("a", 103, two))
        assert told("single", j.done(600))[0] == "pass"
