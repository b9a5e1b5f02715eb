"""What can go wrong outside a run, split by whose fault it is.

    QQChaosError
    ├── UsageError      the command line or a file of the user's: exit 2, before anything ran
    ├── SubjectError    hermes cannot be found, installed, imported or driven: exit 125
    └── HarnessError    this program, or the machine under it: exit 125

Each carries one clear sentence, meant to be printed as it is. None of them is ever the *ending* of a
run: a subject that was never driven has no ending.
"""

from __future__ import annotations

from typing import ClassVar


class QQChaosError(Exception):
    """Base of all; never raised itself. `exit_status` is what the command line ends with."""

    exit_status: ClassVar[int] = 125


class UsageError(QQChaosError):
    """What was asked for is wrong: an unknown release, no such folder, a patch that does not apply."""

    exit_status = 2


class SubjectError(QQChaosError):
    """The subject cannot do what was asked: it has no aiohttp, an unknown layout, a failed build."""

    exit_status = 125


class HarnessError(QQChaosError):
    """The harness contradicts itself, or the machine does not give what it needs."""

    exit_status = 125
