"""What a folder with hermes-agent says about itself: version, commit, content hash. Reads, never imports."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

DISTRIBUTION = "hermes-agent"
COMMAND = "hermes"
"""The command that it installs."""

_HASHED = ("gateway", "plugins/platforms/qqbot")
NOT_SHIPPED = frozenset({"tests", "docs", "scripts", "examples", "website", "setup.py", "conftest.py"})
_GIT_TIMEOUT_S = 20.0


def content_hash(root: Path) -> str:
    """sha256 over the names and contents of the .py files that make the adapter and the gateway around it."""
    digest = hashlib.sha256()
    for path in _sources(root):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def stamp(root: Path) -> str:
    """A cheap stand-in for `content_hash`: names, sizes and times of the same files."""
    digest = hashlib.sha256()
    for path in _sources(root):
        status = path.stat()
        digest.update(
            f"{path.relative_to(root).as_posix()}\0{status.st_size}\0{status.st_mtime_ns}\n".encode()
        )
    return digest.hexdigest()


def distribution(folder: Path) -> Distribution | None:
    """The metadata of the hermes-agent that lies in `folder` itself, or None."""
    return next(iter(distributions(name=DISTRIBUTION, path=[str(folder)])), None)


def project(root: Path) -> tuple[str, str] | None:
    """Name and version by the metadata, or by the pyproject.toml beside the packages; a fork may have another
    name, and a checkout may say 0.0.0. None where nothing says it."""
    if found := distribution(root):
        return DISTRIBUTION, found.version
    try:
        said = _pyproject(root)["project"]
        return str(said["name"]), str(said.get("version", "unknown"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def version(root: Path) -> str | None:
    """That of a hermes-agent by that name; else None."""
    name, found = project(root) or (None, None)
    return found if name == DISTRIBUTION else None


def command(root: Path) -> str | None:
    """What its command `hermes` calls, `module:function`, by its metadata or pyproject.toml, or None."""
    if found := distribution(root):
        return next((one.value for one in found.entry_points if one.name == COMMAND), None)
    try:
        return str(_pyproject(root)["project"]["scripts"][COMMAND])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _pyproject(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def own_names(root: Path) -> frozenset[str]:
    """What in `root` is hermes' own code: top-level packages and modules by file name (`gateway`, `cli.py`).

    Beside other people's packages (site-packages, an unpacked wheel) hermes' list of its own counts; in a
    checkout it is every package and module except what is not shipped, such as the tests.
    """
    if found := distribution(root):
        listed = (found.read_text("top_level.txt") or "gateway plugins").split()
        names = {name for stem in listed for name in (stem, f"{stem}.py")}
        return frozenset(name for name in names if (root / name).exists())
    return frozenset(item.name for item in root.iterdir() if item.name not in NOT_SHIPPED and _is_code(item))


def _is_code(item: Path) -> bool:
    if not item.is_dir():
        return item.suffix == ".py"
    return item.name in {"gateway", "plugins"} or (item.name.isidentifier() and any(item.glob("*.py")))


def commit(root: Path) -> str | None:
    """The commit of the checkout whose top is `root`; with `-dirty` where what is hashed was changed.

    None where `root` is no checkout: an unpacked wheel inside somebody's repository has no commit.
    """
    if not (root / ".git").exists():
        return None
    head = git(root, "rev-parse", "--verify", "HEAD")
    if head is None:
        return None
    changed = git(root, "status", "--porcelain", "--", *_HASHED, ":(exclude,glob)**/__pycache__/**")
    return head.decode().strip() + ("-dirty" if changed else "")


def _sources(root: Path) -> Iterator[Path]:
    for part in _HASHED:
        yield from sorted((root / part).rglob("*.py"))


def git(folder: Path, *words: str, timeout_s: float = _GIT_TIMEOUT_S) -> bytes | None:
    """What git says, which is only to read; None where there is no git or it refuses."""
    others = {name: value for name, value in os.environ.items() if name not in ("GIT_DIR", "GIT_WORK_TREE")}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            capture_output=True,
            env={**others, "GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            timeout=timeout_s,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None
