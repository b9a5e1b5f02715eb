"""What bounds the meaning of a run is in every report of it."""

from __future__ import annotations

from dataclasses import replace

from harness.journal.record import Record
from harness.reporting.bounds import HYPOTHETICAL, SEAM, bounds_of
from harness.reporting.html import as_html
from harness.reporting.junit import as_junit
from harness.reporting.markdown import as_markdown
from tests.harness.journals import J
from tests.harness.reporting.made import SHIPPED, dies, run_of


def bounded() -> list[Record]:
    j = J(asks=["settles"], hypothetical=True).up().acts("when seam.open do raise", t=60, verb="raise")
    first, *rest = j.loses(t=61).gives_up(t=90).done(3600)
    return [replace(first, x={"walls": ["network"]}), *rest]


def test_acts_inside_the_client_and_walls_that_did_not_stand_are_told() -> None:
    seam, hypothetical, wall = bounds_of(bounded())
    assert seam == f"when seam.open do raise: {SEAM}"
    assert hypothetical == HYPOTHETICAL
    assert wall.startswith("ran without a wall for signals")


def test_of_a_run_without_bounds_nothing_is_told() -> None:
    assert bounds_of(dies()) == bounds_of([]) == ()


def test_every_report_says_them() -> None:
    run = run_of(bounded())
    for render in (as_html, as_junit, as_markdown):
        text = render([run], (), SHIPPED)
        assert "the network alone cannot cause it" in text, render
        assert "a rule raises an exception that is not known" in text, render
