"""Verdict, exit status, numbers, digest, and the shape of outcome.json."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fake_qq_server.events import RuleUnmet
from harness.journal.record import digest
from harness.journal.run_kinds import FixRef, RunClose, RunOpen
from harness.judging.checks import CHECKS
from harness.judging.outcome import Outcome, as_document, exit_status, judge, records_in_digest
from tests.harness.journals import SUBJECT, J


def dies(**scenario: Any) -> J:
    """It gives up at 5868 s and sets the flag, and tells nobody."""
    j = J(**scenario).up().acts(t=60).loses(t=60).says("retrying").tries(t=62).tries(t=70).tries(t=80)
    return j.flags(t=5868)


class TestVerdict:
    def of(self, asks: list[str], j: J | None = None) -> str:
        return judge(dies(asks=asks).done(6468, "gaveup")).verdict

    def test_is_pass_where_every_asked_check_that_applies_passes(self) -> None:
        assert self.of(["flag"]) == "pass"
        assert self.of(["flag", "recovers", "connects"]) == "pass"

    def test_is_fail_where_one_fails(self) -> None:
        assert self.of(["flag", "notified"]) == "fail"

    def test_is_unknown_where_one_is_and_none_fails(self) -> None:
        assert judge(dies(asks=["flag", "bounded"]).tries(how=None).done(5900)).verdict == "unknown"
        assert judge(dies(asks=["flag", "notified"]).done(5900)).verdict == "unknown"

    @pytest.mark.parametrize(
        ("asks", "verdict"), [(["truthful"], "unknown"), (["truthful", "secret"], "fail")]
    )
    def test_is_never_pass_where_the_healing_waits_for_a_give_up_that_never_came(
        self, asks: list[str], verdict: str
    ) -> None:
        j = J(asks=asks, heal="gaveup + 20m").up().acts(t=60).loses(t=60).asks(t=62).says("retrying")
        j = j.leaks() if verdict == "fail" else j
        assert judge(j.done(10_800)).verdict == verdict

    def test_a_fail_outranks_an_unknown(self) -> None:
        j = dies(asks=["settles", "notified"])
        assert judge(j.tells(how="raised").done(5870)).verdict == "fail"

    def test_is_unknown_where_nothing_asked_applies(self) -> None:
        assert self.of([]) == "unknown"
        assert self.of(["recovers"]) == "unknown"

    def test_is_unknown_where_something_asked_is_no_check(self) -> None:
        assert self.of(["flag", "kindness"]) == "unknown"

    def test_is_unknown_where_the_premise_is_unmet(self) -> None:
        assert judge(dies(asks=["flag"]).unmet().done(6468)).verdict == "unknown"
        assert judge(dies(asks=["notified"]).unmet().done(6468)).verdict == "fail"

    def test_is_unknown_where_the_instrument_failed_whatever_else(self) -> None:
        assert judge(dies(asks=["notified"]).held().done(6468)).verdict == "unknown"
        assert judge(dies(asks=["flag"]).held().done(6468)).verdict == "unknown"
        assert judge([]).verdict == "unknown"

    def test_only_what_is_asked_at_this_level_counts(self) -> None:
        asks = {"adapter": ["flag"], "runner": ["notified"]}
        assert judge(dies(asks=asks).done(6468)).verdict == "pass"
        assert judge(dies(asks=asks, level="runner").done(6468)).verdict == "fail"


class TestAnInterruptedRun:
    """The person stopped the command: nothing is known of the bot."""

    def stopped(self, *asks: str) -> Outcome:
        return judge(dies(asks=list(asks)).closed("killed", detail="interrupted"))

    def test_is_unknown_and_no_crash(self) -> None:
        found = self.stopped("connects")
        assert (found.verdict, found.ending.name) == ("unknown", "interrupted")

    def test_is_unknown_though_a_check_had_failed_before(self) -> None:
        found = judge(dies(asks=["secret"]).leaks().closed("killed", detail="interrupted"))
        assert next(one for one in found.checks if one.name == "secret").state == "fail"
        assert found.verdict == "unknown"

    def test_asks_nothing_that_the_scenario_does_not_ask(self) -> None:
        found = self.stopped("connects")
        awake = next(one for one in found.checks if one.name == "awake")
        assert found.asked == ("connects",)
        assert (awake.state, awake.because) == (
            "unknown",
            "so far its event loop kept running, but the run was cut off",
        )

    def test_exits_as_not_judged_with_strict_too(self) -> None:
        slow = J(asks=["truthful"]).connects(0, lasts=100).ready(1).closed("killed", detail="interrupted")
        found = judge(slow)
        assert [one.name for one in found.also_seen] == ["connects"]
        assert exit_status([found], strict=True) == 125


@pytest.mark.parametrize("why", ["wall", "files", "journal"])
class TestCutByALimit:
    def test_what_failed_before_it_stays_failed(self, why: Any) -> None:
        found = judge(dies(asks=["notified"]).closed(why, t=6468))
        assert (found.verdict, found.ending.cut) == ("fail", True)
        assert judge(dies(asks=["flag"]).leaks().closed(why, t=6468)).verdict == "fail"

    def test_nothing_passes(self, why: Any) -> None:
        assert judge(dies(asks=["flag"]).done(6468)).verdict == "pass"
        found = judge(dies(asks=["flag"]).closed(why, t=6468))
        assert (found.verdict, exit_status([found])) == ("unknown", 125)

    def test_what_had_no_time_to_hold_is_unknown(self, why: Any) -> None:
        found = judge(J(asks=["settles", "truthful", "connects"]).up().loses(t=60).closed(why, t=61))
        assert found.verdict == "unknown"


class TestImpliedChecks:
    def test_one_that_failed_fails_the_run_though_nobody_asked_it(self) -> None:
        found = judge(dies(asks=["flag"]).leaks().done(6468))
        assert (found.verdict, found.asked) == ("fail", ("flag", "secret"))
        assert "secret" not in [one.name for one in found.also_seen]

    def test_one_that_did_not_fail_counts_only_where_it_is_asked(self) -> None:
        cut_off = dies(asks=["flag"]).closed("wall")
        assert judge(cut_off).asked == ("flag",)
        assert judge(dies(asks=[]).done(6468)).verdict == "unknown"

    def test_another_one_that_failed_counts_only_where_it_is_asked(self) -> None:
        found = judge(dies(asks=["flag"]).done(6468))
        assert found.verdict == "pass"
        assert "notified" in [one.name for one in found.also_seen]

    @pytest.mark.parametrize("why", ["spin", "cpu", "blocked", "memory", "killed", "exited"])
    def test_a_starved_or_crashed_bot_fails_whatever_is_asked(self, why: Any) -> None:
        found = judge(dies(asks=["connects"]).closed(why))
        assert found.verdict == "fail"
        assert found.asked == ("connects", "awake")
        awake = next(one for one in found.checks if one.name == "awake")
        assert awake.state == "fail" and awake.lines

    def test_a_failed_awake_keeps_its_own_reason(self) -> None:
        found = judge(dies(asks=["awake", "flag"]).blocks().done(6468))
        assert found.asked == ("awake", "flag")
        awake = next(one for one in found.checks if one.name == "awake")
        assert awake.because == "thread main had work to do and did nothing for 45.5 s"

    def test_a_crash_is_told_as_its_reason(self) -> None:
        records = dies().closed("memory")
        awake = next(one for one in judge(records).checks if one.name == "awake")
        because = (
            "the run ended as crashed: its process ended before it was told to: "
            "the harness ended the worker, which used too much memory"
        )
        assert (awake.because, awake.lines) == (because, (len(records),))

    def test_a_run_that_gave_up_is_asked_nothing_more(self) -> None:
        assert judge(dies(asks=["flag"]).done(6468)).asked == ("flag",)


class TestNumbers:
    def test_the_time_of_a_run_that_gave_up_is_its_give_up(self) -> None:
        found = judge(dies().done(6468))
        assert (found.virtual_s, found.attempts, found.wall_s) == (5868.0, 3, 0.5)

    def test_the_time_of_a_run_that_did_not_give_up_is_its_end(self) -> None:
        assert judge(J().up().done(600)).virtual_s == 600.0
        assert judge(J().up().gives_up(t=5).ready(2, t=9).done(600)).virtual_s == 600.0

    def test_a_journal_without_its_end_has_no_real_time(self) -> None:
        assert judge([]).wall_s is None
        assert judge(J().up().records).wall_s is None

    def test_attempts_of_the_tear_down_do_not_count(self) -> None:
        assert judge(J().tries(t=5).ends(9).tries(t=10).closed()).attempts == 1


class TestDigest:
    def test_the_digest_covers_the_whole_journal(self) -> None:
        records = dies().done(6468)
        assert judge(records).digest == digest(records)

    @pytest.mark.parametrize("why", ["cpu", "platform", "wall", "files", "journal"])
    def test_after_a_cpu_or_wall_kill_it_covers_what_came_before_the_last_movement(self, why: Any) -> None:
        some = J().up().loses(t=60).closed(why)
        more = J().up().loses(t=60).logs().logs().closed(why)
        assert judge(some).digest == judge(more).digest == digest(some[:-2])
        assert records_in_digest(some) == some[:-2]

    @pytest.mark.parametrize("why", ["end", "spin", "blocked", "memory", "killed", "exited", "harness"])
    def test_after_any_other_end_it_covers_everything(self, why: Any) -> None:
        records = J().up().loses(t=60).closed(why)
        assert records_in_digest(records) == records

    def test_an_empty_journal_has_a_digest(self) -> None:
        assert judge([]).digest == digest([])
        assert records_in_digest(J().records) == J().records


class TestOutcome:
    def test_an_outcome_has_its_checks_and_numbers_in_json(self) -> None:
        j = dies(asks=["flag", "notified"], issues=[14539]).called("flag")
        records = j.done(6468, "gaveup")
        document = judge(records, journal="runs/a.jsonl").as_json()
        checks = document.pop("checks")
        assert document == {
            "scenario": "story/a",
            "issues": [14539],
            "level": "adapter",
            "seed": 7,
            "fix": None,
            "subject": SUBJECT,
            "verdict": "fail",
            "ending": "fatal-unnotified",
            "attempts": 3,
            "virtual_s": 5868.0,
            "wall_s": 0.5,
            "digest": digest(records),
            "clock": "virtual",
            "journal": "runs/a.jsonl",
        }
        assert checks[1] == {
            "name": "flag",
            "asked": True,
            "state": "pass",
            "because": "the fatal flag was set within 1 s",
            "lines": [j["flag"]],
        }
        assert [one["name"] for one in checks if one["asked"]] == ["flag", "notified"]
        assert len(checks) == len(CHECKS)

    def test_the_keys_in_json_have_a_fixed_order(self) -> None:
        assert list(judge([]).as_json()) == [
            "scenario",
            "issues",
            "level",
            "seed",
            "fix",
            "subject",
            "verdict",
            "ending",
            "attempts",
            "virtual_s",
            "wall_s",
            "digest",
            "clock",
            "checks",
            "journal",
        ]

    def test_the_subject_has_its_keys_and_no_other(self) -> None:
        document = judge([]).as_json()
        keys = ("name", "version", "source", "python", "aiohttp", "sha256")
        assert document["subject"] == dict.fromkeys(keys)
        assert (document["seed"], document["fix"], document["scenario"]) == (0, None, "")

    def test_several_outcomes_make_one_document(self) -> None:
        outcomes = [judge([]), judge(J().up().done(60))]
        assert as_document(outcomes) == {"schema": 1, "outcomes": [one.as_json() for one in outcomes]}

    def test_failed_checks_that_nobody_asked_are_seen_too(self) -> None:
        found = judge(dies(asks=["flag"]).done(6468))
        assert [one.name for one in found.also_seen] == ["notified", "settles"]
        assert judge(dies(asks=["flag", "notified", "settles"]).done(6468)).also_seen == ()

    def test_an_outcome_names_its_fix_and_an_unmet_rule_without_a_name(self) -> None:
        records = J().add(RuleUnmet("1", 0)).done(60)
        opening = records[0].event
        assert isinstance(opening, RunOpen)
        found = judge([replace(records[0], event=replace(opening, fix=FixRef("detached"))), *records[1:]])
        assert (found.unmet, found.fix) == (("?",), FixRef("detached"))

    def test_an_outcome_says_which_rules_were_unmet_and_whether_it_is_hypothetical(self) -> None:
        found = judge(J(hypothetical=True).unmet("a").unmet("b").done(60))
        assert (found.unmet, found.hypothetical) == (("a", "b"), True)
        assert judge(J().done(60)).hypothetical is False


class TestExitStatus:
    good: Outcome = judge(dies(asks=["connects"]).tells().done(6468, "gaveup"))
    open_: Outcome = judge(dies(asks=[]).tells().done(6468, "gaveup"))
    bad: Outcome = judge(dies(asks=["notified"]).done(6468, "gaveup"))
    also: Outcome = judge(dies(asks=["flag"]).done(6468, "gaveup"))

    def test_is_zero_where_all_passed(self) -> None:
        assert exit_status([self.good, self.good]) == 0
        assert exit_status([self.good], strict=True) == 0

    def test_is_one_where_one_failed_whatever_the_others(self) -> None:
        assert exit_status([self.good, self.open_, self.bad]) == 1

    def test_is_125_where_one_could_not_be_judged(self) -> None:
        assert exit_status([self.good, self.open_]) == 125

    def test_is_125_where_there_was_nothing(self) -> None:
        assert exit_status([]) == 125

    def test_strict_counts_failed_checks_that_nobody_asked(self) -> None:
        assert exit_status([self.also]) == 0
        assert exit_status([self.also, self.open_], strict=True) == 1

    def test_strict_counts_nothing_of_a_failed_instrument(self) -> None:
        broken = judge(dies(asks=["flag"]).held().done(6468))
        assert broken.also_seen
        assert exit_status([broken], strict=True) == 125

    def test_exit_status_takes_any_iterable(self) -> None:
        assert exit_status(iter([self.good])) == 0


def test_a_worker_killed_by_a_signal_of_its_own_has_crashed() -> None:
    j = J().up()
    records = j.closed("killed", t=60)
    records[-1] = replace(records[-1], event=RunClose("killed", "signal 9"))
    assert judge(records).ending.name == "crashed"
