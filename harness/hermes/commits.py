"""One commit of a checkout of hermes-agent, taken out of its repository into the cache.

    <cache>/commits/2dd4de1ce3f1.../        hermes' packages and pyproject.toml, as they are in that commit

The working tree, the index and the repository's own folder are not touched: `git archive` only reads. What
is there is kept by the commit's name; the oldest go when there are more than KEPT.
"""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
from pathlib import Path

from harness.errors import SubjectError, UsageError
from harness.hermes import provenance

KEPT = 10
"""Commits that the cache holds, some 30 MB each."""

_ARCHIVE_TIMEOUT_S = 120.0
_OTHER_FILES = ("pyproject.toml", "uv.lock")


def repository(folder: Path) -> Path:
    """The top of the checkout that holds `folder`. Raises UsageError where it is in none."""
    top = provenance.git(folder, "rev-parse", "--show-toplevel")
    if top is None:
        raise UsageError(f"{folder} is in no git checkout: a commit is looked for there")
    return Path(top.decode().strip())


def take(ref: str, top: Path, cache: Path) -> tuple[Path, str]:
    """The folder with what the repository `top` has at `ref`, and the full name of that commit.

    Raises UsageError for what is no commit there, SubjectError where it cannot be taken out.
    """
    named = provenance.git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if named is None:
        raise UsageError(f"git:{ref}: no such commit in {top}")
    commit = named.decode().strip()
    folder = cache / "commits" / commit
    if folder.is_dir():
        folder.touch()
        return folder, commit
    try:
        _unpack(top, commit, folder)
        _drop_the_oldest(folder.parent)
    except (OSError, tarfile.TarError) as problem:
        raise SubjectError(f"git:{ref}: {commit[:12]} cannot be taken out of {top}: {problem}") from problem
    return folder, commit


def _unpack(top: Path, commit: str, folder: Path) -> None:
    listed = (provenance.git(top, "ls-tree", "--name-only", "-z", commit) or b"").decode(
        "utf-8", "surrogateescape"
    )
    names = [name for name in listed.split("\0") if _is_wanted(name)]
    words = ("archive", "--format=tar", commit, "--", *names)
    packed = provenance.git(top, *words, timeout_s=_ARCHIVE_TIMEOUT_S) if names else None
    if packed is None:
        raise OSError("git archive gave nothing")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as fresh:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(fresh, filter="data")
        try:
            Path(fresh).rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was first
                raise
        Path(fresh).mkdir(exist_ok=True)  # for the end of the block


def _is_wanted(name: str) -> bool:
    """Top-level modules and folders that may be packages; no tests, pages or tools."""
    if name in _OTHER_FILES or (name.endswith(".py") and name not in provenance.NOT_SHIPPED):
        return True
    return name.isidentifier() and name not in provenance.NOT_SHIPPED


def _drop_the_oldest(commits: Path) -> None:
    kept = sorted((one for one in commits.iterdir() if not one.name.startswith(".")), key=_age, reverse=True)
    for one in kept[KEPT:]:
        shutil.rmtree(one, ignore_errors=True)


def _age(folder: Path) -> float:
    return folder.stat().st_mtime
