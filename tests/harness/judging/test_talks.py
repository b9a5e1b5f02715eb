"""What was said on each connection; what the checks make of it is in their own tests."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.events import LinkCondition, WsOut
from harness.judging.talks import talks
from harness.judging.timeline import read
from tests.harness.journals import J, us

SLOW = LinkCondition("ws", "latency", True, False)
DELAY = us(0.04)


def rule(key: str, **do: Any) -> dict[str, Any]:
    return {"id": key, "link": "ws", "do": do}


def transit(j: J) -> int | None:
    return talks(read(j.done(600)))[1].transit_us


def test_a_frame_is_under_way_for_the_link_s_delay() -> None:
    assert transit(J().greeted(t=1)) == DELAY
    assert transit(J(net={"delay": "3s"}).greeted(t=1)) == us(3)


def test_a_latency_comes_on_top_with_all_of_its_jitter() -> None:
    j = J(rules=[rule("slow", latency="2s", jitter="500ms")]).greeted(t=1).add(SLOW, 2, conn=1, rule="slow")
    assert transit(j) == DELAY + us(2.5)


def test_latencies_of_two_rules_add_up() -> None:
    rules = [rule("slow", latency="2s"), rule("slower", latency="3s")]
    j = J(rules=rules).greeted(t=1).add(SLOW, 2, conn=1, rule="slow").add(SLOW, 3, conn=1, rule="slower")
    assert transit(j) == DELAY + us(5)


def test_of_a_rule_that_nobody_knows_nothing_can_be_said() -> None:
    assert transit(J().greeted(t=1).add(SLOW, 2, conn=1, rule="gone")) is None


@pytest.mark.parametrize(
    ("condition", "conn"),
    [
        (LinkCondition("api", "latency", True, False), 1),
        (LinkCondition("ws", "latency", False, False), 1),
        (LinkCondition("ws", "stall", True, True), 1),
        (SLOW, 2),
    ],
    ids=["another host", "going off", "another condition", "another connection"],
)
def test_what_is_not_a_latency_on_this_connection_adds_nothing(condition: LinkCondition, conn: int) -> None:
    j = J(rules=[rule("slow", latency="2s")]).greeted(t=1).add(condition, 2, conn=conn, rule="slow")
    assert transit(j) == DELAY


def test_a_frame_of_no_connection_belongs_to_none() -> None:
    assert sorted(talks(read(J().greeted(t=1).add(WsOut("ack"), 2).done(600)))) == [1]
