"""When the bot was in service, record by record: connections, conditions and give-ups."""

from __future__ import annotations

import pytest

from fake_qq_server.events import LinkClose, LinkCondition, LinkOpen, Session
from harness.journal.run_kinds import ProcEnding, ProcExit, SubjLife
from harness.judging.facts import Mark
from harness.judging.intervals import Interval
from harness.judging.service import Service, follow
from tests.harness.journals import J, us


def service(j: J, end: float = 100) -> Service:
    """What the records so far say, where the run ended at that moment."""
    return follow(j.records, us(end))


def served(j: J, end: float = 100) -> list[tuple[float, float]]:
    return [(one.start / 1e6, one.end / 1e6) for one in service(j, end).serving]


class TestServing:
    def test_service_lasts_from_ready_to_the_end_of_the_connection(self) -> None:
        assert served(J().opens(t=1).ready(t=2).loses(t=9)) == [(2, 9)]

    def test_an_open_connection_alone_serves_nobody(self) -> None:
        assert served(J().opens(t=1).upgrades(t=1.5)) == []

    def test_resumed_is_as_good_as_ready(self) -> None:
        assert served(J().resumed(t=3)) == [(3, 100)]

    def test_a_session_that_is_new_or_refused_serves_nobody(self) -> None:
        j = J().opens(t=1)
        for what in ("new", "refused"):
            j.ready(t=2, what=what)
        assert served(j) == []

    @pytest.mark.parametrize("by", ["peer", "subject"])
    def test_a_close_frame_of_either_side_ends_service(self, by: str) -> None:
        assert served(J().ready(t=2).close_frame(t=5, by=by).ready(t=6).loses(t=9)) == [(2, 5)]

    def test_other_frames_do_not_end_service(self) -> None:
        assert served(J().ready(t=2).identifies(t=5)) == [(2, 100)]

    def test_a_dropped_session_ends_service_and_a_new_one_begins_it(self) -> None:
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
        assert list(service(j).connections) == [1]

    def test_a_refused_connection_ends_no_other(self) -> None:
        assert served(J().ready(1, t=2).add(LinkClose("ws", "peer", "refused"), 3)) == [(2, 100)]

    def test_an_interruption_suspends_service(self) -> None:
        assert served(J().ready(t=2).interrupted(t=5).released(t=8)) == [(2, 5), (8, 100)]

    def test_a_condition_that_does_not_interrupt_leaves_service_alone(self) -> None:
        j = J().ready(t=2).add(LinkCondition("ws", "latency", True, False), 5, conn=1)
        assert served(j) == [(2, 100)]

    def test_an_interruption_suspends_only_its_own_connection(self) -> None:
        assert served(J().ready(1, t=2).interrupted(2, t=5)) == [(2, 100)]

    def test_a_condition_on_the_host_interrupts_every_connection(self) -> None:
        j = J().ready(1, t=2).interrupted(None, t=5).loses(1, t=6).ready(2, t=7).released(None, t=9)
        assert served(j) == [(2, 5), (9, 100)]

    def test_service_comes_back_when_both_of_two_conditions_are_gone(self) -> None:
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
        assert service(j).readies == ()

    def test_two_connections_are_one_service(self) -> None:
        assert served(J().ready(1, t=2).ready(2, t=4).loses(1, t=6).loses(2, t=9)) == [(2, 9)]

    def test_a_give_up_ends_service_until_the_next_ready(self) -> None:
        assert served(J().ready(t=2).flags(t=5)) == [(2, 5)]
        assert served(J().ready(t=2).gives_up(t=5).ready(2, t=7)) == [(2, 5), (7, 100)]


