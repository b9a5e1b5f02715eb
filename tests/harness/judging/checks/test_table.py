"""The table itself: its names, its limits, and what the premise and a cut run do to a pass."""

from __future__ import annotations

import pytest

from fake_qq_server.events import RuleUnmet
from harness.judging.checks import CHECKS, LIMITS, CheckLimits, Limit, judge_checks
from harness.judging.checks.result import Finding, worst
from harness.judging.facts import Terms
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


def test_back_is_the_runner_s() -> None:
    because = "only the runner can bring a bot back that gave up"
    assert told("back", J().up().gives_up(t=60).done(600)) == ("n/a", because)


def test_a_healthy_run_passes_whatever_applies() -> None:
    states = {one.name: one.state for one in judge_checks(read(J().up().probed(t=500).done(600)))}
    passed = {"connects", "truthful", "awake", "polite", "stops", "secret"}
    assert states == {name: "pass" if name in passed else "n/a" for name in CHECKS}


class TestThePremise:
    def test_unmet_a_pass_becomes_unknown(self) -> None:
        j = J().up().ends(600).unmet("drop").called("unmet").disconnects().leaves()
        found = check("connects", j.closed())
        assert found.state == "unknown"
        assert found.because == "it was in service after 0.25 s, but rule drop acted 0 times, not 1.."
        assert found.lines == (6, j["unmet"])

    def test_a_rule_without_a_name(self) -> None:
        records = J().up().add(RuleUnmet("2", 1)).done(600)
        because = "its event loop kept turning, but rule ? acted 1 times, not 2"
        assert told("awake", records) == ("unknown", because)

    def test_a_fail_stays_and_so_does_what_does_not_apply(self) -> None:
        records = J().up().gives_up(t=60).unmet().done(600)
        states = {one.name: one.state for one in judge_checks(read(records))}
        assert (states["flag"], states["recovers"], states["awake"]) == ("fail", "n/a", "unknown")


class TestACutRun:
    def test_proves_no_pass_of_what_covers_the_whole_run(self) -> None:
        states = {one.name: one.state for one in judge_checks(read(J().up().closed("killed", t=3600)))}
        whole = {"truthful", "awake", "polite", "secret"}
        assert {name for name, state in states.items() if state == "unknown"} == whole
        assert states["connects"] == "pass"

    def test_a_fail_stays(self) -> None:
        assert told("secret", J().up().leaks(t=5).closed("killed", t=3600))[0] == "fail"

    def test_attempts_and_messages_too(self) -> None:
        j = J().up().sends("m", t=5).handles("m").loses(t=60).tries(t=61)
        found = judge_checks(read(j.closed("killed", t=3600)))
        assert {one.name for one in found if one.state == "unknown"} >= {"bounded", "once"}


class TestLimits:
    def test_each_level_has_a_table(self) -> None:
        assert set(LIMITS) == set(vocabulary.LEVELS)

    @pytest.mark.parametrize(
        ("name", "seconds"),
        [
            ("connects", 60),
            ("flag", 1),
            ("notified", 60),
            ("notified.before", 1),
            ("truthful", 133.75),
            ("truthful.denies", 10),
            ("settles", 7200),
            ("settles.gaveup", 120),
            ("settles.trying", 600),
            ("settles.flapping", 123.75),
            ("recovers", 600),
            ("recovers.held", 123.75),
            ("recovers.reply", 10),
            ("notices", 133.75),
            ("bounded", 120),
            ("once", 1),
            ("stops", 25),
        ],
    )
    def test_in_seconds_and_heartbeats(self, name: str, seconds: float) -> None:
        assert CheckLimits.of(Terms(), "adapter").us(name) == seconds * 1_000_000
        assert CheckLimits.of(Terms(), "another level").us(name) == seconds * 1_000_000

    def test_a_heartbeat_is_the_scenario_s(self) -> None:
        assert CheckLimits.of(Terms(heartbeat_us=1_000_000), "adapter").us("notices") == 13_000_000

    def test_the_scenario_s_own_replaces_it(self) -> None:
        assert CheckLimits.of(Terms(limits_us={"notices": 5}), "runner").us("notices") == 5

    def test_a_limit_is_nothing_by_itself(self) -> None:
        assert CheckLimits({"x": Limit()}, 1, {}).us("x") == 0


def test_the_worst_of_several() -> None:
    good, also = Finding("pass", "good", (1, 2)), Finding("pass", "also", (2, 3))
    open_, bad = Finding("unknown", "open", (4,)), Finding("fail", "bad", (5,))
    assert worst([good, also]) == Finding("pass", "good", (1, 2, 3))
    assert worst([good, open_, also]) == open_
    assert worst([open_, good, bad, Finding("fail", "worse")]) == bad
