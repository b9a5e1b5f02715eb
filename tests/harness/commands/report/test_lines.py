"""The report's lines, from hand-written journals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.commands.report import lines
from harness.commands.results import Judged
from harness.journal.record import Record
from harness.judging.outcome import judge
from harness.reporting.bounds import HYPOTHETICAL, SEAM
from harness.reporting.text_picture import LEGEND
from tests.harness.journals import J


def judged(records: list[Record], name: str = "exhausted/x") -> Judged:
    outcome = judge(records, "runs/x.jsonl")
    return Judged(name, outcome.level, outcome, tuple(records), Path("runs/x.jsonl"), None)


def dies(**scenario: Any) -> Judged:
    j = J(asks=["notified"], **scenario).up().acts(t=60).loses(t=60).says("retrying").tries(t=62)
    return judged(j.gives_up(t=5868).done(6468, "gaveup"))


def passes() -> Judged:
    return judged(J(asks=["connects"]).up().done(3600))


def test_a_run_without_a_wall_says_what_that_means() -> None:
    run = passes()
    first = run.records[0]
    for standing, told in ((["network", "signals"], 0), (["signals"], 1), ([], 2)):
        opened = replace(first, x={**first.x, "walls": standing})
        lines_of = lines.story(replace(run, records=(opened, *run.records[1:])), "")
        assert sum("ran without" in line for line in lines_of) == told
    assert not any("ran without" in line for line in lines.story(run, ""))


def out(t: float = 60, asks: Sequence[str] = ("connects",)) -> J:
    """It loses its connection and does not give up."""
    return J(asks=list(asks)).up().acts(t=t).loses(t=t).tries(t=t + 2)


def unknown() -> Judged:
    return judged(J(asks=["connects"]).up().unmet().done(3600))


NOT_RUN = Judged("y", "adapter", None, (), None, "the subject cannot be imported")


class TestRunLine:
    def test_a_line_has_name_verdict_ending_attempts_and_virtual_time(self) -> None:
        assert lines.run_line(dies(), 14) == (
            "exhausted/x     FAIL     silent-death: gave up and told nobody · 1 attempt · 1:37:48 virtual"
        )

    def test_a_line_says_that_a_result_is_hypothetical(self) -> None:
        assert "told nobody [hypothetical] · " in lines.run_line(dies(hypothetical=True))

    def test_a_line_says_why_there_was_no_run(self) -> None:
        assert lines.run_line(NOT_RUN, 3) == "y    NOT RUN  the subject cannot be imported"


class TestStoryOfARun:
    def test_a_story_ends_with_ending_verdict_journal_and_command(self) -> None:
        told = lines.story(dies(), "qqchaos run exhausted/x")
        assert told[0] == "-- exhausted/x --"
        assert told[-6:] == [
            "  ending   silent-death: gave up and told nobody",
            "  means    its users get no answer from then on, and neither the gateway nor a service manager",
            "           knows: nothing starts it again",
            "  verdict  FAIL",
            "  journal  runs/x.jsonl",
            "  repeat   qqchaos run exhausted/x",
        ]
        assert any(line.startswith("  * notified   FAIL ") for line in told)
        assert any(line.startswith("    awake      pass ") for line in told)

    def test_a_story_has_the_run_as_a_picture_as_wide_as_the_terminal(self) -> None:
        for columns in (60, 100):
            told = lines.story(dies(), "", columns)
            assert f"  {LEGEND}" in told
            assert max(len(line) for line in told if line.endswith("|")) == columns

    def test_checks_that_did_not_occur_share_a_line(self) -> None:
        told = lines.story(passes(), "")
        assert sum(" n/a " in line for line in told) == 1
        (at,) = (n for n, line in enumerate(told) if line.startswith("    n/a        flag, notified, "))
        assert len(told[at]) <= 100 and told[at + 1].startswith("               ")

    def test_a_story_names_the_failed_checks_that_do_not_count(self) -> None:
        told = lines.story(dies(), "")
        assert "  failed too, without counting: flag, settles" in told
        assert not any("repeat" in line for line in told)

    def test_a_story_names_the_rules_that_acted_inside_the_client(self) -> None:
        rules = [{"id": "boom", "when": "seam.receive", "do": {"raise": "OSError"}}]
        acted = judged(J(rules=rules).up().acts("boom", verb="raise").done(3600))
        assert f"  boom: {SEAM}" in lines.story(acted, "")
        marked = judged(J().up().acts("when seam.open do nothing", verb="nothing").done(3600))
        assert SEAM not in "".join(lines.story(marked, ""))
        unnamed = judged(J().up().acts("when seam.open do raise", verb="raise").done(3600))
        assert f"  when seam.open do raise: {SEAM}" in lines.story(unnamed, "")
        assert not any(SEAM in line for line in lines.story(dies(rules=rules), ""))

    def test_a_story_says_what_is_hypothetical_and_which_rules_acted_too_little(self) -> None:
        assert f"  {HYPOTHETICAL}" in lines.story(dies(hypothetical=True), "")
        assert "  rules that acted less or more often than the scenario requires: drop" in lines.story(
            unknown(), ""
        )

    def test_the_story_of_a_run_that_did_not_run_is_its_line(self) -> None:
        assert lines.story(NOT_RUN, "again") == [lines.run_line(NOT_RUN)]

    def test_a_check_names_four_journal_lines_at_most(self) -> None:
        shown = lines._check_line("flag", "fail", "why", (1, 2, 3, 4, 5), asked=True)
        assert shown == "  * flag       FAIL     why (journal lines 1, 2, 3, 4, …)"
        assert lines._check_line("flag", "n/a", "why", (), asked=False) == "    flag       n/a      why"


class TestSummary:
    def test_the_totals_count_each_verdict(self) -> None:
        runs = [passes(), dies(), NOT_RUN, unknown(), dies()]
        assert lines.totals(runs) == "2 FAIL, 1 UNKNOWN, 1 NOT RUN, 1 PASS"
        assert lines.totals([]) == ""

    def test_the_worst_run_is_the_first_failed_one_else_the_first_not_judged(self) -> None:
        one, two = unknown(), dies()
        assert lines.worst([passes(), one, two]) is two
        assert lines.worst([passes(), one]) is one
        assert lines.worst([passes(), NOT_RUN]) is NOT_RUN
        assert lines.worst([passes()]) is None

    @pytest.mark.parametrize(
        ("status", "runs", "first"),
        [
            (1, [dies(), passes()], "REPRODUCED: issue 14539: 1 of 2 runs fail"),
            (1, [passes()], "REPRODUCED: issue 14539: a check failed that no scenario asks (--strict)"),
            (
                1,
                [dies(), dies(), passes(), replace(dies(), level="runner")],
                "REPRODUCED: issue 14539: 3 of 4 runs fail (adapter 2, runner 1)",
            ),
            (
                0,
                [passes(), replace(passes(), level="runner")],
                "NOT REPRODUCED: issue 14539: all 2 runs pass",
            ),
            (0, [passes(), passes()], "NOT REPRODUCED: issue 14539: all 2 runs pass"),
            (0, [passes()], "NOT REPRODUCED: issue 14539: the one run passes"),
            (
                125,
                [passes(), unknown(), NOT_RUN],
                "NOT JUDGED: issue 14539: none of 3 runs fails, but 2 could not be judged",
            ),
        ],
    )
    def test_the_conclusion_says_whether_the_issue_is_reproduced(
        self, status: int, runs: list[Judged], first: str
    ) -> None:
        told = lines.conclusion(status, "#14539", runs)
        assert told[0] == first
        rest = " ".join(told[1:])
        if all(run.level == "adapter" for run in runs):
            assert "Not judged without the runner level: " in rest
        else:
            assert "Once it gave up, the real gateway brought the bot back in " in rest

    def test_an_issue_that_is_reproduced_says_what_to_do_next(self) -> None:
        (line,) = lines.what_next(1, Path("my out"))
        assert line.startswith("Next: --with-fix PATCH ") and "report 'my out' --html" in line
        assert lines.what_next(0, Path("out")) == lines.what_next(125, Path("out")) == []

    def test_the_conclusion_says_how_long_a_bot_was_watched_that_did_not_give_up(self) -> None:
        runs = [judged(out(t=600).ready(2, t=4200).done(7200)), judged(out().done(72 * 3600)), passes()]
        assert lines.conclusion(0, "14539", runs)[1] == (
            "No run saw the bot give up; the longest outage lasted 71:59:00, and nothing is known beyond."
        )
        assert lines.conclusion(0, "14539", runs[:1])[1].count("lasted 1:00:00") == 1

    def test_once_a_give_up_was_seen_only_runs_left_out_of_service_are_named(self) -> None:
        told = judged(J(asks=["flag"]).up().gives_up(t=60).flags(t=60).tells().done(3600))
        said = "had not given up at the end, after an outage of 1:59:00 at most, and nothing is known beyond."
        back, waits = judged(out().ready(2, t=4200).done(7200)), judged(out().done(7200))
        assert lines.conclusion(0, "14539", [told, back, waits])[2] == f"In 1 of 3 runs it {said}"
        assert len(lines.conclusion(0, "14539", [told, back])) == 3

    def test_runs_that_failed_or_had_no_outage_say_nothing_of_patience(self) -> None:
        failed = judged(out(asks=["connects", "secret"]).leaks().done(7200))
        assert len(lines.conclusion(1, "14539", [failed])) == 2
        assert len(lines.conclusion(0, "14539", [passes()])) == 2

    def test_the_conclusion_counts_flags_and_calls_of_the_handler(self) -> None:
        flag, callback = "set the fatal flag in time", "had the fatal handler called once, to its end."
        said = f"that gave up, {{}} {flag} and {{}} {callback}"
        told = J(asks=["notified"]).up().gives_up(t=60).flags().tells().done(3600)
        runs = [dies(), judged(told), passes()]
        assert lines.conclusion(1, "14539", runs)[1] == "Of 2 runs " + said.format(1, 1)
        assert lines.conclusion(1, "14539", [dies()])[1] == "Of 1 run " + said.format(0, 0)
        assert not [line for line in lines.conclusion(0, "14539", [passes()]) if "that gave up" in line]
