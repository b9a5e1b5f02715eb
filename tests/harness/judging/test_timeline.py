"""Facts from records: when it served, when it gave up, what it said, and what the scenario wants."""

from __future__ import annotations

import pytest

from fake_qq_server.events import HttpRequest, LinkClose, LinkCondition, LinkOpen, Session
from harness.journal.run_kinds import ProcEnding, ProcExit, SubjConnect
from harness.judging.facts import Mark
from harness.judging.intervals import Interval
from harness.judging.terms import Terms
from harness.judging.timeline import Timeline, disconnect_of, read
from tests.harness.journals import J, us


def served(j: J, end: float = 100) -> list[tuple[float, float]]:
    run = read(j.ends(end).closed())
    return [(one.start / 1e6, one.end / 1e6) for one in run.serving]


class TestServing:
    def test_from_ready_to_the_end_of_the_connection(self) -> None:
        assert served(J().opens(t=1).ready(t=2).loses(t=9)) == [(2, 9)]

    def test_an_open_connection_alone_serves_nobody(self) -> None:
        assert served(J().opens(t=1).upgrades(t=1.5)) == []

    def test_resumed_is_as_good_as_ready(self) -> None:
        assert served(J().resumed(t=3)) == [(3, 100)]

    def test_what_else_happens_to_a_session_is_not(self) -> None:
        j = J().opens(t=1)
        for what in ("new", "refused"):
            j.ready(t=2, what=what)
        assert served(j) == []

    @pytest.mark.parametrize("by", ["peer", "subject"])
    def test_a_close_frame_ends_it_either_way(self, by: str) -> None:
        assert served(J().ready(t=2).close_frame(t=5, by=by).ready(t=6).loses(t=9)) == [(2, 5)]

    def test_other_frames_do_not(self) -> None:
        assert served(J().ready(t=2).identifies(t=5)) == [(2, 100)]

    def test_a_dropped_session_ends_it_and_a_new_one_on_the_same_connection_begins_it(self) -> None:
        assert served(J().ready(t=2).drops_session(t=5).ready(t=6)) == [(2, 5), (6, 100)]

    def test_a_session_is_found_by_its_number_where_the_connection_is_not_named(self) -> None:
        assert served(J().ready(3, t=2).add(Session("dropped", 4), 5)) == [(2, 100)]
        assert served(J().ready(3, t=2).add(Session("dropped", None), 5)) == [(2, 100)]
        assert served(J().ready(3, t=2).add(Session("dropped", 3), 5)) == [(2, 5)]

    def test_connections_of_other_hosts_do_not_matter(self) -> None:
        j = J().ready(1, t=2)
        j.add(LinkClose("api", "peer", "fin"), 3, conn=1)
        j.add(LinkCondition("api", "silent", True, True), 4, conn=1)
        j.add(LinkOpen("api"), 4, conn=9)
        assert served(j) == [(2, 100)]
        assert list(read(j.records).connections) == [1]

    def test_a_refused_connection_belongs_to_none(self) -> None:
        assert served(J().ready(1, t=2).add(LinkClose("ws", "peer", "refused"), 3)) == [(2, 100)]

    def test_an_interruption_suspends_it(self) -> None:
        assert served(J().ready(t=2).interrupted(t=5).released(t=8)) == [(2, 5), (8, 100)]

    def test_a_condition_that_does_not_interrupt_does_not(self) -> None:
        j = J().ready(t=2).add(LinkCondition("ws", "latency", True, False), 5, conn=1)
        assert served(j) == [(2, 100)]

    def test_only_on_its_own_connection(self) -> None:
        assert served(J().ready(1, t=2).interrupted(2, t=5)) == [(2, 100)]

    def test_a_condition_on_the_host_interrupts_every_connection(self) -> None:
        j = J().ready(1, t=2).interrupted(None, t=5).loses(1, t=6).ready(2, t=7).released(None, t=9)
        assert served(j) == [(2, 5), (9, 100)]

    def test_two_conditions_must_both_go(self) -> None:
        j = J().ready(t=2).interrupted(t=5, rule="a").interrupted(t=6, rule="b").released(t=7, rule="a")
        assert served(j.released(t=9, rule="b")) == [(2, 5), (9, 100)]

    def test_an_end_without_a_rule_ends_the_condition_whoever_began_it(self) -> None:
        j = J().ready(t=2).interrupted(t=5, rule="a").interrupted(t=6, name="stall", rule="b")
        j.released(t=7, rule=None)
        assert served(j) == [(2, 5)]
        j = J().ready(t=2).interrupted(t=5, rule="a").released(t=7, rule=None)
        assert served(j) == [(2, 5), (7, 100)]

    def test_ready_under_an_interruption_serves_once_it_is_over(self) -> None:
        j = J().opens(t=1).interrupted(t=2).ready(t=3).released(t=8)
        assert served(j) == [(8, 100)]
        assert read(j.records).service.readies == ()

    def test_two_connections_are_one_service(self) -> None:
        assert served(J().ready(1, t=2).ready(2, t=4).loses(1, t=6).loses(2, t=9)) == [(2, 9)]

    def test_a_give_up_ends_it_until_the_next_ready(self) -> None:
        assert served(J().ready(t=2).flags(t=5)) == [(2, 5)]
        assert served(J().ready(t=2).gives_up(t=5).ready(2, t=7)) == [(2, 5), (7, 100)]

    def test_serving_at_a_moment(self) -> None:
        run = read(J().ready(t=2).loses(t=5).ready(2, t=9).done(20))
        assert [t for t in (1, 2, 4, 5, 8, 9, 19, 20) if run.serves(us(t))] == [2, 4, 9, 19, 20]
        assert run.since == us(9)
        lost = read(J().ready(t=2).loses(t=5).done(5))
        assert lost.since is None and not lost.serves(us(5))

    def test_what_comes_after_the_end_is_no_service(self) -> None:
        j = J().opens(t=1).ends(5).ready(t=6)
        assert read(j.closed()).serving == ()


