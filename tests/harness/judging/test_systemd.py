"""systemd's table, row by row."""

from __future__ import annotations

import signal
from typing import get_args

import pytest

from harness.judging.systemd import Policy, acts


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
