"""What a toxic excuses, and what it does not: hand-written journals of connections behind a proxy."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.events import LinkClose, LinkCondition
from harness.judging.talks import talks
from harness.judging.timeline import read
from harness.judging.trouble import trouble_of
from tests.harness.journals import BEAT, J, check, told


def toxic(kind: str, **attributes: int) -> dict[str, Any]:
    return {
        "id": "bad",
        "link": "ws",
        "from": "10s",
        "do": {"toxic": {"type": kind, "attributes": attributes}},
    }


def on(j: J, kind: str, t: float, *, interrupts: bool = False, off: bool = False) -> J:
    """The toxic of the rule `bad` comes on, or goes."""
    return j.add(LinkCondition("ws", f"{kind}_downstream", not off, interrupts), t, conn=1, rule="bad")


@pytest.mark.parametrize(
    ("kind", "attributes", "us"),
    [
        ("latency", {"latency": 2000, "jitter": 500}, 2_540_000),
        ("slow_close", {"delay": 9000}, 40_000),
        ("bandwidth", {"rate": 1}, None),
        ("slicer", {"average_size": 1}, None),
    ],
)
def test_how_long_a_frame_is_under_way_follows_from_the_toxic(
    kind: str, attributes: dict[str, int], us: int | None
) -> None:
    j = on(J(rules=[toxic(kind, **attributes)]).greeted(t=1), kind, 20)
    assert talks(read(j.done(60)))[1].transit_us == us


def test_a_message_on_a_line_that_is_too_slow_may_come_late_or_not_at_all() -> None:
    j = on(J(rules=[toxic("bandwidth", rate=1)]).up(), "bandwidth", 20).sends("m", t=60)
    assert told("once", j.done(600))[0] == "unknown"


def test_a_message_must_have_come_once_the_line_is_fast_again() -> None:
    j = on(J(rules=[toxic("bandwidth", rate=1)]).up(), "bandwidth", 20).sends("m", t=60)
    on(j, "bandwidth", 100, off=True)
    assert told("once", j.done(600))[0] == "fail"


@pytest.mark.parametrize(("after", "state"), [(10.9, "pass"), (13.1, "fail")])
def test_ready_may_take_as_long_as_the_toxic_makes_it(after: float, state: str) -> None:
    j = J(rules=[toxic("latency", latency=2000)]).says("starting", t=0)
    on(j, "latency", 2).greeted(t=5).says("connected", t=5 + after)
    assert check("truthful", j.done(600)).state == state


@pytest.mark.parametrize(("kind", "state"), [("limit_data_downstream", "pass"), ("silent", "fail")])
def test_what_reached_a_proxy_as_nothing_passed_it_any_more_counts_as_lost(kind: str, state: str) -> None:
    """The link's 40 ms lie before the proxy: a frame that was written a moment earlier is lost."""
    j = J(rules=[toxic("limit_data", bytes=9)]).greeted(t=1).pushes(2, t=60)
    j.add(LinkCondition("ws", kind, True, True), 60.04, conn=1, rule="bad")
    j.beats_on(30, 600, s=1)
    assert told("beats", j.done(600))[0] == state


def test_a_stream_that_is_over_is_something_to_notice() -> None:
    j = on(J(rules=[toxic("limit_data", bytes=9)]).up(), "limit_data", 20)
    on(j, "limit_data", 60, interrupts=True)
    assert told("notices", j.done(600))[0] == "fail"
    j = on(J(rules=[toxic("limit_data", bytes=9)]).up(), "limit_data", 20)
    on(j, "limit_data", 60, interrupts=True)
    j.add(LinkClose("ws", "subject", "fin"), 60 + BEAT, conn=1)
    assert told("notices", j.done(600))[0] == "pass"


def test_a_connection_that_the_network_ends_is_not_one_that_the_bot_left() -> None:
    j = on(J(rules=[toxic("timeout", timeout=0)]).up(), "timeout", 20, interrupts=True)
    j.add(LinkClose("ws", "network", "fin"), 40, conn=1, rule="bad")
    assert told("notices", j.done(600))[0] == "n/a"


def test_an_answer_on_a_connection_that_a_proxy_cut_may_not_have_come() -> None:
    j = J().add(LinkCondition("api", "limit_data_downstream", True, False), 1, conn=1)
    j.add(LinkClose("api", "network", "fin"), 5, conn=1, rule="bad")
    trouble = trouble_of(j.records)
    assert trouble.hides_answer(1, 4_000_000, 9_000_000) and trouble.moments


def test_a_disabled_proxy_is_trouble_for_the_api() -> None:
    j = J().add(LinkClose("api", "network", "refused"), 5)
    assert trouble_of(j.records).on_rest(4_000_000, 6_000_000) is not None
