"""What the runs of a session did beside known results, told at its end. Reports carry it, also to xdist's
controller."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.comparing.changes import Change

CHANGES: pytest.StashKey[list[Change]] = pytest.StashKey()
"""Of a session: the changes that no report carries yet."""

_WORD, _TEXT = "qqchaos_change", "qqchaos_run"
"""Two properties of a report for each run: the word of its change, and all of it in a line."""


def properties(config: pytest.Config) -> list[tuple[str, str]]:
    """What the next report carries: the changes since the last one."""
    changes = config.stash.get(CHANGES, [])
    found = [pair for one in changes for pair in ((_WORD, one.word), (_TEXT, one.text))]
    changes.clear()
    return found


def write(terminal: pytest.TerminalReporter) -> None:
    """A line for each run that is not as known, and how many of what; nothing where nothing was compared."""
    reports = [one for each in terminal.stats.values() for one in each if isinstance(one, pytest.TestReport)]
    carried = [pair for report in reports for pair in report.user_properties]
    words = [str(value) for name, value in carried if name == _WORD]
    texts = [str(value) for name, value in carried if name == _TEXT]
    if not words:
        return
    terminal.write_sep("=", f"beside the known results of {terminal.config.getoption('--qqchaos-baseline')}")
    from harness.comparing.changes import counted

    for word, text in zip(words, texts, strict=True):
        if word != "as known":
            terminal.write_line(text)
    terminal.write_line(counted(words))
