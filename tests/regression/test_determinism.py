"""The same run has the same digest, also on a loaded machine (fifty times: `determinism.py`)."""

from __future__ import annotations

import pytest

from tests.regression.determinism import digests

RUNS = ("exhausted/gateway-500", "exhausted/upgrade-403+heals-30m", "op7-resume")


@pytest.mark.hermes
@pytest.mark.parametrize("run", RUNS)
def test_one_digest_idle_and_loaded(run: str) -> None:
    idle = digests(run, 2, hermes="0.19.0", loaded=False, jobs=1)
    loaded = digests(run, 3, hermes="0.19.0", loaded=True, jobs=1)
    assert len(idle | loaded) == 1


GATEWAYS = (
    "told-to-stop/term-in-back-off",
    "message-in-flight/reply-fails",
    "beside-healthy",
    "exhausted/gateway-500",
)


@pytest.mark.hermes
@pytest.mark.parametrize("run", GATEWAYS)
def test_one_digest_of_the_gateway_idle_and_loaded(run: str) -> None:
    idle = digests(run, 1, hermes="0.19.0", loaded=False, jobs=1, level="runner")
    loaded = digests(run, 1, hermes="0.19.0", loaded=True, jobs=1, level="runner")
    assert len(idle | loaded) == 1


@pytest.mark.hermes
@pytest.mark.slow
def test_one_digest_of_six_virtual_hours_twenty_times() -> None:
    run = "down-from-the-start/token-500+heals-5h"
    idle = digests(run, 10, hermes="0.19.0", loaded=False, jobs=1, level="runner")
    loaded = digests(run, 10, hermes="0.19.0", loaded=True, jobs=1, level="runner")
    assert len(idle | loaded) == 1
