"""Facts from records: calls, messages, the status file, the end of the run."""

from __future__ import annotations

import pytest

from fake_qq_server.events import HttpRequest
from harness.journal.run_kinds import SubjConnect
from harness.judging.facts import Mark
from harness.judging.intervals import Interval
from harness.judging.terms import Terms
from harness.judging.timeline import Timeline, disconnect_of, read
from tests.harness.journals import J, us


class TestServiceAndItsEnd:
    def test_it_serves_from_ready_until_the_connection_is_lost(self) -> None:
        run = read(J().ready(t=2).loses(t=5).ready(2, t=9).done(20))
        assert [t for t in (1, 2, 4, 5, 8, 9, 19, 20) if run.serves(us(t))] == [2, 4, 9, 19, 20]
        assert run.since == us(9)
        lost = read(J().ready(t=2).loses(t=5).done(5))
        assert lost.since is None and not lost.serves(us(5))

    def test_what_comes_after_the_end_is_no_service(self) -> None:
        j = J().opens(t=1).ends(5).ready(t=6)
        assert read(j.closed()).serving == ()


class TestGivingUp:
    def test_the_calls_since_the_ready_before_it_are_its_own(self) -> None:
        j = J().up().tells(t=5).ready(2, t=9).tells(t=20, how="raised").tells(t=30).gives_up(t=40)
        j.tells(t=50).ready(3, t=60).tells(t=70)
        (one,) = read(j.done(99)).giveups
        assert [call.begin.t for call in one.calls] == [us(20), us(30), us(50)]
        assert [call.begin.t for call in one.told] == [us(30), us(50)]

    def test_a_handler_that_was_told_to_raise_has_told(self) -> None:
        (one,) = read(J(handler="raise").up().gives_up(t=40).tells(how="raised").done(99)).giveups
        assert one.told == one.calls != ()

    def test_a_give_up_within_a_connect_that_never_ended_names_no_connect(self) -> None:
        (one,) = read(J().connects(1, how=None).flags(t=2).done(9)).giveups
        assert one.connecting is None

    def test_a_give_up_within_a_connect_that_failed_names_it(self) -> None:
        j = J().connects(1, how=None).flags(t=2).add(SubjConnect("end", "failed"), 3)
        (one,) = read(j.done(9)).giveups
        assert one.connecting is not None and one.connecting.begin.t == us(1)
        j = J().connects(1, how=None).flags(t=2).add(SubjConnect("end", "ok"), 3)
        assert read(j.done(9)).giveups[0].connecting is None
        j = J().connects(1, how="failed").flags(t=2)
        assert read(j.done(9)).giveups[0].connecting is None

    def test_a_flag_seen_as_connect_ends_was_set_by_it(self) -> None:
        j = J().connects(1, lasts=0.25, how="failed").flags(t=1.25)
        (one,) = read(j.done(9)).giveups
        assert one.connecting is not None and one.connecting.begin.t == us(1)

    def test_a_give_up_that_nothing_undid_stands_at_the_end(self) -> None:
        run = read(J().up().gives_up(t=600).done(700))
        assert run.giveup == run.giveups[0]
        assert read(J().up().gives_up(t=600).ready(2, t=650).done(700)).giveup is None


class TestFailedConnect:
    def test_a_failed_connect_that_nothing_followed_is_kept(self) -> None:
        declined = read(J().connects(1, how="failed").done(9)).failed_connect
        assert declined is not None and declined.begin.t == us(1)

    @pytest.mark.parametrize(
        "j",
        [
            J(),
            J().connects(1),
            J().connects(1, how=None),
            J().connects(1, how="failed").tries(t=5),
            J().connects(1, how="failed").ready(t=5),
            J().connects(1, how="failed").connects(5),
        ],
    )
    def test_a_failed_connect_that_something_followed_is_none(self, j: J) -> None:
        assert read(j.done(9)).failed_connect is None

    def test_what_came_before_the_failed_connect_does_not_matter(self) -> None:
        assert (
            read(J().tries(t=1).ready(t=2).loses().connects(5, how="raised").done(9)).failed_connect
            is not None
        )


class TestTheStatusFile:
    def test_each_word_of_the_status_file_lasts_until_the_next(self) -> None:
        j = J().says("connected", t=2).called("a").says("connected", t=3).says("fatal", t=5).called("b")
        run = read(j.says(None, t=8).called("c").says("connected", t=9).called("d").done(10))
        assert run.says_connected == (Interval(us(2), us(5)), Interval(us(9), us(10)))
        assert run.says_otherwise == (Interval(us(5), us(8)),)
        assert run.statements == tuple(Mark(us(t), j[x]) for t, x in ((2, "a"), (5, "b"), (8, "c"), (9, "d")))

    def test_the_adapter_s_property_counts_while_there_is_no_status_file(self) -> None:
        j = J().state(1, connected=True).state(3, connected=False).state(4, connected=True, status="fatal")
        run = read(j.says("connected", t=6).state(7, connected=False).done(9))
        assert run.believes_connected == (Interval(us(1), us(3)), Interval(us(6), us(9)))

    def test_a_moment_is_proved_by_the_records_that_changed_something_then(self) -> None:
        j = J().ready(t=2).called("ready").says("connected", t=2).called("says").loses(t=5).called("lost")
        run = read(j.done(9))
        assert run.proof(us(2)) == (j["ready"], j["says"])
        assert run.proof(us(5), us(2)) == (j["ready"], j["says"], j["lost"])
        assert run.proof(us(3)) == ()


