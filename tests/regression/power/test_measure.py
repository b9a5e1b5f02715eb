"""What becomes of a mutant: killed by a run that executes it, survived, or on a line that none executes."""

from __future__ import annotations

import pytest

from harness.hermes import environments
from harness.hermes.releases import DEFAULT
from harness.scenario import selection
from tests.regression.power.measure import Measurement, Result, private_copy, summary
from tests.regression.power.mutants import mutants


def test_the_summary_counts_equivalent_mutants_apart_from_survivors() -> None:
    results = [
        Result("a", "killed", "healthy: fail"),
        Result("b", "survived"),
        Result("c", "survived"),
        Result("d", "unreached"),
    ]
    assert summary(results, {"c": "no caller looks", "a": "wrongly called so"}).splitlines() == [
        "4 mutants: 1 killed, 1 survived, 1 equivalent, 1 on lines that no run executes",
        "killed of those that a run executes and that differ: 50.0 %",
        "on lines that no run executes: 25.0 %",
    ]


@pytest.mark.release
@pytest.mark.sweep
def test_a_mutant_is_killed_or_survives_or_is_on_a_line_that_no_run_executes() -> None:
    healthy = [run for run in selection.all_runs() if run.name == "healthy"]
    with private_copy(environments.resolve(DEFAULT)) as copy:
        source = copy.adapter.read_bytes()
        measurement = Measurement(copy, "adapter", None, 1)
        measurement.on_original(healthy)
        by_name = {
            one.name.split(":")[0] + one.what: one
            for one in mutants(source, ["_send_identify", "_reconnect"])
        }
        told = {name: measurement.of(mutant) for name, mutant in by_name.items()}
    killed = [
        one for name, one in told.items() if name.startswith("_send_identify") and one.state == "killed"
    ]
    assert any("healthy: fail" in one.by for one in killed)
    assert {one.state for name, one in told.items() if name.startswith("_reconnect")} == {"unreached"}
