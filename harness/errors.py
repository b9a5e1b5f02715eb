"""What can go wrong outside a run, split by whose fault it is; and the exit statuses of `qqchaos`.

    QQChaosError
    ├── UsageError      the command line or a file of the user's: exit 2, before anything ran
    ├── SubjectError    hermes cannot be found, installed, imported or driven: exit 125
    └── HarnessError    this program, or the machine under it: exit 125

Each carries one clear sentence, meant to be printed as it is. None of them is ever the *ending* of a
run: a subject that was never driven has no ending.
"""

from __future__ import annotations

from typing import ClassVar

PASSED = 0
"""Exit status of `qqchaos`: every asked check passed. `git bisect run` reads it as good."""
FAILED = 1
"""An asked check failed: bad to `git bisect run`."""
WRONG_USAGE = 2
"""Wrong arguments or an invalid scenario; nothing ran. Also what argparse ends with."""
NOT_JUDGED = 125
"""No check failed, but something could not be judged: `git bisect run` skips the commit."""
INTERRUPTED = 130
"""Ctrl-C or SIGTERM: `git bisect run` stops. Also what a shell makes of a program that Ctrl-C ended."""


class QQChaosError(Exception):
    """Base of all; never raised itself. `exit_status` is what the command line ends with."""

    exit_status: ClassVar[int] = NOT_JUDGED


class UsageError(QQChaosError):
    """What was asked for is wrong: an unknown release, no such folder, a patch that does not apply."""

    exit_status = WRONG_USAGE


class SubjectError(QQChaosError):
    """The subject cannot do what was asked: it has no aiohttp, an unknown layout, a failed build."""

    exit_status = NOT_JUDGED


class HarnessError(QQChaosError):
    """The harness contradicts itself, or the machine does not give what it needs."""

    exit_status = NOT_JUDGED
