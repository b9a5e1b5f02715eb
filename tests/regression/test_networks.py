"""The scenarios of a bad line, played in virtual time and by a real Toxiproxy: the same endings and verdicts.

What a byte spends in a real proxy takes as long in reality. Where that is minutes a test is `slow`; one
scenario would take an hour, and a small one of its shape, which is not shipped, stands for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.commands.request import Network
from harness.commands.series import Series
from harness.comparing.rows import Row
from harness.hermes import environments
from harness.scenario import selection
from harness.scenario.parse_run import from_resolved
from tests.toxiproxy_program import built

QUICK = (
    "proxy-down", "one-way-silence", "forgetful-middlebox", "half-a-frame/then-fin", "half-a-frame/then-reset"
)  # fmt: skip
"""Seconds each."""
SLOWER = ("cut-every-minute", "flapping-line", "replay-over-a-modem")
"""Up to a minute each, of many connections or a line of 4 KB a second."""
MINUTES = ("rest-and-websocket", "slower-and-slower", "upgrade-never-answered")
"""Ten seconds until each swallowed connection dies; ACKs that come up to 41 s late; answers that drip, a byte
each half second."""
AN_HOUR = ("half-a-frame/then-silence",)
"""So long `slow_close` keeps the connection: no test runs it on a real proxy."""
IN_SMALL = (str(Path(__file__).with_name("short_silence.yaml")),)
"""Of its shape, with two minutes."""

pytestmark = pytest.mark.release


AT_ONCE = 8
"""On a real proxy a run waits, mostly."""


def rows(names: Sequence[str], network: Network, out: Path, times: int = 1) -> list[tuple[str, Row]]:
    """What became of 0.19.0 in each, so many times."""
    series = Series(environments.resolve("0.19.0"), out / network, network=network, jobs=AT_ONCE)
    chosen = selection.by_names(names, "adapter")
    asked = {f"{run.name}-{n}": run for run in chosen for n in range(times)}
    specs = [from_resolved({**run.resolved, "run": name}) for name, run in asked.items()]
    done = series.run(specs, lambda judged: None)
    assert [one.problem for one in done if one.problem] == []
    return [(asked[one.name].name, Row.of_outcome(one.outcome.as_json())) for one in done if one.outcome]


def alike(names: Sequence[str], out: Path, times: int = 1) -> None:
    """As often as asked, the real proxy's rows are the relay's, but for the number of attempts."""
    built()
    relay = dict(rows(names, "relay", out))
    real = rows(names, "toxiproxy", out, times)
    assert len(real) == times * len(relay)
    for name, row in real:
        assert (row.verdict, row.ending, row.failed) == (
            relay[name].verdict, relay[name].ending, relay[name].failed
        ), name  # fmt: skip


def test_quick_scenarios_end_alike_on_both_networks(tmp_path: Path) -> None:
    alike(QUICK, tmp_path)


@pytest.mark.sweep
def test_all_but_the_slow_ones_end_alike_three_times_over(tmp_path: Path) -> None:
    alike((*QUICK, *SLOWER), tmp_path, times=3)


@pytest.mark.slow
def test_those_that_take_minutes_end_alike_three_times_over_too(tmp_path: Path) -> None:
    alike((*MINUTES, *IN_SMALL), tmp_path, times=3)


def test_every_scenario_of_a_bad_line_is_in_one_of_the_lists() -> None:
    named = selection.by_names([*QUICK, *SLOWER, *MINUTES, *AN_HOUR], "adapter")
    everything = [run for run in selection.all_runs() if "network" in run.tags and "adapter" in run.levels]
    assert {run.name for run in named} == {run.name for run in everything}
