"""Writing to a terminal, with colours and a progress bar, or to a file or a pipe, in plain lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

STYLES = {"FAIL": "bold red", "PASS": "green", "UNKNOWN": "yellow", "NOT RUN": "yellow"}

PAGE = 100
"""The columns of a picture where nobody says how many there are, and at most."""


@dataclass
class Steps:
    """A count of the runs that are done, shown as a progress bar where there is one."""

    console: Console
    bar: Progress | None

    def done(self, line: str) -> None:
        """Print the run's line above the bar, and advance it."""
        self.console.print(styled(line), soft_wrap=True)
        if self.bar is not None:
            self.bar.advance(self.bar.task_ids[0])


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Rich would exit with 1, which is the status of a failed check."""
        raise BrokenPipeError


class Terminal:
    """One output. Where it is no terminal, there are neither colours nor a moving line."""

    def __init__(self, stream: TextIO) -> None:
        self._console = _Console(file=stream, highlight=False)

    @property
    def columns(self) -> int:
        """How wide a picture may be: as the terminal is, and elsewhere as wide as a page."""
        return min(self._console.width, PAGE) if self._console.is_terminal else PAGE

    def print_lines(self, lines: Iterable[str]) -> None:
        """Print lines, however long; a terminal gets verdicts in colour."""
        for line in lines:
            self._console.print(styled(line), soft_wrap=True)

    def note(self, line: str) -> None:
        """A line about what takes a while."""
        self._console.print(Text(line, style="dim"), soft_wrap=True)

    @contextmanager
    def progress(self, total: int, *, bar: bool = True) -> Iterator[Steps]:
        """Show how many of `total` runs are done; without a bar where somebody else writes there too."""
        if not (bar and self._console.is_terminal):
            yield Steps(self._console, None)
            return
        columns = (
            *(TextColumn("running"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()),
            *(TextColumn("and about"), TimeRemainingColumn(), TextColumn("more")),
        )
        with Progress(*columns, console=self._console, transient=True) as moving:
            moving.add_task("runs", total=total)
            yield Steps(self._console, moving)


def styled(line: str) -> Text:
    """A line with its verdict words in colour."""
    text = Text(line)
    for word, style in STYLES.items():
        text.highlight_regex(rf"\b{word}\b", style)
    return text