class TestTheRun:
    def test_a_run_ends_with_its_tear_down(self) -> None:
        j = J().up().disconnects(t=5).ends(9).disconnects(t=10)
        run = read(j.closed(t=11))
        assert (run.end, run.cut, run.ended_early, run.why) == (us(9), False, False, "end")
        call = disconnect_of(run.tail)
        assert call is not None and call.begin.t == us(10)
        assert run.run == Interval(0, us(9))

    def test_a_run_may_end_early_after_a_give_up(self) -> None:
        assert read(J().done(9, why="gaveup")).ended_early

    def test_a_run_without_a_tear_down_was_cut(self) -> None:
        run = read(J().up().loses(t=8).closed("cpu", t=9))
        assert (run.end, run.cut, run.why, run.tail) == (us(9), True, "cpu", ())
        assert disconnect_of(run.tail) is None

    def test_an_empty_journal_has_a_timeline(self) -> None:
        run = read([])
        assert (run.end, run.cut, run.why, run.level) == (0, True, None, "adapter")
        assert run.opened is None and run.closed is None
        assert run.terms == Terms()

    def test_a_run_s_level_is_that_of_its_run_open(self) -> None:
        assert read(J(level="runner").records).level == "runner"

    def test_the_first_healing_is_kept_with_whether_it_released_what_was_held(self) -> None:
        j = J().heals(t=5).called("heal")
        run = read(j.heals(t=6, held="release").done(9))
        assert run.heal == Mark(us(5), j["heal"]) and not run.released
        assert read(J().heals(t=5, held="release").done(9)).released
        assert read(J().done(9)).heal is None

    def test_a_run_has_the_first_act_of_a_rule_and_the_rules_that_were_unmet(self) -> None:
        j = J().acts(t=2, verb="nothing").acts(t=3).called("act").acts(t=4)
        run = read(j.ends(9).unmet("late").closed())
        assert run.first_act == Mark(us(3), j["act"])
        assert [one.about.rule for one in run.unmet] == ["late"]


class TestCalls:
    def test_attempts_are_paired_by_number(self) -> None:
        j = J().tries(t=1, lasts=2).tries(t=5, how=None).tries(t=6, how="raised")
        run = read(j.done(9))
        assert [(c.number, c.begin.t, c.lasted(run.end), c.how) for c in run.attempts] == [
            (1, us(1), us(2), "failed"),
            (2, us(5), us(4), None),
            (3, us(6), us(0.25), "raised"),
        ]
        assert [len(call.lines) for call in run.attempts] == [2, 1, 2]

    def test_an_end_without_a_beginning_is_no_call(self) -> None:
        assert read(J().add(SubjConnect("end", "ok"), 1).done(9)).connects == ()

    def test_an_end_closes_the_last_call_that_is_open(self) -> None:
        j = J().connects(1, how=None).connects(2, how=None).add(SubjConnect("end", "failed", "E: x"), 3)
        outer, inner = read(j.done(9)).connects
        assert outer.end is None
        assert (inner.how, inner.error, inner.end and inner.end.t) == ("failed", "E: x", us(3))

    def test_attempts_token_requests_and_connections_are_signs_of_trying(self) -> None:
        j = J().asks("api", t=1).asks("token", t=2).upgrades(t=3).tries(t=4).asks("gateway", t=5)
        assert [mark.t / 1e6 for mark in read(j.done(9)).signs_of_trying] == [2, 3, 4, 5]


class TestMessages:
    def test_a_message_is_written_handled_and_answered(self) -> None:
        j = J().sends("a", 1, t=1).sends("a", 2, t=2, replay=True).handles("a", t=3).handles("a", t=4)
        j.replies("a", t=5).handles("b", t=6).sends("p", None, t=7, probe=True).asks("token", t=8)
        run = read(j.done(9))
        a, b, p = run.messages
        assert [(w.at.t, w.conn, w.replay) for w in a.written] == [(us(1), 1, False), (us(2), 2, True)]
        assert [mark.t for mark in a.handled] == [us(3), us(4)]
        assert [mark.t for mark in a.replied] == [us(5)]
        assert (b.id, b.written, len(b.handled), b.probe) == ("b", (), 1, False)
        assert run.probes == (p,)

    def test_only_a_request_to_the_api_is_a_reply(self) -> None:
        j = J().sends("a", t=1).add(HttpRequest("token", "POST", "/", "a"), 2).replies("other", t=3)
        (a,) = read(j.done(9)).messages
        assert a.replied == ()

    def test_a_message_that_was_never_written_is_no_probe(self) -> None:
        assert read(J().handles("p", t=1).done(9)).probes == ()


def test_a_timeline_can_be_read_from_any_iterable() -> None:
    assert isinstance(read(iter(J().done(1))), Timeline)
