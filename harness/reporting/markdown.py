"""A comment for a pull request, or the summary of a step of CI: what did not pass, and how to see it. Pure.

GitHub takes 65,536 characters in a comment and 1 MiB in a summary; this keeps to the smaller, in bytes. What
is left out is counted in a sentence. Texts of journals can neither mark up, nor mention anybody, nor refer to
an issue.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from harness.comparing.table import merged
from harness.reporting.bounds import bounds_of
from harness.reporting.repeat import repeat_command
from harness.reporting.runs import NotRun, Reported
from harness.reporting.words import NOT_RUN, VERDICTS, totals_text

MOST_BYTES = 65_536
"""Of a comment."""
LONGEST = 400
"""The letters of one cell."""

_MARKUP = re.compile(r"[^\w\s.,;:'\"()/+=?%-]|_")
_REFERS = re.compile(r"&#(?:64|35);")


def as_markdown(
    runs: Sequence[Reported], not_run: Sequence[NotRun], shipped: Collection[str], most: int = MOST_BYTES
) -> str:
    """The whole text; `most` bytes of UTF-8 at most, but never less than the headline."""
    bad = sorted((run for run in runs if run.verdict != "pass"), key=lambda run: run.verdict != "fail")
    verdicts = [*(VERDICTS[run.verdict] for run in runs), *(NOT_RUN for _ in not_run)]
    page = _Page(f"### qqchaos: {totals_text(verdicts) or 'no run'}", most)
    page.add(["", *_subjects(runs), ""])
    if bad:
        page.add([*_fenced([repeat_command(bad[0], shipped)]), ""])
        page.table(("run", "verdict", "what became of the bot", "why"), [_row(run) for run in bad])
    if not_run:
        rows = [(_code(run.name), run.level, _text(run.problem)) for run in not_run]
        page.table((NOT_RUN, "level", "why"), rows)
    flips = merged([run.ran for run in runs])
    page.listed("What flips", [_text(line) for line in (*flips.disagreements, *flips.flips)])
    page.commands("The commands that do these runs again", [repeat_command(run, shipped) for run in bad])
    page.listed("What passed", [_passed(run) for run in runs if run.verdict == "pass"])
    return page.text


class _Page:
    """Lines, as long as there is room."""

    def __init__(self, headline: str, most: int) -> None:
        self._lines = [headline]
        self._room = most - _size(self._lines)

    @property
    def text(self) -> str:
        """Everything so far."""
        return "\n".join(self._lines) + "\n"

    def add(self, lines: Sequence[str]) -> bool:
        """Add all of them or, where there is no room, none."""
        size = _size(lines)
        if size > self._room:
            return False
        self._lines += lines
        self._room -= size
        return True

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """As many rows as fit, and how many do not."""
        lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
        self._fitting(lines[:2], lines[2:], [""])

    def listed(self, title: str, lines: Sequence[str]) -> None:
        """A list that is folded away."""
        if lines:
            before = [f"<details><summary>{title} ({len(lines)})</summary>", ""]
            self._fitting(before, [f"- {line}" for line in lines], ["", "</details>", ""])

    def commands(self, title: str, lines: Sequence[str]) -> None:
        """Commands that are folded away."""
        if lines:
            fence, *inside, end = _fenced(list(dict.fromkeys(lines)))
            before = [f"<details><summary>{title}</summary>", "", fence]
            self._fitting(before, inside, [end, "", "</details>", ""])

    def _fitting(self, before: Sequence[str], lines: Sequence[str], after: Sequence[str]) -> None:
        left_out = "{} more are left out here: there is no room for them. `qqchaos report --html` shows all."
        frame = [*before, *after, "", left_out.format(len(lines)), ""]
        room, shown = self._room - _size(frame), 0
        while shown < len(lines) and (room := room - _size(lines[shown : shown + 1])) >= 0:
            shown += 1
        rest = len(lines) - shown
        told = ["", left_out.format(rest), ""] if rest else []
        self.add([*before, *lines[:shown], *after, *told] if shown else told)


def _size(lines: Iterable[str]) -> int:
    return sum(len(line.encode("utf-8", "replace")) + 1 for line in lines)


def _subjects(runs: Sequence[Reported]) -> list[str]:
    told = dict.fromkeys(f"{run.subject}, Python {run.ran.python}, level {run.level}" for run in runs)
    return [_text(line) + "  " for line in list(told)[:12]]


def _row(run: Reported) -> tuple[str, ...]:
    on = f"{run.ran.version}{f' + {run.ran.fix}' if run.ran.fix else ''}, {run.level}"
    name = f"{_code(run.name)}<br>{_text(on)}"
    ending = f"{_code(run.ending)} {_text(run.told)}"
    why = "<br>".join(map(_text, (*run.why, *run.notes, *bounds_of(run.records))))
    return name, f"**{VERDICTS[run.verdict]}**", ending, why or "-"


def _passed(run: Reported) -> str:
    told = "".join(f"; {_text(bound)}" for bound in bounds_of(run.records))
    return f"{_code(run.name)}, {_text(run.subject)}, {_text(run.level)}: {_code(run.ending)}{told}"


def _fenced(lines: Sequence[str]) -> list[str]:
    """A block that nothing in it can end."""
    longest = max((len(found) for line in lines for found in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}console", *lines, fence]


def _text(text: str) -> str:
    """Plain text in a line of Markdown."""
    return _REFERS.sub(lambda found: found[0] + "&#8203;", _entities(text))


def _code(text: str) -> str:
    return f"<code>{_entities(text)}</code>"


def _entities(text: str) -> str:
    """Whatever could be markup as a character reference, which is text wherever it stands."""
    short = " ".join((text if len(text) <= LONGEST else text[: LONGEST - 1] + "…").split())
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", short)


__all__ = ["MOST_BYTES", "as_markdown"]
