"""The same run with another delay, or without one of its rules."""

from __future__ import annotations

import pytest

from harness.scenario import selection
from harness.scenario.run_spec import RunSpec
from harness.scenario.variations import with_delay, without_rule

RUNS = selection.all_runs()


@pytest.mark.parametrize("delay_us", [0, 200_000])
def test_only_the_delay_is_another(delay_us: int) -> None:
    spec = with_delay(RUNS[0], delay_us)
    assert (spec.delay_us, spec.rules, spec.name) == (delay_us, RUNS[0].rules, RUNS[0].name)


@pytest.mark.parametrize("spec", RUNS, ids=lambda spec: str(spec.name))
def test_every_rule_of_the_catalogue_can_be_left_out(spec: RunSpec) -> None:
    for number, rule in enumerate(spec.rules):
        changed = without_rule(spec, number)
        assert [do.verb for do in changed.rules[number].do] == ["nothing"], rule.text()
        others = [one for n, one in enumerate(changed.rules) if n != number]
        assert others == [one for n, one in enumerate(spec.rules) if n != number]


def test_what_waits_for_a_rule_that_is_left_out_still_comes() -> None:
    spec = next(run for run in RUNS if run.name == "exhausted/refused")
    changed = without_rule(spec, 0)
    assert changed.rules[0].id == "drop"
    assert [moment.mark for moment in changed.rules[1].moments()] == ["drop"]
