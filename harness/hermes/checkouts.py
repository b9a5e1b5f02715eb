"""The environment that a checkout of hermes-agent runs in: its dependencies, and no hermes-agent.

    <cache>/environments/hermes-agent-of-3f9a0c12b7d1-py3.12-1f3a9c02/

Made once and kept by the hash of what it was made from: the dependencies in the checkout's pyproject.toml,
and its uv.lock where there is one and uv is there. So every checkout that asks for the same shares one, and
a change of its code makes none. The checkout itself is only read.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from harness.errors import SubjectError, UsageError
from harness.hermes import interpreters, releases
from harness.hermes.interpreters import HERMES_PYTHONS, Interpreter
from harness.hermes.releases import Environment, Install, Say

NEEDED = "aiohttp"
"""What a checkout names in an extra only: the QQ adapter does not connect without it."""

PREFERRED = "messaging"
"""The extra whose pin is taken where several have one."""

_EXPORT = ("export", "--frozen", "--no-dev", "--no-emit-project", "--no-hashes", "--no-header", "--quiet")
_EXPORT_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Wanted:
    """What a checkout asks for. `requirements`: its own dependencies, and the pin of NEEDED from an extra;
    `pythons`: on which it runs; `lock`: its uv.lock, if it has one."""

    root: Path
    requirements: tuple[str, ...]
    pythons: SpecifierSet
    lock: Path | None

    @property
    def digest(self) -> str:
        """The same for everything that would make the same environment."""
        told = "\0".join((*self.requirements, str(self.pythons)))
        locked = self.lock.read_bytes() if self.lock else b""
        return hashlib.sha256(told.encode() + b"\0" + locked).hexdigest()[:12]


def wanted(root: Path) -> Wanted:
    """What the pyproject.toml in `root` says.

    Raises UsageError where there is none, SubjectError where it says nothing usable.
    """
    file = root / "pyproject.toml"
    try:
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        own = [str(one) for one in project.get("dependencies", ())]
        optional = project.get("optional-dependencies", {})
        extras = {str(extra): [str(one) for one in rows] for extra, rows in optional.items()}
        pythons = SpecifierSet(str(project.get("requires-python", "")))
    except OSError as problem:
        raise UsageError(
            f"{root}: no .venv there, and no pyproject.toml to make one from; "
            "say which Python has its dependencies with --python"
        ) from problem
    except (ValueError, KeyError, TypeError, AttributeError, InvalidSpecifier) as problem:
        raise SubjectError(f"{file}: cannot be read as a project: {problem}") from problem
    pin = next(_pins(extras), None)
    if pin is None and all(_name(one) != NEEDED for one in own):
        raise SubjectError(f"{file}: names no {NEEDED} anywhere, which the QQ adapter needs")
    lock = root / "uv.lock"
    return Wanted(root, (*own, *([pin] if pin else ())), pythons, lock if lock.is_file() else None)


def _pins(extras: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for extra in sorted(extras, key=lambda one: one != PREFERRED):
        yield from (one for one in extras[extra] if _name(one) == NEEDED)


def _name(requirement: str) -> str | None:
    try:
        return Requirement(requirement).name.lower()
    except InvalidRequirement:
        return None


def python_for(needs: Wanted) -> Interpreter:
    """The Python to run it with when none was asked for: this one if it can, else the newest that can.

    Raises SubjectError where none can.
    """
    here = interpreters.current().minor
    for minor in (here, *(one for one in HERMES_PYTHONS if one != here)):
        if needs.pythons.contains(f"{minor[0]}.{minor[1]}.99") and (found := interpreters.of_minor(minor)):
            return found
    known = ", ".join(f"{major}.{minor}" for major, minor in reversed(HERMES_PYTHONS))
    raise SubjectError(
        f"{needs.root}: it runs on Python {needs.pythons}; of those that this harness drives ({known}) "
        "none that fits was found"
    )


def folder_for(needs: Wanted, python: Interpreter, cache: Path) -> Path:
    """Where its environment lies, there or not."""
    return releases.environment_folder(f"hermes-agent-of-{needs.digest}", python, cache)


def obtain(needs: Wanted, python: Interpreter, cache: Path, say: Say) -> Environment:
    """Its environment, made if it is not there yet. Raises SubjectError for a build that failed."""

    def fill(install: Install) -> None:
        locked = _locked(needs)
        if locked is None:
            install(*needs.requirements)
            return
        with tempfile.NamedTemporaryFile("w", suffix=".txt", prefix="qqchaos-") as file:
            file.write(locked)
            file.flush()
            install("-r", file.name)

    what = f"the dependencies of {needs.root.name}"
    return releases.make(folder_for(needs, python, cache), what, python, fill, _examine, say)


def _examine(interpreter: Path) -> dict[str, Any]:
    """Nothing is kept of it: what it has is asked when it is used, beside the checkout."""
    del interpreter
    return {}


def _locked(needs: Wanted) -> str | None:
    """What its uv.lock pins, and NEEDED; None without a lock or uv, or where uv refuses it."""
    uv = interpreters.working_uv()
    if uv is None or needs.lock is None:
        return None
    try:
        done = subprocess.run(
            [uv, *_EXPORT],
            capture_output=True,
            text=True,
            cwd=needs.root,
            env=interpreters.quiet_environment(UV_PYTHON_DOWNLOADS="never", UV_NO_PROGRESS="1", NO_COLOR="1"),
            stdin=subprocess.DEVNULL,
            timeout=_EXPORT_TIMEOUT_S,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    pins = [one for one in needs.requirements if _name(one) == NEEDED]
    return None if done.returncode else "\n".join((done.stdout, *pins, ""))
