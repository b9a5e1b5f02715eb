"""A unit's settings as systemd writes them, and how a life ended as systemd tells it."""

from __future__ import annotations

import dataclasses

import pytest

from harness.program.systemd import _code, unit_properties
from harness.scenario.service_unit import DEFAULT, HERMES, Unit


def properties(unit: Unit) -> dict[str, str]:
    return dict(unit_properties(dataclasses.asdict(unit)))


def test_a_unit_without_a_limit_on_starts_says_so() -> None:
    found = properties(DEFAULT)
    assert (found["Restart"], found["RestartSec"]) == ("on-failure", "100000us")
    assert found["StartLimitIntervalSec"] == "0"
    assert "StartLimitBurst" not in found


def test_the_unit_that_hermes_ships_is_written_as_it_is() -> None:
    found = properties(HERMES)
    assert (found["Restart"], found["RestartForceExitStatus"], found["RestartPreventExitStatus"]) == (
        "always",
        "75",
        "78",
    )


def test_signals_are_written_by_name_and_limits_in_seconds() -> None:
    found = properties(Unit(success=(143, -15), burst=5, interval_us=10_000_000))
    assert found["SuccessExitStatus"] == "143 SIGTERM"
    assert (found["StartLimitBurst"], found["StartLimitIntervalSec"]) == ("5", "10s")


@pytest.mark.parametrize(
    ("how", "status", "code"), [("exited", "1", 1), ("killed", "KILL", -9), ("dumped", "SEGV", -11)]
)
def test_how_a_life_ended_becomes_a_code(how: str, status: str, code: int) -> None:
    assert _code(how, status) == code
