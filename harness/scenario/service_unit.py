"""`restart`: what a service manager's unit says of starting the program again. systemd's words. Pure.

Source: systemd.service(5) and systemd.unit(5).
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from fake_qq_server.platform.units import SECOND
from fake_qq_server.rules.language_errors import LanguageError, Path, quoted, suggest
from fake_qq_server.rules.moments import duration_at
from harness.scenario.vocabulary import Policy

MOST_STATUSES = 50
MOST_STARTS = 1_000


@dataclass(frozen=True)
class Unit:
    """`policy`: `Restart=`. `success`, `force`, `prevent`: `SuccessExitStatus=`, `RestartForceExitStatus=`
    and `RestartPreventExitStatus=`; a signal is a negative number. `burst` starts within `interval_us` are
    all that it gets (`StartLimitBurst=`, `StartLimitIntervalSec=`), no matter how many where burst is None.
    `pause_us`: `RestartSec=`. Times are virtual microseconds."""

    policy: Policy = "on-failure"
    success: tuple[int, ...] = ()
    force: tuple[int, ...] = ()
    prevent: tuple[int, ...] = ()
    burst: int | None = None
    interval_us: int = 10 * SECOND
    pause_us: int = SECOND // 10


DEFAULT = Unit()
"""What hand-made units have."""

POLICIES: tuple[str, ...] = get_args(Policy)

HERMES = Unit("always", force=(75,), prevent=(78,), pause_us=5 * SECOND)
"""The unit that hermes-agent 0.19.0 installs: no limit on starts."""

WORDS: Mapping[str, Unit] = {"hermes": HERMES, **{policy: Unit(policy) for policy in get_args(Policy)}}
"""What `restart` may be in one word."""

LISTS = ("success", "force", "prevent")
TIMES = {"interval": "interval_us", "pause": "pause_us"}
KEYS = ("policy", *LISTS, "burst", *TIMES)


def parse_unit(value: Any) -> Unit:
    """The unit of a scenario's `restart`. Raises LanguageError."""
    if isinstance(value, str) and value in WORDS:
        return WORDS[value]
    if not isinstance(value, dict):
        raise LanguageError(("restart",), f"restart is {', '.join(WORDS)}, or a mapping of {', '.join(KEYS)}")
    for key in value:
        if key not in KEYS:
            raise LanguageError(("restart", key), f"restart has no {quoted(key)}: {suggest(key, KEYS)}")
    policy = value.get("policy", Unit.policy)
    if policy not in POLICIES:
        raise LanguageError(("restart", "policy"), f"policy is {', '.join(POLICIES)} (no must be quoted)")
    given: dict[str, Any] = {key: _statuses(value[key], ("restart", key)) for key in LISTS if key in value}
    given |= {TIMES[key]: duration_at(value[key], ("restart", key)) for key in TIMES if key in value}
    if "burst" in value:
        given["burst"] = _number(value["burst"], ("restart", "burst"), 1, MOST_STARTS)
    elif "interval" in value:
        raise LanguageError(("restart", "interval"), "interval says how long burst counts: give burst too")
    return Unit(policy, **given)


def _statuses(value: Any, path: Path) -> tuple[int, ...]:
    """Exit codes and names of signals; a signal as a negative number."""
    if not isinstance(value, list) or not 0 < len(value) <= MOST_STATUSES:
        raise LanguageError(path, f"{path[-1]} is a list of exit codes and signals, such as [75, SIGKILL]")
    return tuple(_status(one, (*path, n)) for n, one in enumerate(value))


def _status(value: Any, path: Path) -> int:
    if isinstance(value, str) and value in signal.Signals.__members__:
        return -int(signal.Signals[value])
    if isinstance(value, str):
        raise LanguageError(path, f"{quoted(value)} is no signal, such as SIGTERM")
    return _number(value, path, 0, 255)


def _number(value: Any, path: Path, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise LanguageError(path, f"{quoted(value)} is no number from {least} to {most}")
    return value
