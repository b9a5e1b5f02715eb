"""Would the service manager start it again? systemd's rules as a table. Pure.

Source: systemd.service(5), "Restart=", table "Exit causes and the effect of the Restart= settings". A clean
exit is code 0, or one of the signals SIGHUP, SIGINT, SIGTERM and SIGPIPE; `SuccessExitStatus=` and
`RestartPreventExitStatus=`, which a unit may add, are not set in the units that this is about.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Literal

Policy = Literal["no", "always", "on-success", "on-failure", "on-abnormal", "on-abort", "on-watchdog"]
Cause = Literal["clean", "unclean code", "unclean signal"]

CLEAN_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE)

RESTARTS: Mapping[Cause, tuple[Policy, ...]] = {
    "clean": ("always", "on-success"),
    "unclean code": ("always", "on-failure"),
    "unclean signal": ("always", "on-failure", "on-abnormal", "on-abort"),
}
"""Which settings act on which cause. Time-outs and the watchdog have rows of their own in systemd; nothing
here ends that way."""


def cause(status: int) -> Cause:
    """Why a process ended, by its exit code, or by its signal as a negative number."""
    if status >= 0:
        return "clean" if status == 0 else "unclean code"
    return "clean" if -status in CLEAN_SIGNALS else "unclean signal"


def acts(policy: Policy, status: int) -> bool:
    """Whether a service with `Restart=policy` is started again after it ended with `status`."""
    return policy in RESTARTS[cause(status)]
