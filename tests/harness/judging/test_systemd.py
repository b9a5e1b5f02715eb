"""systemd's table, row by row."""

from __future__ import annotations

import signal
from typing import get_args

import pytest

from harness.judging.systemd import Decision, decide, meets_start_limit
from harness.scenario.service_unit import HERMES, Unit
from harness.scenario.vocabulary import Policy


def acts(policy: Policy, status: int) -> bool:
    return decide(Unit(policy), status).starts


@pytest.mark.parametrize("status", [0, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP, -signal.SIGPIPE])
def test_a_clean_end_is_restarted_by_always_and_on_success(status: int) -> None:
    assert {policy for policy in get_args(Policy) if acts(policy, status)} == {"always", "on-success"}


@pytest.mark.parametrize("status", [1, 75, 78, 255])
def test_an_unclean_code_is_restarted_by_always_and_on_failure(status: int) -> None:
    assert {policy for policy in get_args(Policy) if acts(policy, status)} == {"always", "on-failure"}


@pytest.mark.parametrize("status", [-signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT])
def test_an_unclean_signal_is_restarted_by_all_that_look_at_failures(status: int) -> None:
    restarting = {policy for policy in get_args(Policy) if acts(policy, status)}
    assert restarting == {"always", "on-failure", "on-abnormal", "on-abort"}


def test_what_a_unit_calls_a_success_is_a_clean_end() -> None:
    unit = Unit("on-failure", success=(1, -signal.SIGKILL))
    assert [decide(unit, status).starts for status in (1, 2, -signal.SIGKILL)] == [False, True, False]
    assert decide(Unit("on-success", success=(1,)), 1).starts


def test_statuses_that_force_or_prevent_a_restart_go_before_the_policy_and_prevention_before_force() -> None:
    assert decide(Unit("no", force=(75,)), 75) == Decision(True, "RestartForceExitStatus")
    assert decide(Unit("always", prevent=(78,)), 78) == Decision(False, "RestartPreventExitStatus")
    assert not decide(Unit("always", force=(78,), prevent=(78,)), 78).starts


def test_the_unit_of_hermes_starts_it_again_but_after_an_error_in_its_configuration() -> None:
    statuses = (0, 1, 75, -signal.SIGTERM, -signal.SIGKILL, 78)
    assert [decide(HERMES, status).starts for status in statuses] == [True] * 5 + [False]


def test_the_limit_on_starts_is_met_by_lives_and_pauses_that_fit_into_it() -> None:
    unit = Unit(burst=5, interval_us=10_000_000, pause_us=500_000)
    assert meets_start_limit(unit, 1_400_000)
    assert not meets_start_limit(unit, 1_500_000)
    assert not meets_start_limit(Unit(), 0)
