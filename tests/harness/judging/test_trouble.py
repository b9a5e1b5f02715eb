"""Trouble: what stood between the bot and the platform besides itself. What it excuses, the checks tell."""

from __future__ import annotations

from fake_qq_server.events import LinkClose, LinkCondition
from harness.judging.facts import Mark
from harness.judging.trouble import Stretch, trouble_of
from tests.harness.journals import J, us


def test_a_condition_holds_until_it_goes_off_or_its_connection_ends() -> None:
    j = J().add(LinkCondition("api", "stall", True, True), 1, conn=1).called("a")
    j.add(LinkCondition("api", "latency", True, False), 2, conn=1).called("b")
    j.add(LinkCondition("api", "refuse", True, False), 3).called("c")
    j.add(LinkCondition("api", "stall", False, True), 4, conn=1).add(
        LinkClose("api", "peer", "fin"), 5, conn=1
    )
    assert trouble_of(j.records).stretches == (
        Stretch("api", 1, "stall", True, Mark(us(1), j["a"]), us(4)),
        Stretch("api", 1, "latency", False, Mark(us(2), j["b"]), us(5)),
        Stretch("api", None, "refuse", False, Mark(us(3), j["c"]), None),
    )


def test_a_refused_connection_does_not_end_what_holds_on_the_whole_host() -> None:
    j = J().add(LinkCondition("api", "refuse", True, False), 1).add(LinkClose("api", "peer", "refused"), 2)
    (held,) = trouble_of(j.records).stretches
    assert held.end is None


def test_the_first_trouble_of_a_stretch_of_time_is_told() -> None:
    j = J().refused("m", t=5).called("five").refused("m", t=7).called("seven")
    trouble = trouble_of(j.records)
    assert trouble.on_rest(us(1), us(9)) == Mark(us(5), j["five"])
    assert trouble.on_rest(us(6), us(7)) == Mark(us(7), j["seven"])
    assert trouble.on_rest(us(8), us(9)) is None
    assert trouble.on_rest(us(1), us(4)) is None


def test_a_slow_link_hides_an_answer_from_a_bot_that_leaves_that_connection_before_the_next_try() -> None:
    slow = LinkCondition("api", "latency", True, False)
    j = J().add(slow, 1, conn=None).add(LinkClose("api", "subject", "fin"), 5, conn=2)
    trouble = trouble_of(j.records)
    assert [
        trouble.hides_answer(2, us(start), us(end)) for start, end in ((2, 5), (5, 9), (2, 4), (6, 9))
    ] == [
        True,
        True,
        False,
        False,
    ]
    assert not trouble.hides_answer(1, us(2), us(9))


def test_what_the_peer_ended_or_another_host_s_connection_was_not_left() -> None:
    for close in (LinkClose("api", "peer", "fin"), LinkClose("token", "subject", "fin")):
        j = J().add(LinkCondition("api", "latency", True, False), 1).add(close, 5, conn=2)
        assert trouble_of(j.records).left == ()
