"""Installs releases of hermes-agent from PyPI: a virtual environment each, made once and kept.

    <cache>/environments/hermes-agent-0.19.0-py3.12-1f3a9c02/            a virtual environment
    <cache>/environments/hermes-agent-0.19.0-py3.12-1f3a9c02/ready.json  written last, atomically
    <cache>/environments/hermes-agent-0.19.0-py3.12-1f3a9c02.lock

The name holds the release, the Python's minor version and a hash of the base interpreter's path; the
aiohttp pin is a function of the release and stands in `ready.json`. A virtual environment does not
survive being moved (its scripts name their interpreter), so it is built in place under a lock: without
`ready.json` a folder counts as rubbish of an interrupted build and is made anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import SubjectError, UsageError
from harness.hermes import provenance
from harness.hermes.interpreters import HERMES_PYTHONS, Interpreter, error_line, quiet_environment, working_uv

KNOWN = (
    "0.13.0", "0.14.0", "0.15.0", "0.15.1", "0.15.2", "0.16.0",
    "0.17.0", "0.18.0", "0.18.1", "0.18.2", "0.19.0",
)  # fmt: skip
"""The releases on PyPI; upstream says there will be no more."""

DEFAULT = KNOWN[-1]
FACTS = ("root", "aiohttp", "python", "sha256", "stamp")
"""What is kept of a release: where it lies, the versions it runs with, and its content."""

READY = "ready.json"

_TOOL_TIMEOUT_S = 1800.0
_NO_DOWNLOAD = ("--no-python-downloads",)
_NO_SUCH_RELEASE = re.compile(
    r"no version of hermes-agent==|No matching distribution found for hermes-agent==", re.IGNORECASE
)
_INDEX_WAS_EMPTY = re.compile(r"\(from versions: none\)")
_PIN = re.compile(r"aiohttp\s*\(?\s*(?P<spec>[=<>!~][^;)]*)\)?\s*;.*extra\s*==\s*['\"]messaging['\"]")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Tool:
    """The command lines of what makes environments; {uv}, {python}, {folder} and {inside} are filled in."""

    name: str
    make: tuple[str, ...]
    install: tuple[str, ...]


TOOLS = {
    "uv": Tool(
        "uv",
        ("{uv}", "venv", "--quiet", "--no-project", *_NO_DOWNLOAD, "--python", "{python}", "{folder}"),
        ("{uv}", "pip", "install", "--quiet", "--compile-bytecode", *_NO_DOWNLOAD, "--python", "{inside}"),
    ),
    # pip compiles what it installs by itself.
    "pip": Tool(
        "pip",
        ("{python}", "-m", "venv", "{folder}"),
        ("{inside}", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"),
    ),
}


@dataclass(frozen=True)
class Environment:
    """A finished environment: its folder and what stood in `ready.json`."""

    folder: Path
    facts: dict[str, Any]

    @property
    def interpreter(self) -> Path:
        """Path of its Python."""
        return interpreter_of(self.folder)


def default_cache() -> Path:
    """`$XDG_CACHE_HOME/qqchaos`, else `~/.cache/qqchaos`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "qqchaos"


def interpreter_of(folder: Path) -> Path:
    """The interpreter of the virtual environment in `folder`, there or not."""
    return folder / "bin" / "python"


def folder_for(release: str, python: Interpreter, cache: Path) -> Path:
    """Where the environment of that release and Python lies, there or not."""
    return environment_folder(f"{provenance.DISTRIBUTION}-{release}", python, cache)


def environment_folder(name: str, python: Interpreter, cache: Path) -> Path:
    """Where an environment of this name and Python lies, there or not."""
    base = hashlib.sha256(os.fsencode(python.base)).hexdigest()[:8]
    return cache / "environments" / f"{name}-py{python.minor[0]}.{python.minor[1]}-{base}"


