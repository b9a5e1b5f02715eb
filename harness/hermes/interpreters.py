"""Finding a Python that runs, and a tool that fills an environment.

Names on PATH are not trusted: a pyenv shim called `python3.13` or `uv` may be there and end with 127.
So every candidate is asked for its version before it is used.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import SubjectError, UsageError
from harness.user_files import expanded, is_dir

HERMES_PYTHONS = ((3, 13), (3, 12), (3, 11))
"""What the releases on PyPI run on (Requires-Python: >=3.11,<3.14), newest first."""

_ASK = (
    "import json, sys; "
    "json.dump([list(sys.version_info[:3]), getattr(sys, '_base_executable', '')], sys.stdout)"
)
_ASK_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class Interpreter:
    """A Python that answered. `base` is the one under a virtual environment, with links resolved."""

    path: Path
    version: tuple[int, int, int]
    base: Path

    @property
    def minor(self) -> tuple[int, int]:
        """Major and minor version, such as (3, 12)."""
        return self.version[:2]

    @property
    def version_text(self) -> str:
        """Such as 3.12.1."""
        return ".".join(map(str, self.version))


def current() -> Interpreter:
    """The Python that runs this process; costs nothing."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    return Interpreter(Path(sys.executable), sys.version_info[:3], Path(base).resolve())


@functools.cache
def ask(path: Path) -> Interpreter | None:
    """The interpreter at `path`, or None where what is there does not run as a Python."""
    try:
        answer = subprocess.run(
            [path, "-c", _ASK],
            capture_output=True,
            text=True,
            timeout=_ASK_TIMEOUT_S,
            env=quiet_environment(),
            stdin=subprocess.DEVNULL,
        )
        if answer.returncode:
            return None
        (major, minor, micro), base = json.loads(answer.stdout)
    except (OSError, ValueError, TypeError, subprocess.SubprocessError):
        return None
    return Interpreter(path.absolute(), (major, minor, micro), Path(base or path).resolve())


def named(python: str) -> Interpreter:
    """What `--python` names: a path, a command, or a version such as 3.12 or python3.12.

    Raises UsageError where nothing of that name runs.
    """
    if os.sep in python or python.startswith("~"):
        path = expanded(python)
        if is_dir(path):
            path = path / "bin" / "python"
        found = ask(path)
        if found is None:
            raise UsageError(f"--python {python}: is not a Python that runs")
        return found
    version = re.fullmatch(r"(?:python)?(\d+)\.(\d+)", python)
    if version is None:
        for candidate in _on_path(python):
            if found := ask(candidate):
                return found
        raise UsageError(f"--python {python}: no Python of that name on PATH runs")
    minor = (int(version[1]), int(version[2]))
    found = of_minor(minor)
    if found is None:
        raise UsageError(f"--python {python}: no Python {minor[0]}.{minor[1]} found that runs")
    return found


def for_release() -> Interpreter:
    """The Python for a release when none was asked for: this one if it can, else the newest that can."""
    here = current()
    if here.minor in HERMES_PYTHONS:
        return here
    for minor in HERMES_PYTHONS:
        if found := of_minor(minor):
            return found
    wanted = ", ".join(f"{major}.{minor}" for major, minor in reversed(HERMES_PYTHONS))
    raise SubjectError(f"hermes-agent's releases run on Python {wanted}; none of them found, say --python")


@functools.cache
def working_uv() -> Path | None:
    """A uv that answers `--version`, or None."""
    for candidate in (*_on_path("uv"), Path(sys.executable).parent / "uv"):
        try:
            answer = subprocess.run(
                [candidate, "--version"],
                capture_output=True,
                text=True,
                timeout=_ASK_TIMEOUT_S,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.SubprocessError):
            continue
        if answer.returncode == 0 and answer.stdout.startswith("uv "):
            return candidate
    return None


def quiet_environment(**more: str) -> Mapping[str, str]:
    """This process's environment without what would change another Python: PYTHON*, VIRTUAL_ENV."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") and name not in {"VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    }
    return kept | more


def error_line(output: str) -> str:
    """The line of a tool's error output that says most: uv's conclusion, pip's or Python's last line."""
    _, arrow, conclusion = output.partition("╰─▶")
    if arrow:
        return " ".join(conclusion.split())
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["no output"])[-1]


def of_minor(minor: tuple[int, int]) -> Interpreter | None:
    """A Python of this minor version that runs, or None."""
    here = current()
    if here.minor == minor:
        return here
    for candidate in _candidates(minor):
        found = ask(candidate)
        if found is not None and found.minor == minor:
            return found
    return None


def _candidates(minor: tuple[int, int]) -> Iterator[Path]:
    command = f"python{minor[0]}.{minor[1]}"
    yield from _on_path(command)
    # pyenv's shims only run what is activated; what is installed lies next to them.
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{minor[0]}.{minor[1]}*/bin/{command}"), reverse=True)
    if uv := working_uv():
        answer = subprocess.run(
            [uv, "python", "find", "--no-python-downloads", f"{minor[0]}.{minor[1]}"],
            capture_output=True,
            text=True,
            timeout=_ASK_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )
        if answer.returncode == 0 and answer.stdout.strip():
            yield Path(answer.stdout.strip())


def _on_path(command: str) -> Iterator[Path]:
    """Every executable of that name along PATH, not only the first: the first may be a shim that fails."""
    for folder in os.get_exec_path():
        if found := shutil.which(command, path=folder):
            yield Path(found)
