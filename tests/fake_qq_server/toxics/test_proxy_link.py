"""A proxied connection, against what was measured with a real Toxiproxy 2.12.0: each test is a row of that.

The rows say when things came to within a few milliseconds; here they come at the exact time.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from fake_qq_server.toxics.proxy_link import Stream
from tests.fake_qq_server.toxics.bench import Bench, data, plain


def test_without_a_toxic_everything_passes_at_once() -> None:
    bench = Bench().talk().run()
    assert bench.client == bench.origin == plain()
    assert bench.acts == []


@pytest.mark.parametrize(("stream", "other"), [("downstream", "upstream"), ("upstream", "downstream")])
def test_a_toxic_leaves_the_other_stream_alone(stream: Stream, other: Stream) -> None:
    bench = Bench().before("latency", stream, latency=200).talk().run()
    assert bench.seen[other] == plain()
    assert [ms for ms, _ in data(bench.seen[stream])] == [200, 220, 240, 260, 280]


def test_a_half_close_by_the_client_ends_both_and_what_the_origin_says_after_is_lost() -> None:
    bench = Bench()
    bench.end(50, "upstream")
    bench.send(60, "downstream")
    bench.run()
    assert bench.client == [(50, "fin")] and bench.origin == [(50, "fin")]


def test_no_end_is_put_down_to_a_toxic_that_did_not_end_anything() -> None:
    assert Bench().before("latency", latency=200).talk().run().by == {None}


# -- latency


def test_latency_keeps_spacing_and_sizes_and_does_not_delay_the_fin() -> None:
    bench = Bench().before("latency", latency=200).talk().run()
    assert bench.client == [*((200 + 20.0 * n, 1000) for n in range(5)), (2100, "fin")]


def test_the_fin_waits_behind_what_latency_holds() -> None:
    bench = Bench().before("latency", latency=200)
    bench.send(0, "downstream")
    bench.end(50, "downstream")
    assert bench.run().client == [(200, 1000), (200, "fin")]


def test_latency_acts_on_an_open_connection_too() -> None:
    bench = Bench().on(50, "latency", latency=200).talk().run()
    assert [ms for ms, _ in data(bench.client)] == [0, 20, 40, 260, 280]


def test_what_latency_holds_comes_at_once_when_it_is_removed() -> None:
    bench = Bench().before("latency", latency=200).off(100, "latency").talk().run()
    assert data(bench.client) == [(100, 1000)] * 5


def test_jitter_stays_within_its_bounds_and_keeps_the_order() -> None:
    draw = random.Random(1).random
    times = [
        ms for ms, _ in data(Bench().before("latency", draw=draw, latency=200, jitter=50).talk().run().client)
    ]
    assert times == sorted(times) and len(times) == 5
    assert all(150 + 20 * n <= ms <= 250 + 80 for n, ms in enumerate(times))
    assert {ms % 1 for ms in times} == {0}


def test_latency_says_how_much_later_a_chunk_comes() -> None:
    bench = Bench().before("latency", latency=200)
    bench.send(0, "downstream", size=7)
    [(at, act)] = bench.run().acts
    assert (at, act.name, act.bytes, act.us) == (0, "latency", 7, 200_000)


def test_a_changed_latency_lets_go_of_what_is_in_hand_and_counts_anew_for_the_rest() -> None:
    bench = Bench().before("latency", latency=200).change(100, "latency", latency=500).talk().run()
    assert [ms for ms, _ in data(bench.client)] == [100, 520, 540, 560, 580]


# -- bandwidth


@pytest.mark.parametrize("hot", [False, True])
def test_bandwidth_hands_out_a_chunk_when_its_time_is_over(hot: bool) -> None:
    bench = Bench()
    bench = bench.on(0, "bandwidth", rate=10) if hot else bench.before("bandwidth", rate=10)
    assert data(bench.talk().run().client) == [(100.0 * n, 1000) for n in range(1, 6)]


def test_bandwidth_cuts_what_takes_longer_than_100_ms() -> None:
    bench = Bench().before("bandwidth", rate=10)
    bench.send(0, "downstream", size=2500)
    assert bench.run().client == [(100, 1000), (200, 1000), (250, 500)]


def test_what_bandwidth_holds_comes_at_once_when_it_is_removed() -> None:
    bench = Bench().before("bandwidth", rate=10).off(150, "bandwidth").talk().run()
    assert data(bench.client) == [(100, 1000), *[(150, 1000)] * 4]


# -- slow_close


def test_slow_close_delays_the_fin_of_its_own_stream_and_the_other_end_goes_with_it() -> None:
    bench = Bench().before("slow_close", delay=500).talk().run()
    assert bench.client == plain(2600) and bench.origin == plain(2600)


def test_slow_close_on_the_other_stream_delays_the_end_that_follows() -> None:
    bench = Bench().before("slow_close", "upstream", delay=500).talk().run()
    assert bench.client == plain(2100) and bench.origin == plain(2600)


def test_slow_close_acts_on_an_open_connection_too() -> None:
    bench = Bench().on(30, "slow_close", delay=400).talk().run()
    assert bench.client == plain(2500)


def test_the_fin_comes_at_once_when_slow_close_is_removed() -> None:
    assert Bench().before("slow_close", delay=500).off(2300, "slow_close").talk().run().client == plain(2300)


# -- timeout


def test_timeout_starts_anew_with_every_swallowed_chunk_and_the_other_way_passes() -> None:
    bench = Bench().before("timeout", timeout=300).talk().run()
    assert bench.client == [(380, "fin")]
    assert bench.origin == [*data(plain()), (380, "fin")]
    assert bench.by == {"timeout"}


def test_timeout_on_an_idle_connection_counts_from_when_it_came_on() -> None:
    bench = Bench().on(1000, "timeout", timeout=300).run()
    assert bench.client == [(1300, "fin")] and bench.origin == [(1300, "fin")]


def test_an_ends_own_fin_passes_a_timeout_at_once() -> None:
    bench = Bench().before("timeout", timeout=300).talk(ends_ms=100).run()
    assert bench.client == [(100, "fin")] and bench.by == {None}


def test_timeout_0_swallows_for_ever_and_lets_a_fin_through() -> None:
    bench = Bench().before("timeout", timeout=0).talk().run()
    assert bench.client == [(2100, "fin")] and bench.origin == plain()


@pytest.mark.parametrize("ms", [0, 300_000])
def test_removing_a_timeout_cuts_the_connection(ms: int) -> None:
    bench = Bench().before("timeout", timeout=ms).off(1000, "timeout").talk().run()
    assert bench.client == [(1000, "fin")] and bench.origin[-1] == (1000, "fin")
    assert bench.by == {"timeout"}


def test_changing_a_timeout_starts_it_anew_and_cuts_nothing() -> None:
    bench = Bench().before("timeout", timeout=300).change(200, "timeout", timeout=700).run()
    assert bench.client == [(900, "fin")]


# -- reset_peer


@pytest.mark.parametrize(("ms", "at"), [(200, 200.0), (0, 0.0)])
def test_reset_peer_counts_from_the_first_chunk_and_resets_both_ends(ms: int, at: float) -> None:
    bench = Bench().before("reset_peer", timeout=ms).talk().run()
    assert bench.client == [(at, "rst")]
    assert bench.origin == [*(one for one in data(plain()) if one[0] <= at), (at, "rst")]


def test_reset_peer_on_an_idle_connection_does_nothing() -> None:
    assert Bench().on(0, "reset_peer", timeout=200).run().client == []


def test_reset_peer_on_an_open_connection_ends_it_with_fin() -> None:
    bench = Bench().on(10, "reset_peer", timeout=200).talk().run()
    assert bench.client == [(0, 1000), (220, "fin")] and bench.origin[-1] == (220, "fin")


def test_once_reset_peer_counts_its_removal_stops_nothing() -> None:
    bench = Bench().before("reset_peer", timeout=200).off(100, "reset_peer").talk().run()
    assert bench.client == [(200, "rst")]


def test_a_connection_that_began_under_reset_peer_ends_with_a_reset_whatever_ends_it() -> None:
    bench = Bench().before("reset_peer", "upstream", timeout=200).off(10, "reset_peer", "upstream")
    bench.end(50, "downstream")
    assert bench.run().client == [(50, "rst")]


# -- slicer


@pytest.mark.parametrize("hot", [False, True])
def test_slicer_halves_until_pieces_are_small_and_pauses_after_each(hot: bool) -> None:
    bench = Bench()
    put = bench.before if not hot else lambda kind, **more: bench.on(0, kind, **more)
    put("slicer", average_size=100, size_variation=10, delay=5000)
    seen = data(bench.talk().run().client)
    assert len(seen) == 80 and sum(size for _, size in seen) == 5000
    assert {46 <= size <= 77 for _, size in seen} == {True}
    assert seen[-1][0] == 395 and seen[1][0] - seen[0][0] == 5


def test_the_rest_comes_in_one_piece_when_the_slicer_is_removed() -> None:
    bench = Bench().before("slicer", average_size=250, size_variation=0, delay=5000).off(7, "slicer")
    bench.send(0, "downstream")
    assert bench.run().client == [(0, 250), (5, 250), (7, 500)]


# -- limit_data


def test_limit_data_cuts_the_chunk_that_goes_over_it_and_ends_the_connection() -> None:
    bench = Bench().before("limit_data", bytes=2500).talk().run()
    assert bench.client == [(0, 1000), (20, 1000), (40, 500), (40, "fin")]
    assert bench.origin[-1] == (40, "fin") and bench.by == {"limit_data"}


def test_limit_data_counts_from_when_it_came_on() -> None:
    bench = Bench().on(30, "limit_data", bytes=2500).talk().run()
    assert bench.client == [(0, 1000), (20, 1000), (40, 1000), (60, 1000), (80, 500), (80, "fin")]


def test_removing_limit_data_does_nothing() -> None:
    assert Bench().before("limit_data", bytes=2500).off(30, "limit_data").talk().run().client == plain()


def test_limit_data_goes_on_counting_when_it_is_changed() -> None:
    bench = Bench().before("limit_data", bytes=9000).change(30, "limit_data", bytes=2500).talk().run()
    assert bench.client[-2:] == [(40, 500), (40, "fin")]


# -- down


def test_a_disabled_proxy_ends_both_at_once_and_loses_what_is_on_its_way() -> None:
    bench = Bench().before("latency", latency=200).talk()
    bench.at(210, lambda now: bench.link.cut("down"))
    bench.run()
    assert bench.client == [(200, 1000), (210, "fin")]
    assert bench.origin == [*data(plain()), (210, "fin")] and bench.by == {"down"}


# -- several


def test_toxics_act_in_the_order_in_which_they_came_on() -> None:
    first_slow = Bench().before("latency", latency=300).before("bandwidth", rate=10)
    first_slow.send(0, "downstream")
    assert first_slow.run().client == [(400, 1000)]


def test_time_in_a_toxic_before_it_counts_as_latency_already() -> None:
    bench = Bench().before("bandwidth", rate=10).before("latency", latency=300)
    bench.send(0, "downstream")
    assert bench.run().client == [(300, 1000)]


def test_a_toxic_that_comes_on_makes_the_last_one_let_go_of_what_is_in_hand() -> None:
    bench = Bench().before("latency", latency=200).on(100, "slow_close", delay=1).talk().run()
    assert [ms for ms, _ in data(bench.client)] == [100, 220, 240, 260, 280]


def test_an_end_that_a_toxic_makes_is_delayed_by_a_slow_close_behind_it() -> None:
    bench = Bench().before("limit_data", bytes=2500).before("slow_close", delay=500).talk().run()
    assert bench.client[-1] == (540, "fin") and bench.origin[-1] == (540, "fin")
    assert bench.by == {"limit_data"}


def test_what_a_toxic_in_the_middle_holds_passes_the_ones_behind_it() -> None:
    bench = (
        Bench().before("latency", latency=500).before("bandwidth", rate=10).off(100, "latency").talk().run()
    )
    assert data(bench.client) == [(200 + 100.0 * n, 1000) for n in range(5)]


def test_what_lies_behind_a_toxic_that_is_over_stays_when_both_are_removed_in_order() -> None:
    """Measured: the end comes when `slow_close` lets go of it, though that was removed at 250 ms."""
    bench = Bench().before("limit_data", bytes=500).before("slow_close", delay=5000)
    bench.send(100, "downstream")
    assert bench.off(250, "limit_data").off(250, "slow_close").run().client == [(100, 500), (5100, "fin")]


def test_removed_in_reverse_order_it_goes() -> None:
    bench = Bench().before("limit_data", bytes=500).before("slow_close", delay=5000)
    bench.send(100, "downstream")
    assert bench.off(250, "slow_close").off(250, "limit_data").run().client == [(100, 500), (250, "fin")]


@pytest.mark.parametrize("kind", [{"kind": "latency", "latency": 300}, {"kind": "bandwidth", "rate": 10}])
def test_what_lies_behind_a_toxic_that_held_the_end_stays_as_well(kind: dict[str, Any]) -> None:
    """Measured: what is held comes when its toxic is removed, and the end when `slow_close` lets go of it."""
    bench = Bench().before(**kind).before("slow_close", delay=500)
    bench.send(90, "downstream")
    bench.end(100, "downstream")
    bench.off(150, kind["kind"]).off(300, "slow_close").run()
    assert bench.client == [(150, 1000), (650, "fin")]
