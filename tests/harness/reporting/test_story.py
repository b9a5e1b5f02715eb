"""A run in a few lines: what is in them, and what is folded."""

from __future__ import annotations

import pytest

from fake_qq_server.events import EventUnwanted, LinkClose, WsIn
from harness.journal.run_kinds import SubjConnect, SubjEgress, SubjLife
from harness.reporting.story import StoryLine, story_lines
from tests.harness.journals import J, us


def texts(j: J) -> list[str]:
    return [line.text for line in story_lines(j.records)]


class TestAnExhaustedRun:
    def story(self) -> tuple[StoryLine, ...]:
        j = J().up().acts("drop", t=60.25).close_frame(t=60.25).loses(t=60.5).says("retrying")
        for i in range(100):
            j.tries(t=62 + 58 * i).acts("rule-2", verb="status")
        j.gives_up(t=5868).flags(t=5868)
        j.done(6468, "gaveup")
        return story_lines(j.records)

    def test_an_exhausted_run_is_sixteen_lines(self) -> None:
        assert [(line.t_us / 1e6, line.text) for line in self.story()] == [
            (0, "connect(): ok after 0.25 s"),
            (0.25, "connection 1: READY"),
            (0.25, "its status file says connected"),
            (60.25, "injected: close (rule drop)"),
            (60.25, "connection 1: the platform closes with 4009"),
            (60.5, "connection 1: ended by the peer (fin)"),
            (60.5, "its status file says retrying"),
            (62, "attempt 1: failed after 0.25 s"),
            (62.25, "injected: status (rule rule-2), 100 times, the last at 96.7 min"),
            (120, "attempt 2: failed after 0.25 s"),
            (178, "… 97 more attempts"),
            (5804, "attempt 100: failed after 0.25 s"),
            (5868, "its listener ended: it returned, without an exception"),
            (5868, "it sets the fatal flag: exhausted, retryable"),
            (6468, "the run is over: after the give-up nothing could change any more"),
            (6468, "disconnect(): ok after 0.25 s"),
        ]

    def test_each_line_names_its_record_in_order(self) -> None:
        story = self.story()
        assert [line.n for line in story] == sorted(line.n for line in story)
        assert story[0] == StoryLine(0, "connect(): ok after 0.25 s", 2)


class TestFolding:
    def test_four_lines_of_a_kind_are_not_folded(self) -> None:
        j = J()
        for i in range(4):
            j.tries(t=10 * i)
        assert [text.split(":")[0] for text in texts(j)] == [f"attempt {i}" for i in (1, 2, 3, 4)]

    def test_five_lines_of_a_kind_are_folded_to_four(self) -> None:
        j = J()
        for i in range(5):
            j.tries(t=10 * i)
        more = "… 2 more attempts"
        assert [text.split(":")[0] for text in texts(j)] == ["attempt 1", "attempt 2", more, "attempt 5"]
        assert story_lines(j.records)[2] == StoryLine(us(20), more, 6)

    def test_connections_are_folded(self) -> None:
        j = J()
        for i in range(1, 31):
            j.ready(i, t=10.0 * i).loses(i)
        assert texts(j) == [
            "connection 1: READY",
            "connection 1: ended by the peer (fin)",
            "connection 2: READY",
            "connection 2: ended by the peer (fin)",
            "… 27 more times ready",
            "… 27 more ends of connections",
            "connection 30: READY",
            "connection 30: ended by the peer (fin)",
        ]

    def test_rules_after_the_sixth_are_folded(self) -> None:
        j = J()
        for i in range(1, 31):
            j.acts(f"r{i}", t=i)
        told = texts(j)
        assert told[:6] == [f"injected: close (rule r{i})" for i in range(1, 7)]
        assert told[6:8] == ["injected: close (rule r7)", "injected: close (rule r8)"]
        assert told[8:] == ["… 21 more rules", "injected: close (rule r30)"]

    def test_a_rule_that_only_set_a_mark_injected_nothing(self) -> None:
        assert texts(J().acts("third", t=1, verb="nothing")) == ["a mark was set (rule third)"]

    def test_a_rule_with_two_verbs_has_two_lines(self) -> None:
        j = J().acts("a", t=1, verb="frame").acts("a", t=2, verb="close").acts("a", t=3, verb="frame")
        assert texts(j) == ["injected: frame (rule a), 2 times, the last at 3 s", "injected: close (rule a)"]

    def test_a_rule_without_a_name_is_its_verb(self) -> None:
        j = J().acts(None, t=1)  # type: ignore[arg-type]
        assert texts(j) == ["injected: close"]