class TestConnections:
    def test_what_is_known_of_one(self) -> None:
        j = J().opens(3, t=1).called("open").upgrades(3, t=2).ready(3, t=3).called("ready").resumed(3, t=4)
        j.called("resumed").close_frame(3, t=5, by="subject").called("frame").closes(3, t=7).called("close")
        one = read(j.done(9)).connections[3]
        assert one.number == 3
        assert one.opened == Mark(us(1), j["open"])
        assert one.readies == (Mark(us(3), j["ready"]), Mark(us(4), j["resumed"]))
        assert one.ended == one.left == Mark(us(5), j["frame"])
        assert one.closed == Mark(us(7), j["close"])

    def test_the_peer_ends_it(self) -> None:
        j = J().ready(1, t=1).loses(1, t=5).called("close").loses(1, t=6)
        one = read(j.done(9)).connections[1]
        assert one.closed == one.ended == Mark(us(5), j["close"])
        assert one.left is None

    def test_an_interruption_is_a_stretch_of_one_connection(self) -> None:
        j = J().ready(1, t=1).interrupted(1, t=5, name="stall").called("on").interrupted(1, t=6)
        j.released(1, t=7, name="stall").released(1, t=8, name="silent").called("off")
        (one,) = read(j.done(9)).interruptions
        assert (one.conn, one.name, one.while_serving) == (1, "stall", True)
        assert one.on == Mark(us(5), j["on"]) and one.off == Mark(us(8), j["off"])

    def test_one_before_ready_did_not_come_while_serving(self) -> None:
        (one,) = read(J().opens(1, t=1).interrupted(1, t=5).done(9)).interruptions
        assert not one.while_serving and one.off is None

    def test_they_stand_in_the_order_in_which_they_began(self) -> None:
        j = J().ready(1, t=1).ready(2, t=1).interrupted(1, t=3).interrupted(2, t=4).released(2, t=5)
        assert [one.conn for one in read(j.done(9)).interruptions] == [1, 2]


