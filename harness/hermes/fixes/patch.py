"""A fix that somebody wrote: a unified diff, applied to a private copy of hermes' own packages.

The subject is never written to. All of hermes' own code is copied, not only what the patch touches: hermes
puts the folder that its files lie in at the front of `sys.path` and looks for plugins beside them, so a
half copy would find its way back to the unpatched files. Hard links do not do either: what writes into a file
of the copy would write into the subject's. What is not code (data of a checkout) is linked.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from harness.errors import UsageError
from harness.hermes import provenance
from harness.hermes.fixes import udiff
from harness.hermes.fixes.udiff import FileDiff, Hunk
from harness.user_files import CannotRead, read_bytes

_MAX_BYTES = 16 * 1024 * 1024
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "venv", "node_modules")


@dataclass(frozen=True)
class Plan:
    """What a patch makes of a subject: new contents by path, None where the file is removed."""

    contents: Mapping[str, bytes | None]
    ignored: tuple[str, ...]
    """Files of the patch that are not hermes' code: tests, documentation."""


def read(path: Path) -> str:
    """The patch's text. Raises UsageError where there is none to read."""
    try:
        return read_bytes(path, _MAX_BYTES).decode("utf-8", "surrogateescape")
    except CannotRead as why:
        raise UsageError(f"{path}: cannot be read as a patch: {why}") from None


def plan(text: str, name: str, root: Path) -> Plan:
    """Apply the patch called `name` in memory to the hermes-agent under `root`.

    A hunk may have moved, as with `git apply`: its lines are looked for nearest to where they should be, and
    must be there exactly. Raises UsageError, naming file and hunk, for whatever does not apply, and for a
    patch that touches nothing of the subject.
    """
    try:
        files = udiff.parse(text)
    except udiff.BadDiff as problem:
        raise UsageError(f"{name}: {problem}") from problem
    if not files:
        raise UsageError(f"{name}: is not a unified diff")
    tree = _Tree(root)
    own = provenance.own_names(root)
    ignored: list[str] = []
    for file in files:
        for path in (file.old, file.new):
            _refuse_outside(name, path)
        if not any(_is_own(path, own) for path in (file.old, file.new)):
            ignored.append(file.name)
        else:
            _apply_file(name, file, tree)
    if not tree.contents:
        only = ", ".join(dict.fromkeys(ignored))
        raise UsageError(
            f"{name}: touches nothing of hermes-agent, only {only}; paths start where its packages lie, as "
            "`git diff` writes them: gateway/platforms/qqbot/adapter.py"
        )
    return Plan(MappingProxyType(tree.contents), tuple(dict.fromkeys(ignored)))


def lay_over(made: Plan, root: Path, into: Path) -> None:
    """Copy hermes' own code from `root` to the new folder `into`, with the plan carried out there."""
    own = provenance.own_names(root)
    into.mkdir(parents=True, exist_ok=True)
    for item in root.iterdir():
        target = into / item.name
        if item.name not in own:
            # Beside other people's packages there is no data of hermes' own; of a checkout, all the rest is.
            if not item.name.startswith(".") and root.name not in {"site-packages", "dist-packages"}:
                target.symlink_to(item)
        elif item.is_dir():
            shutil.copytree(item, target, ignore=_LEFT_OUT, ignore_dangling_symlinks=True)
        else:
            shutil.copy2(item, target)
    write(made.contents, into)


def write(contents: Mapping[str, bytes | None], root: Path) -> None:
    """Put files below `root` of a private copy, by their path there; None takes one away."""
    for path, content in contents.items():
        target = root / path
        # Times have whole seconds in a .pyc: one of the old text could pass for the new one's.
        for stale in target.parent.glob(f"__pycache__/{target.stem}.*.pyc"):
            stale.unlink()
        target.unlink(missing_ok=True)
        if content is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