class TestLines:
    @pytest.mark.parametrize(
        ("j", "text"),
        [
            (J().resumed(3, t=5), "connection 3: RESUMED"),
            (J().closes(3, t=5), "connection 3: ended by the subject (fin)"),
            (J().heals(t=5, held="release"), "healed: every rule ends; open connections are released"),
            (J().spins(t=5), "thread main turned 10000 times without letting time pass"),
            (J().blocks(t=5), "thread main had work to do and did nothing for 45.5 s"),
            (J().held(t=5), "the harness: thread pool keeps the virtual clock from moving"),
            (J().hiccups(t=5), "the harness: the virtual clock went wrong: backwards"),
            (J().leaks(t=5), "the secret token appears in its status file"),
            (J().unmet(t=5), "a rule acted 0 times, not 1.."),
            (J().add(SubjEgress("connect", "example.org:443"), 5), "refused: connect example.org:443"),
            (J().tells(t=5, how=None), "fatal handler called: not ended"),
            (J().tells(t=5), "fatal handler called: ok"),
            (J().tells(t=5, lasts=2, how="raised"), "fatal handler called: raised after 2 s"),
            (J().disconnects(t=5, lasts=30, how="cancelled"), "disconnect(): cancelled after 30 s"),
            (J().sends("p", t=5, probe=True), "a probe message was sent and was not handled"),
            (
                J().sends("p", t=5, probe=True).handles("p"),
                "a probe message was sent and was handled, but not answered",
            ),
            (J().probed(t=5), "a probe message was sent and was answered"),
            (
                J().add(EventUnwanted("m", "MESSAGE_CREATE", 1, 1 << 25), 5),
                "a MESSAGE_CREATE happened, which the bot's intents exclude",
            ),
            (J().add(SubjLife("killed", 1), 5), "the bot is killed without a word (life 1)"),
            (J().add(SubjLife("started", 2), 5), "the bot is started again (life 2)"),
            (J().add(SubjLife("ended", 1, 1), 5), "the bot ended with code 1 (life 1)"),
            (J().ends(5), "the run is over: the scenario's end is reached"),
        ],
    )
    def test_a_record_worth_a_line_has_one(self, j: J, text: str) -> None:
        assert [line.text for line in story_lines(j.records)][-1] == text
        assert story_lines(j.records)[-1].t_us == us(5)

    def test_an_exception_is_named(self) -> None:
        j = J().connects(0, how=None).add(SubjConnect("end", "raised", "TypeError: x"), 0.5)
        assert texts(j) == ["connect(): raised after 0.5 s (TypeError: x)"]

    def test_a_fatal_flag_says_whether_it_is_retryable(self) -> None:
        j = J().state(5, fatal={"code": "x", "retryable": False}).state(6, connected=False)
        assert texts(j) == ["it sets the fatal flag: x, not retryable"]

    def test_a_worker_that_was_ended_has_a_line_that_says_why(self) -> None:
        told = story_lines(J().closed("memory", t=5, detail="2 GiB"))
        assert [line.text for line in told] == [
            "the harness ended the worker, which used too much memory (2 GiB)"
        ]
        assert story_lines(J().closed("end", t=5)) == ()

    @pytest.mark.parametrize(
        "j",
        [
            J(),
            J().opens(t=1).upgrades(t=2),
            J().interrupted(t=1).identifies(t=2),
            J().logs().sends("m", t=1).handles("m").replies("m"),
            J().says(None, t=1).state(2, connected=True),
            J().add(WsIn("heartbeat"), 3),
        ],
    )
    def test_records_of_everyday_service_are_left_out(self, j: J) -> None:
        assert texts(j) == []

    def test_refused_connections_and_those_of_other_hosts_are_left_out(self) -> None:
        assert texts(J().add(LinkClose("ws", "peer", "refused"), 5)) == []
        assert texts(J().add(LinkClose("api", "peer", "fin"), 5)) == []

    def test_no_records_are_no_story(self) -> None:
        assert story_lines([]) == ()
