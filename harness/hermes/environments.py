"""`--hermes` and `--python`: which hermes-agent is driven, from where, and by which interpreter.

    nothing       the hermes-agent installed beside this program, else release 0.19.0
    0.16.0        that release from PyPI, in an environment made once (see `releases`)
    PATH          a checkout, an unpacked wheel or a site-packages folder (./0.16.0 for a folder so named)

Everything here runs in the parent process and imports nothing of hermes; what must be known from the
subject's interpreter is asked of it with `probe.py`. Whatever is wrong is one sentence: UsageError for
what was asked, SubjectError for what was found.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harness.errors import HarnessError, SubjectError, UsageError
from harness.hermes import interpreters, layouts, probe_script, provenance, releases
from harness.hermes.layouts import Layout

Source = Literal["release", "path", "installed"]

_RELEASE = re.compile(r"v?(\d+(?:\.\d+)*(?:(?:a|b|rc|\.post|\.dev)\d+)?)")
_PROBE_TIMEOUT_S = 60.0
_IMPORT_TIMEOUT_S = 180.0


@dataclass(frozen=True)
class Installation:
    """One hermes-agent that can be run: what it is, and how a worker reaches it.

    `root` is the folder that holds `gateway`. `path_entries` go to the front of the worker's `sys.path`;
    there are none where the interpreter finds `root` by itself. `commit` is a checkout's, with `-dirty`
    where its packages differ from it. `sha256` covers the .py files of gateway/ and of
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

    @property
    def words(self) -> str:
        """What was loaded, for the first line of a report."""
        commit = f" at {self.commit[:12]}{'-dirty' * self.commit.endswith('-dirty')}" if self.commit else ""
        return (
            f"{self.name} {self.version}{commit} ({self.source}, {self.root}, sha256 {self.sha256[:12]}), "
            f"Python {self.python}, aiohttp {self.aiohttp}"
        )

    def subject(self) -> dict[str, str]:
        """The `subject` of an outcome."""
        return {
            "name": self.name,
            "version": self.version,
            "source": self.source,
            "python": self.python,
            "aiohttp": self.aiohttp,
            "sha256": self.sha256,
            **({"commit": self.commit} if self.commit else {}),
        }


def resolve(
    hermes: str | None,
    python: str | None = None,
    cache: Path | None = None,
    *,
    say: releases.Say = lambda line: None,
) -> Installation:
    """The installation that `--hermes` and `--python` mean; `cache` replaces the user's cache folder.

    A release is installed when it is not in the cache yet; `say` is told so, in one line.
    Raises UsageError (unknown release, no such folder, no interpreter given) and SubjectError (a failed
    build, no aiohttp, hermes packages from two places, an unknown layout).
    """
    if hermes is not None and not hermes.strip():
        raise UsageError("--hermes is empty: give a release, such as 0.19.0, or a folder")
    if hermes is None:
        return _installed(python) or _release(releases.DEFAULT, python, cache, say)
    if release := _RELEASE.fullmatch(hermes):
        return _release(release[1], python, cache, say)
    return _path(hermes, python)


def not_made_yet(hermes: str | None, python: str | None = None, cache: Path | None = None) -> str | None:
    """The release that `resolve` would have to install first, or None where nothing is to be installed.

    Raises UsageError for an interpreter that does not run.
    """
    if hermes is None:
        release = None if _installed(python) else releases.DEFAULT
    else:
        match = _RELEASE.fullmatch(hermes)
        release = match[1] if match else None
    if release is None:
        return None
    chosen = interpreters.named(python) if python else interpreters.for_release()
    folder = releases.folder_for(release, chosen, cache or releases.default_cache())
    return None if releases.finished(folder) else release


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
        raise SubjectError(f"{layout.module} cannot be imported: {releases.last_words(done.stderr)}")


def _installed(python: str | None) -> Installation | None:
    """The hermes-agent that the interpreter has by itself, or None."""
    if python is None:
        if importlib.util.find_spec(probe_script.HERMES) is None:
            return None
        interpreter = interpreters.current().path
    else:
        interpreter = interpreters.named(python).path
    facts = _probe(interpreter, None)
    if facts["root"] is None:
        return None
    root = Path(facts["root"])
    # `gateway` is an ordinary word: another project's package of that name is no hermes.
    if not any((root / row.file).is_file() for row in layouts.LAYOUTS) and provenance.version(root) is None:
        return None
    return _found("installed", root, interpreter, facts)


def _release(release: str, python: str | None, cache: Path | None, say: releases.Say) -> Installation:
    chosen = interpreters.named(python) if python else interpreters.for_release()
    ready = releases.obtain(release, chosen, cache or releases.default_cache(), _examine, say)
    facts = ready.facts
    root = ready.folder / facts["root"]
    # Somebody may have tried something out in the cached copy: then its hash says so.
    sha256 = facts["sha256"] if facts["stamp"] == provenance.stamp(root) else provenance.content_hash(root)
    return Installation(
        name=provenance.DISTRIBUTION,
        version=release,
        source="release",
        root=root,
        interpreter=ready.interpreter,
        path_entries=(),
        commit=None,
        sha256=sha256,
        aiohttp=facts["aiohttp"],
        python=facts["python"],
        layout=layouts.drivable(root),
    )


