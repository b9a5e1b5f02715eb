"""One hermes-agent that can be run: what it is, and how it is put together from what an interpreter answers.

Runs in the parent and imports nothing of hermes: what must be known from the subject's interpreter is asked
of it, in a process, with `probe_script`. Whatever is wrong with what was found is one sentence: SubjectError.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from harness.errors import HarnessError, SubjectError
from harness.hermes import guards, interpreters, layouts, probe_script, provenance, releases, renamed
from harness.hermes.layouts import Layout

Source = Literal["release", "path", "installed"]
"""Where it comes from: a release in the cache, a folder that was named, or the interpreter's own packages."""

_PROBE_TIMEOUT_S = 60.0
_IMPORT_TIMEOUT_S = 180.0
"""Real seconds; a first import compiles some hundred files."""


@dataclass(frozen=True)
class Installation:
    """One hermes-agent that can be run: what it is, and how a worker reaches it.

    `root` is the folder that holds `gateway`. `path_entries` go to the front of the worker's `sys.path`;
    there are none where the interpreter finds `root` by itself. `environment` is what opens a guard of its
    own (`guards`), and a fork's own names for hermes' variables (`renamed`); empty for most. `commit` is a
    checkout's, with `-dirty` where its packages differ from it. `changed`: a release whose files, in our
    cache, are not those that were installed. `sha256` covers the .py files of gateway/ and of
    plugins/platforms/qqbot/ as they lie there, with their names.
    """

    name: str
    version: str
    source: Source
    root: Path
    interpreter: Path
    path_entries: tuple[Path, ...]
    commit: str | None
    sha256: str
    aiohttp: str
    python: str
    layout: Layout
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    changed: bool = False

    @property
    def description(self) -> str:
        """What was loaded, for the first line of a report."""
        opened = "".join(f", with {name}={value}" for name, value in self.environment.items())
        commit = f" at {self.commit[:12]}{'-dirty' * self.commit.endswith('-dirty')}" if self.commit else ""
        source = f"{self.source}, CHANGED since it was installed" if self.changed else self.source
        return (
            f"{self.name} {self.version}{commit} ({source}, {self.root}, sha256 {self.sha256[:12]}), "
            f"Python {self.python}, aiohttp {self.aiohttp}{opened}"
        )

    def subject(self) -> dict[str, Any]:
        """The `subject` of an outcome."""
        return {
            "name": self.name,
            "version": self.version,
            "source": self.source,
            "python": self.python,
            "aiohttp": self.aiohttp,
            "sha256": self.sha256,
            **({"commit": self.commit} if self.commit else {}),
            **({"environment": dict(self.environment)} if self.environment else {}),
        }


@dataclass(frozen=True)
class ProbeAnswer:
    """What an interpreter answered about a hermes-agent, see `probe_script`.

    `root` is None where it finds none. `native`: it finds `root` without help. `foreign` are hermes' packages
    that would come from elsewhere, with their place. `dependencies` gives the version of each, or None.
    """

    python: str
    root: Path | None
    native: bool
    foreign: Mapping[str, str]
    dependencies: Mapping[str, str | None]


def probe(interpreter: Path, root: Path | None) -> ProbeAnswer:
    """Ask the interpreter about the hermes-agent in `root`, or with None about the one that it finds itself.

    Raises SubjectError for an interpreter that does not run or is too old.
    """
    command = [str(interpreter), probe_script.__file__, *([str(root)] if root else [])]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            env=interpreters.quiet_environment(),
            stdin=subprocess.DEVNULL,
            timeout=_PROBE_TIMEOUT_S,
        )
    except (OSError, subprocess.SubprocessError) as problem:
        raise SubjectError(f"{interpreter} does not run: {problem}") from problem
    if done.returncode:
        raise SubjectError(f"{interpreter} does not run: {interpreters.error_line(done.stderr)}")
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as problem:
        raise HarnessError(f"{interpreter} gave no usable answer to {probe_script.__file__}") from problem
    if "root" not in answer:
        raise SubjectError(f"{interpreter} is Python {answer['python']}; the harness needs 3.11 or newer")
    return ProbeAnswer(
        python=answer["python"],
        root=None if answer["root"] is None else Path(answer["root"]),
        native=answer.get("native", False),
        foreign=answer.get("foreign", {}),
        dependencies={name: answer.get(name) for name in probe_script.DEPENDENCIES},
    )


