"""A stored outcome beside its journal: when the journal is believed."""

from __future__ import annotations

from harness.reporting.runs import MISMATCH, MISSING, Reported, journal_of
from tests.harness.reporting.made import dies, passes, run_of, told, unknown


def test_a_run_tells_what_became_of_the_bot_and_what_decided() -> None:
    run = run_of(dies())
    assert (run.verdict, run.ending, run.told) == ("fail", "silent-death", "gave up and told nobody")
    assert [check.name for check in run.decisive] == ["flag", "notified"]
    assert run.why[0] == "flag: it gave up and never set the fatal flag"
    assert run.notes == ()


def test_a_run_that_passes_has_no_reason_not_to() -> None:
    assert run_of(passes()).why == ()


def test_a_premise_that_was_not_met_is_the_reason_of_an_unknown() -> None:
    because = "it was in service after 0.25 s, but rule drop acted 0 times, and 1.. are expected"
    assert run_of(unknown()).why == (f"connects: {because}",)
    assert run_of(unknown(), checks=[]).why == (
        "rules that acted less or more often than the scenario requires: drop",
    )


def test_the_journal_of_another_run_is_not_believed() -> None:
    run = run_of(dies(), digest="sha256:0")
    assert (run.records, run.notes) == ((), (MISMATCH,))
    assert run.told == "gave up and told nobody"


def test_without_a_journal_the_outcome_is_told() -> None:
    ran = run_of(dies()).ran
    run = Reported(ran, lambda: journal_of(ran, None))
    assert (run.records, run.notes, run.timeline) == ((), (MISSING,), None)


def test_a_stored_verdict_is_told_though_this_version_judges_otherwise_and_that_is_noted() -> None:
    run = run_of(dies(), verdict="pass")
    assert run.verdict == "pass"
    assert run.notes == ("this version of qqchaos judges its journal anew as FAIL, silent-death",)


def test_issues_are_numbers_whatever_stands_there() -> None:
    assert run_of(dies(), issues=[14539, "x"]).issues == (14539,)
    assert run_of(dies(), issues=3).issues == ()


def test_numbers_that_are_none_are_left_out() -> None:
    run = run_of(dies(), wall_s="long", virtual_s=float("nan"))
    assert (run.wall_s, run.virtual_s) == (None, 0.0)


def test_a_subject_is_named_with_its_fix() -> None:
    run = run_of(told(dies(), "0.18.0"), fix={"name": "mine.patch"})
    assert run.subject == "hermes-agent 0.18.0 + mine.patch"