def _examine(interpreter: Path) -> dict[str, Any]:
    """What is worth keeping of a fresh environment; raises SubjectError where it cannot be used."""
    facts = _probe(interpreter, None)
    if facts["root"] is None:
        raise SubjectError(f"{interpreter}: the new environment has no {probe_script.HERMES} package")
    root = Path(facts["root"])
    made = _found("release", root, interpreter, facts)
    check_import(made.layout, interpreter)
    folder = interpreter.parent.parent
    return {
        "root": os.path.relpath(root.resolve(), folder.resolve()),
        "aiohttp": made.aiohttp,
        "python": made.python,
        "sha256": made.sha256,
        "stamp": provenance.stamp(root),
    }


def _path(hermes: str, python: str | None) -> Installation:
    path = Path(hermes).expanduser().absolute()
    if not path.exists():
        raise UsageError(f"--hermes {hermes}: neither a release (0.19.0) nor a folder")
    if not path.is_dir():
        raise UsageError(f"--hermes {hermes}: is a file; unpack it and name the folder")
    roots = (path, *_site_packages_of(path))
    root = next((folder for folder in roots if (folder / probe_script.HERMES).is_dir()), None)
    if root is None:
        raise SubjectError(f"--hermes {hermes}: no hermes-agent there (no {probe_script.HERMES} package)")
    layouts.drivable(root)  # before any other Python is started
    interpreter = interpreters.named(python).path if python else _interpreter_beside(path, root)
    if interpreter is None:
        raise UsageError(
            f"--hermes {hermes}: no .venv there; say which Python has its dependencies with --python"
        )
    return _found("path", root, interpreter, _probe(interpreter, root))


def _found(source: Source, root: Path, interpreter: Path, facts: dict[str, Any]) -> Installation:
    """Judge what the interpreter said about `root`, and put the installation together."""
    foreign: dict[str, str] = facts["foreign"]
    if foreign:
        name, place = next(iter(foreign.items()))
        others = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise SubjectError(
            f"{root}: {interpreter} would mix two hermes-agents: {name}{others} would come from {place}; "
            "use an interpreter without a hermes-agent of its own"
        )
    for name in probe_script.DEPENDENCIES:
        if facts[name] is None:
            advice = _advice(root, name)
            raise SubjectError(f"{root}: {interpreter} has no {name}, which the QQ adapter needs{advice}")
    layout = layouts.drivable(root)
    native = facts["native"] and (source != "path" or root.name in {"site-packages", "dist-packages"})
    return Installation(
        name=provenance.DISTRIBUTION,
        version=provenance.version(root) or "unknown",
        source=source,
        root=root,
        interpreter=interpreter,
        path_entries=() if native else (root,),
        commit=provenance.commit(root),
        sha256=provenance.content_hash(root),
        aiohttp=facts["aiohttp"],
        python=facts["python"],
        layout=layout,
    )


def _probe(interpreter: Path, root: Path | None) -> dict[str, Any]:
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
        raise SubjectError(f"{interpreter} does not run: {releases.last_words(done.stderr)}")
    try:
        facts = json.loads(done.stdout)
    except ValueError as problem:
        raise HarnessError(f"{interpreter} gave no usable answer to {probe_script.__file__}") from problem
    if "root" not in facts:
        raise SubjectError(f"{interpreter} is Python {facts['python']}; the harness needs 3.11 or newer")
    assert isinstance(facts, dict)
    return facts


def _site_packages_of(folder: Path) -> list[Path]:
    """Where the virtual environment in `folder` keeps its packages, if it is one."""
    return sorted(folder.glob("lib/python3*/site-packages")) if (folder / "pyvenv.cfg").is_file() else []


def _interpreter_beside(path: Path, root: Path) -> Path | None:
    """The interpreter that belongs to a folder: its .venv, or the prefix that it is the site-packages of."""
    prefixes = [path / ".venv", path / "venv"]
    if (path / "pyvenv.cfg").is_file():
        prefixes.append(path)
    commands = ["python"]
    if root.name == "site-packages" and root.parent.name.startswith("python3"):
        prefixes.append(root.parents[2])
        commands.append(root.parent.name)
    for prefix in prefixes:
        for command in commands:
            candidate = prefix / "bin" / command
            # Not resolve(): the link is what makes it a virtual environment's interpreter.
            if candidate.exists():
                return candidate
    return None


def _advice(root: Path, name: str) -> str:
    if name != "aiohttp":
        return ""
    try:
        return f"; this one asks for {releases.aiohttp_requirement(root)}"
    except SubjectError:
        return ""
