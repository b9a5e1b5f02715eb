"""The same run has the same digest, also on a loaded machine (fifty times: `determinism.py`)."""

from __future__ import annotations

import pytest

from harness.scenario import selection
from tests.regression.determinism import digests

pytestmark = [pytest.mark.release, pytest.mark.load]

HERMES = "0.19.0"
NOT_BY_DEFAULT = pytest.mark.sweep
RUNS = (
    "exhausted/gateway-500",
    "op7-resume",
    pytest.param("exhausted/upgrade-403+heals-30m", marks=NOT_BY_DEFAULT),
)
GATEWAYS = (
    "told-to-stop/term-in-back-off",
    "beside-healthy",
    pytest.param("told-to-stop/term-as-told", marks=NOT_BY_DEFAULT),
    pytest.param("op7-resume", marks=NOT_BY_DEFAULT),
    pytest.param("exhausted/gateway-500", marks=NOT_BY_DEFAULT),
)


@pytest.mark.parametrize("run", RUNS)
def test_a_run_has_one_digest_forked_and_fresh_idle_and_loaded(run: str) -> None:
    found = digests([run], idle=2, loaded=1, hermes=HERMES)[run]
    assert (len(found), found.total()) == (1, 3)


@pytest.mark.parametrize("run", GATEWAYS)
def test_a_run_of_the_gateway_has_one_digest_idle_and_loaded(run: str) -> None:
    found = digests([run], idle=1, loaded=1, hermes=HERMES, level="runner")[run]
    assert (len(found), found.total()) == (1, 2)


@pytest.mark.slow
def test_six_virtual_hours_have_one_digest_in_twenty_rounds() -> None:
    run = "down-from-the-start/token-500+heals-5h"
    found = digests([run], idle=10, loaded=10, hermes=HERMES, level="runner")[run]
    assert (len(found), found.total()) == (1, 20)


@pytest.mark.slow
def test_every_run_of_the_gateway_has_one_digest_in_two_rounds() -> None:
    found = digests([], idle=2, hermes=HERMES, jobs=2, level="runner")
    assert {run: counts for run, counts in found.items() if len(counts) != 1} == {}


@pytest.mark.slow
def test_every_run_of_a_bad_line_has_one_digest_in_twenty_rounds() -> None:
    """Toxics draw, wait and cut; with `forget`, which is not one of them."""
    names = [run.name for run in selection.all_runs() if "network" in run.tags and "adapter" in run.levels]
    found = digests(names, idle=10, loaded=10, hermes=HERMES, jobs=2)
    assert {run: (len(counts), counts.total()) for run, counts in found.items()} == dict.fromkeys(
        names, (1, 20)
    )