class TestConnections:
    def test_a_connection_has_when_it_opened_was_ready_and_closed(self) -> None:
        j = J().opens(3, t=1).called("open").upgrades(3, t=2).ready(3, t=3).called("ready").resumed(3, t=4)
        j.called("resumed").close_frame(3, t=5, by="subject").called("frame").closes(3, t=7).called("close")
        one = service(j, 9).connections[3]
        assert one.number == 3
        assert one.opened == Mark(us(1), j["open"])
        assert one.readies == (Mark(us(3), j["ready"]), Mark(us(4), j["resumed"]))
        assert one.ended == one.left == Mark(us(5), j["frame"])
        assert one.closed == Mark(us(7), j["close"])

    def test_a_connection_that_the_platform_ends_was_not_left_by_the_subject(self) -> None:
        j = J().ready(1, t=1).loses(1, t=5).called("close").loses(1, t=6)
        one = service(j, 9).connections[1]
        assert one.closed == one.ended == Mark(us(5), j["close"])
        assert one.left is None

    def test_an_interruption_is_a_stretch_of_one_connection(self) -> None:
        j = J().ready(1, t=1).interrupted(1, t=5, name="stall").called("on").interrupted(1, t=6)
        j.released(1, t=7, name="stall").released(1, t=8, name="silent").called("off")
        (one,) = service(j, 9).interruptions
        assert (one.conn, one.name, one.while_serving) == (1, "stall", True)
        assert one.on == Mark(us(5), j["on"]) and one.off == Mark(us(8), j["off"])

    def test_an_interruption_before_ready_did_not_come_while_serving(self) -> None:
        (one,) = service(J().opens(1, t=1).interrupted(1, t=5), 9).interruptions
        assert not one.while_serving and one.off is None

    def test_interruptions_stand_in_the_order_in_which_they_began(self) -> None:
        j = J().ready(1, t=1).ready(2, t=1).interrupted(1, t=3).interrupted(2, t=4).released(2, t=5)
        assert [one.conn for one in service(j, 9).interruptions] == [1, 2]


class TestGivingUp:
    def test_a_listener_that_ended_by_itself_is_a_give_up(self) -> None:
        j = J().up().loses(t=60).gives_up(t=600).called("end")
        (one,) = service(j, 700).giveups
        assert one.at == Mark(us(600), j["end"])
        assert one.stands and one.until.t == us(700) and one.flag is None

    def test_a_listener_cancelled_by_the_program_s_end_is_no_give_up(self) -> None:
        j = J(level="runner").up().add(ProcEnding(), 60, "probe").gives_up(t=60)
        assert service(j.add(ProcExit(1), 60, "probe"), 60).giveups == ()

    def test_a_listener_that_ended_after_disconnect_is_no_give_up(self) -> None:
        assert service(J().up().disconnects(t=500).gives_up(t=600), 700).giveups == ()

    def test_a_listener_begun_anew_after_disconnect_may_give_up_again(self) -> None:
        run = service(J().up().disconnects(t=500).listens(t=550).gives_up(t=600), 700)
        assert [one.at.t for one in run.giveups] == [us(600)]

    def test_the_fatal_flag_is_a_give_up(self) -> None:
        j = J().up().flags(t=600).called("flag")
        (one,) = service(j, 700).giveups
        assert one.at == one.flag == Mark(us(600), j["flag"])

    def test_listener_and_flag_are_one_give_up(self) -> None:
        j = J().up().gives_up(t=600).flags(t=601).called("flag").unflags(t=602).flags(t=603)
        (one,) = service(j, 700).giveups
        assert one.at.t == us(600) and one.flag == Mark(us(601), j["flag"])

    def test_a_flag_that_stands_already_belongs_to_the_next_give_up(self) -> None:
        run = service(J().up().flags(t=5).ready(2, t=9).gives_up(t=600), 700)
        flags = [(one.stands, one.flag and one.flag.t) for one in run.giveups]
        assert flags == [(False, us(5)), (True, us(5))]

    def test_a_ready_undoes_a_give_up(self) -> None:
        (one,) = service(J().up().gives_up(t=600).ready(2, t=650), 700).giveups
        assert not one.stands and one.until.t == us(650) and one.stretch == Interval(us(600), us(650))


def test_a_listener_that_ends_as_its_adapter_is_killed_did_not_give_up() -> None:
    killed = J().up().add(SubjLife("killed", 1), 50).gives_up(t=50)
    assert service(killed).giveups == ()
    again = killed.add(SubjLife("started", 2), 55).listens(t=56).gives_up(t=80)
    assert [one.at.t for one in service(again).giveups] == [us(80)]
