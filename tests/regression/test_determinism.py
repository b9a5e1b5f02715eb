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