class _Tree:
    """The subject's files as the patch has left them so far; nothing is written."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.contents: dict[str, bytes | None] = {}

    def get(self, path: str) -> bytes | None:
        if path in self.contents:
            return self.contents[path]
        try:
            return (self._root / path).read_bytes()
        except OSError:
            return None


def _apply_file(name: str, file: FileDiff, tree: _Tree) -> None:
    if file.binary:
        raise UsageError(f"{name}: {file.name}: is a binary change, which cannot be applied")
    before = tree.get(file.old) if file.old else None
    if file.old and before is None:
        raise UsageError(f"{name}: {file.old}: there is no such file in this hermes-agent")
    if file.new and file.new != file.old and tree.get(file.new) is not None:
        raise UsageError(f"{name}: {file.new}: would be created, but exists already")
    after = "".join(_apply_hunks(name, file, (before or b"").decode("utf-8", "surrogateescape")))
    if file.new is None and after:
        raise UsageError(f"{name}: {file.old}: would be deleted, but holds more than the patch removes")
    if file.old:
        tree.contents[file.old] = None
    if file.new:
        tree.contents[file.new] = after.encode("utf-8", "surrogateescape")


def _apply_hunks(name: str, file: FileDiff, before: str) -> list[str]:
    lines = before.split("\n")
    rest = [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    done: list[str] = []
    taken = 0  # lines of the original that are copied or replaced already
    drift = 0  # how far the last hunk was from where it said
    for hunk in file.hunks:
        wanted = hunk.start - (1 if hunk.old else 0)
        found = _find(hunk, rest, taken, wanted + drift)
        if found is None:
            why = _why_not(hunk, rest, wanted + drift)
            raise UsageError(f"{name}: {file.name}: {hunk.header}: the hunk does not apply{why}")
        done += [*rest[taken:found], *hunk.new]
        taken = found + len(hunk.old)
        drift = found - wanted
    return [*done, *rest[taken:]]


def _find(hunk: Hunk, lines: Sequence[str], first: int, wanted: int) -> int | None:
    """Where the hunk's old lines stand, at or after `first`, nearest to `wanted`; None if nowhere."""
    old = list(hunk.old)
    if not old:
        # Without context there is nothing to look for; only its own place will do.
        return wanted if first <= wanted <= len(lines) else None
    fits = (at for at in range(first, len(lines) - len(old) + 1) if list(lines[at : at + len(old)]) == old)
    return min(fits, key=lambda at: abs(at - wanted), default=None)


def _why_not(hunk: Hunk, lines: Sequence[str], wanted: int) -> str:
    """What keeps a hunk from its place, for the end of a sentence."""
    old = list(hunk.old)
    if _crlf(old) and not _crlf(lines):
        return ": its lines end with CR LF, those of the file do not"
    if _crlf(lines) and not _crlf(old):
        return ": the file's lines end with CR LF, its own do not"
    places = range(max(1, len(lines) - len(old) + 1))
    if not old or not lines:
        return ""

    def fits(at: int) -> tuple[int, int]:
        return sum(map(str.__eq__, old, lines[at:])), -abs(at - wanted)

    best = max(places, key=fits)
    n = next((n for n, line in enumerate(old) if lines[best + n : best + n + 1] != [line]), 0)
    there = lines[best + n].rstrip("\n") if best + n < len(lines) else "the end of the file"
    return f": where it fits best, line {best + n + 1} is {there!r}, not {old[n].rstrip()!r}"


def _crlf(lines: Sequence[str]) -> bool:
    return any(line.endswith("\r\n") for line in lines)


def _is_own(path: str | None, own: frozenset[str]) -> bool:
    if path is None:
        return False
    first = PurePosixPath(path).parts[0]
    return first in own or first.startswith("hermes_")  # a patch may add a module of hermes'


def _refuse_outside(name: str, path: str | None) -> None:
    if path is None:
        return
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path:
        raise UsageError(f"{name}: {path}: points outside the subject")