def describe(source: Source, root: Path, interpreter: Path, answer: ProbeAnswer) -> Installation:
    """Check what the interpreter answered about `root`, and put the installation together.

    Raises SubjectError for hermes packages from two places, a missing dependency, and a layout that is not
    known or cannot be driven.
    """
    if answer.foreign:
        name, place = next(iter(answer.foreign.items()))
        others = f" and {len(answer.foreign) - 1} more" if len(answer.foreign) > 1 else ""
        raise SubjectError(
            f"{root}: {interpreter} would mix two hermes-agents: {name}{others} would come from {place}; "
            "use an interpreter without a hermes-agent of its own"
        )
    for name, version in answer.dependencies.items():
        if version is None:
            wanted = _wanted_version(root, name)
            raise SubjectError(f"{root}: {interpreter} has no {name}, which the QQ adapter needs{wanted}")
    layout = layouts.drivable(root)
    native = answer.native and (source != "path" or root.name in {"site-packages", "dist-packages"})
    name, version = provenance.project(root) or (provenance.DISTRIBUTION, "unknown")
    return Installation(
        name=name,
        version=version,
        source=source,
        root=root,
        interpreter=interpreter,
        path_entries=() if native else (root,),
        commit=provenance.commit(root),
        sha256=provenance.content_hash(root),
        aiohttp=str(answer.dependencies["aiohttp"]),
        python=answer.python,
        layout=layout,
        environment={**guards.opening(root, layout), **renamed.variables(root)},
    )


def program_of(found: Installation) -> tuple[str, ...]:
    """The command that an operator gives: the `hermes` installed beside the interpreter. The interpreter is
    named, for the first line of a copied one names another.

    Raises SubjectError where hermes-agent is not installed there.
    """
    if not is_installed(found):
        raise SubjectError(
            f"{found.root} is not installed for {found.interpreter}: there is nothing to start"
        )
    return str(found.interpreter), str(found.interpreter.parent / "hermes"), "gateway", "run"


def is_installed(found: Installation) -> bool:
    """Whether its interpreter finds it by itself, and the command `hermes` lies beside that."""
    return not found.path_entries and (found.interpreter.parent / "hermes").is_file()


def check_import(layout: Layout, interpreter: Path, path_entries: tuple[Path, ...] = ()) -> None:
    """Import the adapter once, in a process and a home of its own (about a second).

    Raises SubjectError with the last line of the traceback.
    """
    code = (
        f"import sys; sys.path[0:1] = {[str(entry) for entry in path_entries]!r}; "
        f"import importlib; getattr(importlib.import_module({layout.module!r}), {layout.class_name!r})"
    )
    with tempfile.TemporaryDirectory(prefix="qqchaos-") as home:
        try:
            done = subprocess.run(
                [interpreter, "-c", code],
                capture_output=True,
                text=True,
                errors="replace",
                cwd=home,
                env=interpreters.quiet_environment(HOME=home, HERMES_HOME=home, PYTHONDONTWRITEBYTECODE="1"),
                stdin=subprocess.DEVNULL,
                timeout=_IMPORT_TIMEOUT_S,
            )
        except subprocess.TimeoutExpired as problem:
            raise SubjectError(
                f"{layout.module} was not imported within {_IMPORT_TIMEOUT_S:.0f} s"
            ) from problem
    if done.returncode:
        raise SubjectError(f"{layout.module} cannot be imported: {interpreters.error_line(done.stderr)}")


def _wanted_version(root: Path, name: str) -> str:
    """Which version of a missing dependency to install, where hermes says so: the end of a sentence."""
    if name != "aiohttp":
        return ""
    try:
        return f"; this one asks for {releases.aiohttp_requirement(root)}"
    except SubjectError:
        return ""
