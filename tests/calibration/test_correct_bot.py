"""The correct bot passes every check that applies, in every run whose premise it meets."""

from __future__ import annotations

import pytest

from harness.scenario.vocabulary import NOT_AT_ADAPTER
from tests.calibration.bench import Bench, catalogue, failed, told, undecided
from tests.calibration.saboteurs import CORRECT

RESTS_ON_A_DEFECT = ("exhausted-by-close",)
"""Scenarios whose premise only a defect of the subject can meet: a frame that it chokes on."""

GOOD_ENDINGS = ("undisturbed", "tolerated", "recovered", "fatal-notified")

BAD_ENDINGS = {
    "calibration-start-down": ("never-connected",),
    "first-connect-fails": ("never-connected",),
    "first-connect-is-hopeless": ("never-connected",),
    "first-session-refused": ("never-connected",),
    "no-first-session": ("never-connected",),
    "no-credentials": ("never-connected",),
    "handler-raises": ("mute",),
    "reply-refused": ("mute", "tolerated"),
    "endless-closes-for-ever": ("retrying",),
}
"""Where connect() fails, its caller knows: the bot was never in service and told nobody else. Where the
platform takes no reply, or the handler has none, none arrives. In a storm of minutes it goes on trying."""


@pytest.mark.parametrize("name", catalogue())
def test_the_correct_bot_passes(bench: Bench, name: str) -> None:
    outcome = bench.run(CORRECT, [name])[name]
    assert not failed(outcome), told(outcome)
    endings = BAD_ENDINGS.get(name.partition("/")[0], GOOD_ENDINGS)
    assert outcome.ending.name in endings, told(outcome)
    if name.startswith(RESTS_ON_A_DEFECT):
        assert outcome.unmet, told(outcome)
        assert outcome.verdict == "unknown", told(outcome)
    else:
        assert not outcome.unmet, told(outcome)
        assert not undecided(outcome), told(outcome)
        assert outcome.verdict == "pass", told(outcome)


SHOW_EVERY_CHECK = (
    "calm",
    "exhausted",
    "dead-peer",
    "resume",
    "banned",
    "forbidden",
    "slow-answer",
    "speaks",
)


def test_every_check_of_the_adapter_level_passes_in_some_run_of_the_correct_bot(bench: Bench) -> None:
    names = [f"calibration-{name}" for name in SHOW_EVERY_CHECK]
    passed = {
        one.name
        for outcome in bench.run(CORRECT, names).values()
        for one in outcome.checks
        if one.state == "pass"
    }
    assert passed == {
        one.name for one in bench.run(CORRECT, ["calibration-calm"])["calibration-calm"].checks
    } - set(NOT_AT_ADAPTER)


def test_without_a_rule_the_correct_bot_is_undisturbed(bench: Bench) -> None:
    assert bench.run(CORRECT, ["calibration-calm"])["calibration-calm"].ending.name == "undisturbed"