class TestGivingUp:
    def test_the_listener_ended(self) -> None:
        j = J().up().loses(t=60).gives_up(t=600).called("end")
        run = read(j.done(700))
        (one,) = run.giveups
        assert one.at == Mark(us(600), j["end"])
        assert one.stands and one.until.t == us(700) and one.flag is None
        assert run.giveup == one

    def test_not_where_the_program_ends_and_its_loop_cancels_the_listener(self) -> None:
        j = J(level="runner").up().add(ProcEnding(), 60, "probe").gives_up(t=60)
        assert read(j.add(ProcExit(1), 60, "probe").done(60)).giveups == ()

    def test_not_after_a_disconnect(self) -> None:
        assert read(J().up().disconnects(t=500).gives_up(t=600).done(700)).giveups == ()

    def test_but_again_once_it_listens_anew(self) -> None:
        run = read(J().up().disconnects(t=500).listens(t=550).gives_up(t=600).done(700))
        assert [one.at.t for one in run.giveups] == [us(600)]

    def test_the_flag_was_set(self) -> None:
        j = J().up().flags(t=600).called("flag")
        (one,) = read(j.done(700)).giveups
        assert one.at == one.flag == Mark(us(600), j["flag"])

    def test_both_are_one_give_up(self) -> None:
        j = J().up().gives_up(t=600).flags(t=601).called("flag").unflags(t=602).flags(t=603)
        (one,) = read(j.done(700)).giveups
        assert one.at.t == us(600) and one.flag == Mark(us(601), j["flag"])

    def test_a_flag_that_stands_already_is_its_flag(self) -> None:
        run = read(J().up().flags(t=5).ready(2, t=9).gives_up(t=600).done(700))
        flags = [(one.stands, one.flag and one.flag.t) for one in run.giveups]
        assert flags == [(False, us(5)), (True, us(5))]

    def test_ready_undoes_it(self) -> None:
        run = read(J().up().gives_up(t=600).ready(2, t=650).done(700))
        (one,) = run.giveups
        assert not one.stands and one.until.t == us(650) and one.stretch == Interval(us(600), us(650))
        assert run.giveup is None

    def test_the_calls_since_the_ready_before_it_are_its_own(self) -> None:
        j = J().up().tells(t=5).ready(2, t=9).tells(t=20, how="raised").tells(t=30).gives_up(t=40)
        j.tells(t=50).ready(3, t=60).tells(t=70)
        (one,) = read(j.done(99)).giveups
        assert [call.begin.t for call in one.calls] == [us(20), us(30), us(50)]
        assert [call.begin.t for call in one.told] == [us(30), us(50)]

    def test_a_handler_that_was_told_to_raise_has_told(self) -> None:
        (one,) = read(J(handler="raise").up().gives_up(t=40).tells(how="raised").done(99)).giveups
        assert one.told == one.calls != ()

    def test_one_inside_a_connect_that_failed(self) -> None:
        (one,) = read(J().connects(1, how=None).flags(t=2).done(9)).giveups
        assert one.connecting is None

    def test_the_connect_that_failed_is_named(self) -> None:
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


class TestDeclining:
    def test_a_connect_that_failed_for_good(self) -> None:
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
    def test_not_where_it_went_on(self, j: J) -> None:
        assert read(j.done(9)).failed_connect is None

    def test_what_came_before_does_not_matter(self) -> None:
        assert (
            read(J().tries(t=1).ready(t=2).loses().connects(5, how="raised").done(9)).failed_connect
            is not None
        )


class TestWords:
    def test_the_status_file(self) -> None:
        j = J().says("connected", t=2).called("a").says("connected", t=3).says("fatal", t=5).called("b")
        run = read(j.says(None, t=8).called("c").says("connected", t=9).called("d").done(10))
        assert run.says_connected == (Interval(us(2), us(5)), Interval(us(9), us(10)))
        assert run.says_otherwise == (Interval(us(5), us(8)),)
        assert run.statements == tuple(Mark(us(t), j[x]) for t, x in ((2, "a"), (5, "b"), (8, "c"), (9, "d")))

    def test_its_own_property_speaks_while_there_is_no_file(self) -> None:
        j = J().state(1, connected=True).state(3, connected=False).state(4, connected=True, status="fatal")
        run = read(j.says("connected", t=6).state(7, connected=False).done(9))
        assert run.believes_connected == (Interval(us(1), us(3)), Interval(us(6), us(9)))

    def test_the_proof_of_a_moment(self) -> None:
        j = J().ready(t=2).called("ready").says("connected", t=2).called("says").loses(t=5).called("lost")
        run = read(j.done(9))
        assert run.proof(us(2)) == (j["ready"], j["says"])
        assert run.proof(us(5), us(2)) == (j["ready"], j["says"], j["lost"])
        assert run.proof(us(3)) == ()


