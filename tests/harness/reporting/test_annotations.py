"""Annotations of GitHub Actions: one line a run that did not pass."""

from __future__ import annotations

from dataclasses import replace

from harness.reporting.annotations import MOST, github_annotations
from harness.reporting.runs import NotRun, Reported
from tests.harness.reporting.made import dies, passes, run_of, unknown


def test_a_failed_run_is_an_error_at_its_scenario() -> None:
    (line,) = github_annotations([run_of(dies())], (), {"story/a": "mine/a,b.yaml:12"})
    head, _, text = line.removeprefix("::error ").partition("::")
    assert head == ("file=mine/a%2Cb.yaml,line=12,title=FAIL story/a (hermes-agent 0.19.0%2C adapter)")
    assert text.startswith("silent-death: gave up and told nobody%0Aflag: it gave up and never set")


def test_a_run_whose_file_is_elsewhere_has_no_place() -> None:
    (line,) = github_annotations([run_of(dies())], (), {})
    assert line.startswith("::error title=FAIL story/a")


def test_what_was_not_judged_is_a_warning_and_what_passed_is_nothing() -> None:
    lines = github_annotations(
        [run_of(unknown()), run_of(passes())], [NotRun("b", "runner", "100% broken\nhere")], {}
    )
    assert lines[0].startswith("::warning title=UNKNOWN story/a")
    assert lines[1:] == ["::warning title=NOT RUN b (runner)::100%25 broken%0Ahere"]


def renamed(run: Reported, name: str) -> Reported:
    return replace(run, ran=replace(run.ran, name=name))


def test_no_more_are_written_than_github_shows_and_the_rest_is_counted() -> None:
    runs = [renamed(run_of(dies()), f"r{n}") for n in range(MOST + 5)]
    lines = github_annotations(runs, (), {})
    assert len(lines) == MOST
    assert lines[-1].startswith("::error title=6 more runs::")
    assert len(github_annotations(runs[:MOST], (), {})) == MOST
    assert "more runs" not in github_annotations(runs[:MOST], (), {})[-1]
