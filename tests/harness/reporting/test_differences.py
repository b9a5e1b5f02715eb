"""Where two runs part."""

from __future__ import annotations

from harness.reporting.differences import alike, as_shipped, parting_of
from tests.harness.journals import J
from tests.harness.reporting.made import FIX, dies, passes, run_of, told


def test_two_runs_part_at_their_first_different_record() -> None:
    before = J().up().loses(t=60).gives_up(t=90).done(3600)
    now = J().up().loses(t=60).gives_up(t=90).flags(t=90).done(3600)
    parting = parting_of(before, now)
    assert parting and parting.now
    assert (parting.t, parting.now.kind) == (90_000_000, "subj.state")


def test_a_journal_that_ends_sooner_parts_where_it_ends() -> None:
    whole = dies()
    parting = parting_of(whole[:-1], whole)
    assert parting and (parting.before, parting.now) == (None, whole[-1])


def test_who_ran_is_no_difference() -> None:
    assert parting_of(dies(), told(dies(), fix=FIX)) is None


def test_the_run_as_shipped_is_the_one_of_the_same_subject_without_a_fix() -> None:
    shipped, fixed = run_of(dies()), run_of(told(dies(), fix=FIX))
    older = run_of(told(dies(), "0.18.0"))
    assert as_shipped(fixed, [older, fixed, shipped]) is shipped
    assert as_shipped(fixed, [older, fixed]) is None
    assert as_shipped(shipped, [shipped, run_of(dies())]) is None


def test_a_run_without_a_journal_is_compared_with_nothing() -> None:
    fixed = run_of(told(dies(), fix=FIX))
    assert as_shipped(fixed, [run_of(dies(), digest="sha256:0")]) is None


def test_a_run_is_like_the_first_that_did_the_same_on_another_release_or_python() -> None:
    runs = [
        dies(),
        passes(),
        told(dies(), "0.19.1"),
        told(dies(), "0.19.2"),
        told(passes(), "0.19.1"),
        dies(),
        told(dies(), "0.19.0", python="3.11.9"),
    ]
    assert alike([run_of(one).ran for one in runs]) == {3: 1, 4: 1, 5: 2, 7: 1}


def test_another_fix_or_seed_makes_it_another_run() -> None:
    runs = [dies(), told(dies(), "0.19.1", fix=FIX), told(dies(), "0.19.1", seed=3)]
    assert alike([run_of(one).ran for one in runs]) == {}
