"""The table itself: its names, its limits, and what the premise and a cut run do to a pass."""

from __future__ import annotations

import pytest

from fake_qq_server.events import ClockSet, RuleUnmet
from fake_qq_server.platform import protocol
from harness.judging.checks import CHECKS, LIMITS, CheckLimits, Limit, judge_checks
from harness.judging.checks.result import ADAPTER, Finding, worst
from harness.judging.terms import Terms
from harness.judging.timeline import read
from harness.scenario import vocabulary
from tests.harness.journals import J, check, told


def test_scenarios_may_ask_for_exactly_the_checks_there_are() -> None:
    assert list(CHECKS) == list(vocabulary.CHECKS)


@pytest.mark.parametrize("level", vocabulary.LEVELS)
def test_scenarios_may_set_the_limit_of_exactly_the_checks_that_have_one(level: str) -> None:
    assert [check for check in CHECKS if check in LIMITS[level]] == list(vocabulary.LIMITED)


def test_every_check_has_a_result_in_the_table_s_order() -> None:
    assert [one.name for one in judge_checks(read(J().up().done(600)))] == list(CHECKS)


def test_every_check_says_when_it_applies_and_when_it_passes() -> None:
    assert all(check.applies and check.passes for check in CHECKS.values())


def test_back_is_not_applicable_at_the_adapter_level() -> None:
    because = "only the runner can bring a bot back that gave up"
    assert told("back", J().up().gives_up(t=60).done(600)) == ("n/a", because)


def test_a_healthy_run_passes_whatever_applies() -> None:
    states = {one.name: one.state for one in judge_checks(read(J().up().probed(t=500).done(600)))}
    passed = {
        *("connects", "truthful", "awake", "clean", "polite", "answered", "stops", "secret", "exclusive"),
    }
    assert states == {name: "pass" if name in passed else "n/a" for name in CHECKS}


class TestThePremise:
    def test_an_unmet_premise_makes_a_pass_unknown(self) -> None:
        j = J().up().ends(600).unmet("drop").called("unmet").disconnects().leaves()
        found = check("connects", j.closed())
        assert found.state == "unknown"
        assert (
            found.because
            == "it was in service after 0.25 s, but rule drop acted 0 times, and 1.. are expected"
        )
        assert found.lines == (6, j["unmet"])

    def test_an_unmet_rule_without_a_name_is_told_as_a_question_mark(self) -> None:
        records = J().up().add(RuleUnmet("2", 1)).done(600)
        because = "its event loop kept running, but rule ? acted 1 times, and 2 are expected"
        assert told("awake", records) == ("unknown", because)

    def test_an_unmet_premise_leaves_a_fail_and_what_does_not_apply(self) -> None:
        records = J().up().gives_up(t=60).unmet().done(600)
        states = {one.name: one.state for one in judge_checks(read(records))}
        assert (states["flag"], states["recovers"], states["awake"]) == ("fail", "n/a", "unknown")


def test_nothing_is_judged_of_a_served_platform_whose_clock_was_no_bots_clock() -> None:
    j = J(level=vocabulary.SERVED).up()
    states = {one.name: one.state for one in judge_checks(read(j.done(600)))}
    assert states["connects"] == "pass"
    records = J(level=vocabulary.SERVED).up().add(ClockSet(1.0, 60_000_000)).done(600)
    assert {one.state for one in judge_checks(read(records))} == {"unknown"}


class TestACutRun:
    def test_a_cut_run_proves_no_pass_of_what_covers_the_whole_run(self) -> None:
        states = {one.name: one.state for one in judge_checks(read(J().up().closed("killed", t=3600)))}
        whole = {"truthful", "awake", "clean", "polite", "secret", "exclusive"}
        assert {name for name, state in states.items() if state == "unknown"} == whole
        assert states["connects"] == "pass"

    def test_a_cut_run_leaves_a_fail(self) -> None:
        assert told("secret", J().up().leaks(t=5).closed("killed", t=3600))[0] == "fail"

    def test_a_cut_run_proves_nothing_of_attempts_and_messages(self) -> None:
        j = J().up().sends("m", t=5).handles("m").loses(t=60).tries(t=61)
        found = judge_checks(read(j.closed("killed", t=3600)))
        assert {one.name for one in found if one.state == "unknown"} >= {"bounded", "once"}


class TestLimits:
    def test_each_level_has_a_table_of_limits(self) -> None:
        assert set(LIMITS) == set(vocabulary.LEVELS)

    def test_an_unknown_level_has_the_limits_of_the_adapter_level(self) -> None:
        assert CheckLimits.of(Terms(), "another level") == CheckLimits.of(Terms(), "adapter")

    def test_a_program_gets_as_long_to_stop_as_a_service_manager_gives_it(self) -> None:
        stops = [CheckLimits.of(Terms(), level).us("stops") for level in ("adapter", "runner", "process")]
        assert stops == [25_000_000, 90_000_000, 90_000_000]

    @pytest.mark.parametrize("name", sorted({name.partition(".")[0] for name in ADAPTER}))
    def test_every_limit_is_that_of_a_check(self, name: str) -> None:
        assert name in CHECKS

    @pytest.mark.parametrize("name", ["truthful", "settles.flapping", "recovers.held", "notices"])
    def test_a_heartbeat_is_as_long_as_the_platform_s_hello_says(self, name: str) -> None:
        beat_ms = protocol.hello()["d"]["heartbeat_interval"]
        limit = ADAPTER[name]
        assert limit.heartbeats == 3
        assert limit.us == limit.seconds * 1_000_000 + 3 * beat_ms * 1000

    def test_a_limit_of_the_scenario_replaces_that_of_the_level(self) -> None:
        limits = CheckLimits.of(Terms(limits_us={"notices": 5}), "runner")
        assert (limits.us("notices"), limits.us("flag")) == (5, 1_000_000)

    def test_a_limit_without_seconds_or_heartbeats_is_no_time(self) -> None:
        assert Limit().us == 0


def test_the_worst_of_several_findings_is_the_first_fail_or_else_the_first_unknown() -> None:
    good, also = Finding("pass", "good", (1, 2)), Finding("pass", "also", (2, 3))
    open_, bad = Finding("unknown", "open", (4,)), Finding("fail", "bad", (5,))
    assert worst([good, also]) == Finding("pass", "good", (1, 2, 3))
    assert worst([good, open_, also]) == open_
    assert worst([open_, good, bad, Finding("fail", "worse")]) == bad
