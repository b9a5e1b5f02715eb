"""The check `forbidden` on hand-written journals in all four states, and where it is asked."""

from __future__ import annotations

from fake_qq_server.events import ForbiddenSeen, ForbiddenUnwatched, WsIn
from harness.judging.outcome import judge
from tests.harness.journals import J, check, told

FORBIDS = [{"when": "ws.in.identify", "which": "2..", "because": "it must resume"}]
SEEN = ForbiddenSeen("ws.in.identify", "it must resume")


def journal(**more: object) -> J:
    return J(forbids=FORBIDS, **more).up()  # type: ignore[arg-type]


def breaks(j: J, t: float) -> J:
    identify = len(j.add(WsIn("identify"), t).records)
    return j.add(SEEN, t, "rules", cause=identify, rule="again")


def test_it_is_not_applicable_where_nothing_is_forbidden() -> None:
    assert told("forbidden", J().up().done(600)) == ("n/a", "the scenario forbids nothing")
    assert told("forbidden", J(forbids=[]).up().done(600))[0] == "n/a"


def test_it_passes_where_nothing_forbidden_was_seen_to_the_end() -> None:
    assert told("forbidden", journal().done(600)) == ("pass", "nothing that is forbidden was seen")


def test_it_fails_at_the_first_forbidden_event_with_the_event_as_its_witness() -> None:
    j = breaks(journal(), 60).called("seen")
    found = check("forbidden", breaks(j, 90).done(600))
    because = "ws.in.identify was seen, which is forbidden: it must resume"
    assert (found.state, found.because) == ("fail", because)
    assert found.lines == (j["seen"] - 1, j["seen"])


def test_an_event_without_a_record_of_its_own_is_witnessed_by_the_prohibitions_record_alone() -> None:
    j = journal().add(SEEN, 60, "rules", rule="again").called("seen")
    assert check("forbidden", j.done(600)).lines == (j["seen"],)


def test_a_run_that_was_cut_off_leaves_it_open_and_a_fail_in_it_stands() -> None:
    assert told("forbidden", journal().closed("killed", t=60))[0] == "unknown"
    assert told("forbidden", breaks(journal(), 60).closed("killed", t=90))[0] == "fail"


def test_a_prohibition_that_never_began_leaves_it_open() -> None:
    j = journal().add(ForbiddenUnwatched("ws.in.identify"), 600, "rules").called("never")
    found = check("forbidden", j.done(600))
    assert (found.state, found.lines) == ("unknown", (j["never"],))
    assert found.because == "the moment never came from which ws.in.identify is forbidden"


def test_an_unmet_premise_leaves_it_open() -> None:
    assert told("forbidden", journal().ends(600).unmet().disconnects().leaves().closed())[0] == "unknown"


def test_what_comes_in_the_tear_down_does_not_count() -> None:
    records = breaks(journal().ends(600), 600).disconnects().leaves().closed()
    assert told("forbidden", records)[0] == "pass"


def test_it_is_asked_where_something_is_forbidden_and_only_there() -> None:
    seen = judge(breaks(journal(asks=["awake"]), 60).done(600))
    assert (seen.asked, seen.verdict) == (("awake", "forbidden"), "fail")
    assert judge(J(asks=["awake"]).up().done(600)).asked == ("awake",)
