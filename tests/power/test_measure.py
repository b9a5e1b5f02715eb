"""What becomes of a mutant: killed by a run that executes it, survived, or on a line that none executes."""

from __future__ import annotations

import pytest

from harness.hermes import environments
from harness.hermes.releases import DEFAULT
from harness.scenario import selection
from tests.power.__main__ import FUNCTIONS, equivalents
from tests.power.measure import Measurement, Result, State, private_copy, summary
from tests.power.mutants import mutants


def test_the_summary_counts_each_function_and_leaves_equivalent_mutants_out_of_the_shares() -> None:
    states: list[State] = ["killed", "killed", "noticed", "survived", "unreached", "equivalent"]
    results = [Result(str(n), "send" if n < 4 else "connect", state) for n, state in enumerate(states)]
    assert [" ".join(line.split()) for line in summary(results).splitlines()] == [
        "function mutants unreached equivalent killed noticed survived",
        "send 4 0 0 2 1 1",
        "connect 2 1 1 0 0 0",
        "all 6 1 1 2 1 1",
        "killed by a verdict, of those that a run executes and that differ: 2 of 4, 50.0 %",
        "killed or noticed: 3 of 4, 75.0 %",
        "on lines that no run executes: 1 of 6, 16.7 %",
    ]


def test_a_share_of_nothing_is_no_figure() -> None:
    assert "no figure" in summary([])


def test_each_reason_for_calling_a_mutant_equivalent_names_mutants_of_the_functions() -> None:
    assert {name.split(":")[0] for name in equivalents()} <= set(FUNCTIONS)
    assert all(equivalents().values())


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
