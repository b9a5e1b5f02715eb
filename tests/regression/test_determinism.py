"""The same run has the same digest, also on a loaded machine (fifty times: `determinism.py`)."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.regression.determinism import digests

RUNS = ("exhausted/gateway-500", "exhausted/upgrade-403+heals-30m", "op7-resume")


def both(run: str, idle: int, loaded: int, level: str = "adapter") -> Counter[str]:
    """The digests of one run, on an idle and on a loaded machine."""
    quiet = digests([run], idle, hermes="0.19.0", loaded=False, level=level)
    busy = digests([run], loaded, hermes="0.19.0", loaded=True, level=level)
    return quiet[run] + busy[run]


@pytest.mark.hermes
@pytest.mark.parametrize("run", RUNS)
def test_one_digest_idle_and_loaded(run: str) -> None:
    assert len(both(run, 2, 3)) == 1


GATEWAYS = (
    "told-to-stop/term-in-back-off",
    "told-to-stop/term-as-told",
    "op7-resume",
    "beside-healthy",
    "exhausted/gateway-500",
)


@pytest.mark.hermes
@pytest.mark.parametrize("run", GATEWAYS)
def test_one_digest_of_the_gateway_idle_and_loaded(run: str) -> None:
    assert len(both(run, 1, 1, "runner")) == 1


@pytest.mark.hermes
@pytest.mark.slow
def test_one_digest_of_six_virtual_hours_twenty_times() -> None:
    assert len(both("down-from-the-start/token-500+heals-5h", 10, 10, "runner")) == 1


@pytest.mark.hermes
@pytest.mark.slow
def test_every_run_of_the_gateway_twice() -> None:
    found = digests([], 2, hermes="0.19.0", loaded=False, jobs=2, level="runner")
    assert {run: counts for run, counts in found.items() if len(counts) != 1} == {}
