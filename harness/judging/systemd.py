"""Would the service manager start it again? systemd's rules as a table. Pure.

Source: systemd.service(5), "Restart=", table "Exit causes and the effect of the Restart= settings". A clean
exit is code 0, one of the signals SIGHUP, SIGINT, SIGTERM and SIGPIPE, or what `SuccessExitStatus=` adds.
`RestartPreventExitStatus=` goes before `RestartForceExitStatus=`, and both before the table. After a stop job
(`systemctl stop`) nothing is started again: that is not asked here.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from harness.scenario.service_unit import Unit
from harness.scenario.vocabulary import Policy

Cause = Literal["clean", "unclean code", "unclean signal"]

CLEAN_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE)

RESTARTS: Mapping[Cause, tuple[Policy, ...]] = {
    "clean": ("always", "on-success"),
    "unclean code": ("always", "on-failure"),
    "unclean signal": ("always", "on-failure", "on-abnormal", "on-abort"),
}
"""Which settings act on which cause. Time-outs and the watchdog have rows of their own in systemd; nothing
here ends that way."""


@dataclass(frozen=True)
class Decision:
    """Whether a program is started again, and by which setting, as a unit has it."""

    starts: bool
    setting: str


def cause(unit: Unit, status: int) -> Cause:
    """Why a process ended, by its exit code, or by its signal as a negative number."""
    if status in unit.success:
        return "clean"
    if status >= 0:
        return "clean" if status == 0 else "unclean code"
    return "clean" if -status in CLEAN_SIGNALS else "unclean signal"


def decide(unit: Unit, status: int) -> Decision:
    """Whether a service of this unit is started again after it ended with `status`."""
    if status in unit.prevent:
        return Decision(False, "RestartPreventExitStatus")
    if status in unit.force:
        return Decision(True, "RestartForceExitStatus")
    clean = " with SuccessExitStatus" if status in unit.success else ""
    return Decision(unit.policy in RESTARTS[cause(unit, status)], f"Restart={unit.policy}{clean}")


def meets_start_limit(unit: Unit, life_us: int) -> bool:
    """Whether a program that ends so long after each start is given up by the limit on starts."""
    return unit.burst is not None and (life_us + unit.pause_us) * unit.burst < unit.interval_us