def finished(folder: Path, kept: Sequence[str] = FACTS) -> Environment | None:
    """The environment in `folder` if its build was finished, all facts are `kept`, and its interpreter is
    still there."""
    try:
        facts = json.loads((folder / READY).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(facts, dict) or not all(isinstance(facts.get(name), str) for name in ("tool", *kept)):
        return None
    if not interpreter_of(folder).exists() or not (folder / facts.get("root", "")).is_dir():
        return None
    return Environment(folder, facts)


def obtain(
    release: str,
    python: Interpreter,
    cache: Path,
    examine: Callable[[Path], dict[str, Any]],
    say: Say,
) -> Environment:
    """The environment of `release`, built if it is not there yet.

    `examine` is called once with the new environment's interpreter; what it returns becomes `facts`,
    and what it raises means that nothing is kept. Two processes may call this at the same time: one
    builds, the other waits for it.
    Raises UsageError for a release that the index does not have, SubjectError for a build that failed.
    """
    folder = folder_for(release, python, cache)
    if ready := finished(folder):
        return ready
    if python.minor not in HERMES_PYTHONS:
        raise SubjectError(
            f"hermes-agent {release} does not run on Python {python.version_text} ({python.path})"
        )

    def fill(install: Install) -> None:
        install(f"{provenance.DISTRIBUTION}=={release}")
        # aiohttp is only in hermes' extras, and those pull in every chat platform's SDK: take the pin alone.
        install(aiohttp_requirement(_site_packages(folder)))

    return make(folder, f"{provenance.DISTRIBUTION} {release}", python, fill, examine, say, FACTS)


Install = Callable[..., None]
"""Installs requirements, one argument each, into the environment that is being made."""


def make(
    folder: Path,
    what: str,
    python: Interpreter,
    fill: Callable[[Install], None],
    examine: Callable[[Path], dict[str, Any]],
    say: Say,
    kept: Sequence[str] = (),
) -> Environment:
    """The environment in `folder`, built if it is not there yet: `fill` says what goes into it, `what` is its
    name for people, `kept` are the facts that `examine` gives. That and the errors are as in `obtain`."""
    if ready := finished(folder, kept):
        return ready
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder.with_name(folder.name + ".lock")) as lock:
            if ready := finished(folder, kept):
                return ready
            say(f"making an environment with {what} and Python {python.version_text}, once")
            return _build(what, python, folder, fill, examine, lock)
    except OSError as problem:
        raise SubjectError(f"no environment for {what} could be made: {problem}") from problem


def _build(
    what: str,
    python: Interpreter,
    folder: Path,
    fill: Callable[[Install], None],
    examine: Callable[[Path], dict[str, Any]],
    lock: int,
) -> Environment:
    uv = working_uv()
    tool = TOOLS["uv" if uv else "pip"]
    inside = str(interpreter_of(folder))
    words = {"uv": str(uv), "python": str(python.path), "folder": str(folder), "inside": inside}
    install = tuple(part.format(**words) for part in tool.install)

    def run(*command: str) -> None:
        _run(tool, command, what, folder.parent, lock)

    shutil.rmtree(folder, ignore_errors=True)
    try:
        run(*(part.format(**words) for part in tool.make))
        fill(lambda *requirements: run(*install, *requirements))
        facts = {"tool": tool.name, **examine(interpreter_of(folder))}
        unfinished = folder / f"{READY}.new"
        unfinished.write_text(json.dumps(facts, indent=1), encoding="utf-8")
        unfinished.replace(folder / READY)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Environment(folder, facts)


def aiohttp_requirement(site_packages: Path) -> str:
    """`aiohttp==X` as the `messaging` extra of the hermes-agent in that folder asks for it.

    Raises SubjectError where the release names none.
    """
    found = provenance.distribution(site_packages)
    for requirement in (found.requires or ()) if found else ():
        if pin := _PIN.match(requirement):
            return f"aiohttp{pin['spec'].strip()}"
    raise SubjectError("this release of hermes-agent names no aiohttp in its `messaging` extra")


def _site_packages(folder: Path) -> Path:
    for found in sorted(folder.glob("lib/python*/site-packages")):
        return found
    raise SubjectError(f"{folder}: the new environment has no site-packages folder")


def _run(tool: Tool, command: tuple[str, ...], what: str, cwd: Path, lock: int) -> None:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            cwd=cwd,  # out of reach of a project's uv.toml or pyproject.toml
            env=quiet_environment(UV_PYTHON_DOWNLOADS="never", UV_NO_PROGRESS="1", NO_COLOR="1"),
            stdin=subprocess.DEVNULL,
            timeout=_TOOL_TIMEOUT_S,
            # The tool keeps the lock too: if this process is killed, nobody builds where it still writes.
            pass_fds=(lock,),
        )
    except subprocess.TimeoutExpired as problem:
        raise SubjectError(
            f"{what} could not be installed: {tool.name} took over {_TOOL_TIMEOUT_S:.0f} s"
        ) from problem
    if done.returncode == 0:
        return
    output = done.stderr + done.stdout
    words = error_line(output)
    if _INDEX_WAS_EMPTY.search(output):  # how pip says that it reached nothing
        words = f"the package index cannot be reached or is empty: {words}"
    elif _NO_SUCH_RELEASE.search(" ".join(output.split())):
        release = what.removeprefix(f"{provenance.DISTRIBUTION} ")
        raise UsageError(f"hermes-agent has no release {release}; there are {', '.join(KNOWN)}")
    raise SubjectError(f"{what} could not be installed: {tool.name}: {words}")


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Hold the lock for the `with` block. Its file stays, unless what was to be done under it failed."""
    handle = _taken(path)
    try:
        yield handle
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def _taken(path: Path) -> int:
    """The lock, taken; of a file that was removed while it was waited for, the next one's."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        fcntl.flock(handle, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        os.close(handle)
