"""Reading unified diffs: what `diff -u`, `git diff`, `git format-patch` and a pull request's .patch give.

Strict where it matters: a hunk must have exactly the lines that its header counts, so that a patch that was
cut short on its way is refused and never half applied. Lines end at a line feed and nowhere else (a form
feed or U+2028 inside a line is text), and keep their ends, so that a missing last line feed is told from one
that is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_GIT = re.compile(r"diff --git (?:[a-z]/)?(.+) (?:[a-z]/)?(.+)")
_NOWHERE = "/dev/null"


class BadDiff(ValueError):
    """The text is not a unified diff; the message is a clause that names the place."""


@dataclass(frozen=True)
class Hunk:
    """One changed place: the lines before and after it, context included, each with its line end."""

    header: str
    start: int
    """Line number, from 1, where `old` stands; for an empty `old`, the line after which `new` goes."""
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass
class FileDiff:
    """What happens to one file. `old` is None for a new file, `new` is None for one that goes."""

    old: str | None
    new: str | None
    hunks: list[Hunk] = field(default_factory=list)
    binary: bool = False

    @property
    def name(self) -> str:
        """The name to call it by."""
        return self.new or self.old or _NOWHERE


def parse(text: str) -> list[FileDiff]:
    """The files of a diff, in its order; the same file again where a mail holds several commits.

    Raises BadDiff. What stands between diffs (a mail's header, statistics, a signature) is skipped.
    """
    lines = text.split("\n")
    if lines and lines[-1] == "":
        del lines[-1]
    files: list[FileDiff] = []
    at = 0
    while at < len(lines):
        line = lines[at].rstrip("\r")
        here = files[-1] if files else None
        # Hunks are read whole, by the counts in their headers, before anything else looks at their lines:
        # a removed line "-- x" reads as "--- x" and must not begin another file.
        if git := _GIT.fullmatch(line):
            files.append(FileDiff(git[1], git[2]))
        elif line.startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ "):
            old, new = _name(line), _name(lines[at + 1])
            # The `---` after `diff --git` belongs to the file of that line; any other begins a file.
            if here is None or here.hunks or not _is_git_head(lines, at):
                here = FileDiff(None, None)
                files.append(here)
            here.old, here.new = old, new
            at += 1
        elif _HUNK.match(line):
            if here is None:
                raise BadDiff(f"{line} belongs to no file")
            hunk, at = _hunk(lines, at, here)
            here.hunks.append(hunk)
            continue  # `at` is behind the hunk already
        elif here is not None and not here.hunks:
            _apply_git_line(line, here)
        at += 1
    return files


def _apply_git_line(line: str, here: FileDiff) -> None:
    """Lines that git puts between `diff --git` and the hunks."""
    if line.startswith("new file mode"):
        here.old = None
    elif line.startswith("deleted file mode"):
        here.new = None
    elif line.startswith(("Binary files ", "GIT binary patch")):
        here.binary = True
    elif line.startswith("rename from "):
        here.old = line.removeprefix("rename from ")
    elif line.startswith("rename to "):
        here.new = line.removeprefix("rename to ")
    elif line.startswith("copy from "):
        raise BadDiff(f"{here.name}: is given as a copy of another file; make the patch without copies")


def _is_git_head(lines: list[str], at: int) -> bool:
    """Whether the `---` at `at` closes a header that a `diff --git` line opened."""
    for line in reversed(lines[:at]):
        if line.startswith("diff --git "):
            return True
        if not re.match(r"(index|old|new|deleted|similarity|dissimilarity|rename|copy) ", line):
            return False
    return False


def _name(line: str) -> str | None:
    """The path of a `---` or `+++` line, without the prefix, or None for nowhere."""
    path = line[4:].rstrip("\r").partition("\t")[0].strip()
    if path == _NOWHERE:
        return None
    return path[2:] if re.match(r"[abciow]/", path) else path


def _hunk(lines: list[str], at: int, file: FileDiff) -> tuple[Hunk, int]:
    """The hunk whose header is at `at`, and where the next line after it is."""
    header = lines[at].rstrip("\r")
    match = _HUNK.match(header)
    assert match is not None
    start = int(match[1])
    olds, news = (1 if match[group] is None else int(match[group]) for group in (2, 4))
    old: list[str] = []
    new: list[str] = []
    touched: list[list[str]] = []
    at += 1
    # The counts decide where a hunk ends, not what a line looks like: the signature of a mail, "-- ", may
    # follow, and reads as a removed line. Only "\ No newline" comes after the last line that is counted.
    while at < len(lines) and (len(old) < olds or len(new) < news or lines[at].startswith("\\")):
        kind, content = lines[at][:1], lines[at][1:] + "\n"
        if kind == "\\":  # "\ No newline at end of file", of the line before it
            for side in touched:
                side[-1] = side[-1].removesuffix("\n")
            touched = []
        elif kind in {" ", "", "\r"}:  # some editors strip the space of an empty context line
            touched = [old, new]
            content = lines[at] + "\n" if kind == "\r" else content
        elif kind in {"-", "+"}:
            touched = [old] if kind == "-" else [new]
        else:
            break
        for side in touched:
            side.append(content)
        at += 1
    if (len(old), len(new)) != (olds, news):
        raise BadDiff(f"{file.name}: {header}: the hunk does not have the lines that it counts")
    return Hunk(header, start, tuple(old), tuple(new)), at