class TestTheRun:
    def test_ends_with_its_tear_down(self) -> None:
        j = J().up().disconnects(t=5).ends(9).disconnects(t=10)
        run = read(j.closed(t=11))
        assert (run.end, run.cut, run.ended_early, run.why) == (us(9), False, False, "end")
        call = disconnect_of(run.tail)
        assert call is not None and call.begin.t == us(10)
        assert run.run == Interval(0, us(9))

    def test_early_after_a_give_up(self) -> None:
        assert read(J().done(9, why="gaveup")).ended_early

    def test_without_a_tear_down_it_was_cut(self) -> None:
        run = read(J().up().loses(t=8).closed("cpu", t=9))
        assert (run.end, run.cut, run.why, run.tail) == (us(9), True, "cpu", ())
        assert disconnect_of(run.tail) is None

    def test_nothing_at_all(self) -> None:
        run = read([])
        assert (run.end, run.cut, run.why, run.level) == (0, True, None, "adapter")
        assert run.opened is None and run.closed is None
        assert run.terms == Terms()

    def test_its_level(self) -> None:
        assert read(J(level="runner").records).level == "runner"

    def test_the_healing(self) -> None:
        j = J().heals(t=5).called("heal")
        run = read(j.heals(t=6, held="release").done(9))
        assert run.heal == Mark(us(5), j["heal"]) and not run.released
        assert read(J().heals(t=5, held="release").done(9)).released
        assert read(J().done(9)).heal is None

    def test_its_rules(self) -> None:
        j = J().acts(t=3).called("act").acts(t=4)
        run = read(j.ends(9).unmet("late").closed())
        assert run.first_act == Mark(us(3), j["act"])
        assert [one.about.rule for one in run.unmet] == ["late"]


class TestCalls:
    def test_attempts(self) -> None:
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

    def test_ends_close_the_innermost(self) -> None:
        j = J().connects(1, how=None).connects(2, how=None).add(SubjConnect("end", "failed", "E: x"), 3)
        outer, inner = read(j.done(9)).connects
        assert outer.end is None
        assert (inner.how, inner.error, inner.end and inner.end.t) == ("failed", "E: x", us(3))

    def test_signs_of_trying(self) -> None:
        j = J().asks("api", t=1).asks("token", t=2).upgrades(t=3).tries(t=4).asks("gateway", t=5)
        assert [mark.t / 1e6 for mark in read(j.done(9)).signs_of_trying] == [2, 3, 4, 5]


class TestMessages:
    def test_written_handled_answered(self) -> None:
        j = J().sends("a", 1, t=1).sends("a", 2, t=2, replay=True).handles("a", t=3).handles("a", t=4)
        j.replies("a", t=5).handles("b", t=6).sends("p", None, t=7, probe=True).asks("token", t=8)
        run = read(j.done(9))
        a, b, p = run.messages
        assert [(w.at.t, w.conn, w.replay) for w in a.written] == [(us(1), 1, False), (us(2), 2, True)]
        assert [mark.t for mark in a.handled] == [us(3), us(4)]
        assert [mark.t for mark in a.replied] == [us(5)]
        assert (b.id, b.written, len(b.handled), b.probe) == ("b", (), 1, False)
        assert run.probes == (p,)

    def test_only_the_api_answers(self) -> None:
        j = J().sends("a", t=1).add(HttpRequest("token", "POST", "/", "a"), 2).replies("other", t=3)
        (a,) = read(j.done(9)).messages
        assert a.replied == ()

    def test_a_probe_that_was_never_written_is_none(self) -> None:
        assert read(J().handles("p", t=1).done(9)).probes == ()


def test_a_timeline_can_be_read_from_any_iterable() -> None:
    assert isinstance(read(iter(J().done(1))), Timeline)
