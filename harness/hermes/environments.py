"""Resolves `--hermes` and `--python`: which hermes-agent is driven, from where, by which interpreter.

    nothing       the hermes-agent installed beside this program, else release 0.19.0
    0.16.0        that release from PyPI, in an environment made once (see `releases`)
    PATH          a checkout, an unpacked wheel or a site-packages folder (./0.16.0 for a folder so named)
    git:REF       that commit of the checkout that the working directory is in, whose files stay as they are

Everything here runs in the parent process and imports nothing of hermes. Whatever is wrong is one sentence:
UsageError for what was asked, SubjectError for what was found.
"""

from __future__ import annotations

import importlib.util
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.errors import SubjectError, UsageError
from harness.hermes import (
    checkouts,
    commits,
    guards,
    interpreters,
    layouts,
    probe_script,
    provenance,
    releases,
)
from harness.hermes.installation import Installation, check_import, describe, probe
from harness.user_files import expanded, is_dir, is_file

GIT = "git:"
"""How a commit is written."""

_RELEASE = re.compile(r"v?(\d+(?:\.\d+)*(?:(?:a|b|rc|\.post|\.dev)\d+)?)")


def resolve(
    hermes: str | None,
    python: str | None = None,
    cache: Path | None = None,
    *,
    say: releases.Say = lambda line: None,
) -> Installation:
    """The installation that `--hermes` and `--python` mean; `cache` replaces the user's cache folder.

    A release is installed when it is not in the cache yet; `say` is called with one line that says so.
    Raises UsageError (unknown release, no such folder, no interpreter given) and SubjectError (a failed
    build, no aiohttp, hermes packages from two places, an unknown layout).
    """
    if hermes is not None and not hermes.strip():
        raise UsageError("--hermes is empty: give a release, such as 0.19.0, or a folder")
    if hermes is None:
        return _installed(python) or _release(releases.DEFAULT, python, cache, say)
    if release := _RELEASE.fullmatch(hermes):
        return _release(_whole(release[1]), python, cache, say)
    if hermes.startswith(GIT):
        return _commit(hermes.removeprefix(GIT), Path.cwd(), python, cache, say)
    return _folder(hermes, python, cache, say)


def resolve_against(
    named: str, hermes: str | None, python: str | None, cache: Path | None = None, *, say: releases.Say
) -> Installation:
    """What `--against` names: as `resolve`, and a bare REF is a commit of the checkout that `hermes` is.

    Raises what `resolve` raises.
    """
    if _RELEASE.fullmatch(named) or named.startswith(GIT) or not named.strip() or is_dir(expanded(named)):
        return resolve(named, python, cache, say=say)
    folder = expanded(hermes) if hermes and is_dir(expanded(hermes)) else Path.cwd()
    return _commit(named, folder, python, cache, say)


def release_to_install(
    hermes: str | None, python: str | None = None, cache: Path | None = None
) -> str | None:
    """The release that `resolve` would have to install first, or None where nothing is to be installed.

    Raises UsageError for an interpreter that does not run.
    """
    if hermes is None:
        release = None if _installed(python) else releases.DEFAULT
    else:
        match = _RELEASE.fullmatch(hermes)
        release = _whole(match[1]) if match else None
    if release is None:
        return None
    chosen = interpreters.named(python) if python else interpreters.for_release()
    folder = releases.folder_for(release, chosen, cache or releases.default_cache())
    return None if releases.finished(folder) else release


def _whole(release: str) -> str:
    """0.19 is 0.19.0 (PEP 440), which is how the releases are called here."""
    return release + ".0" * max(0, 2 - release.count(".")) if re.fullmatch(r"[\d.]+", release) else release


def _installed(python: str | None) -> Installation | None:
    """The hermes-agent that the interpreter has by itself, or None."""
    if python is None:
        if importlib.util.find_spec(probe_script.HERMES) is None:
            return None
        interpreter = interpreters.current().path
    else:
        interpreter = interpreters.named(python).path
    answer = probe(interpreter, None)
    root = answer.root
    if root is None:
        return None
    # `gateway` is an ordinary word: another project's package of that name is no hermes.
    if not any((root / row.file).is_file() for row in layouts.LAYOUTS) and provenance.version(root) is None:
        return None
    return describe("installed", root, interpreter, answer)


def _release(release: str, python: str | None, cache: Path | None, say: releases.Say) -> Installation:
    """The release, from its environment in the cache; made first where it is not there."""
    chosen = interpreters.named(python) if python else interpreters.for_release()
    ready = releases.obtain(release, chosen, cache or releases.default_cache(), _examine, say)
    facts = ready.facts
    root = ready.folder / facts["root"]
    layout = layouts.drivable(root)
    # Somebody may have tried something out in the cached copy: then its hash and its description say so.
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
        layout=layout,
        environment=guards.opening(root, layout),
        changed=sha256 != facts["sha256"],
    )


def _examine(interpreter: Path) -> dict[str, Any]:
    """What is worth keeping of a fresh environment; raises SubjectError where it cannot be used."""
    answer = probe(interpreter, None)
    if answer.root is None:
        raise SubjectError(f"{interpreter}: the new environment has no {probe_script.HERMES} package")
    made = describe("release", answer.root, interpreter, answer)
    check_import(made.layout, interpreter)
    folder = interpreter.parent.parent
    return {
        "root": os.path.relpath(made.root.resolve(), folder.resolve()),
        "aiohttp": made.aiohttp,
        "python": made.python,
        "sha256": made.sha256,
        "stamp": provenance.stamp(made.root),
    }


def _commit(
    ref: str, folder: Path, python: str | None, cache: Path | None, say: releases.Say
) -> Installation:
    """A commit of the checkout that holds `folder`, with the Python of its .venv where it has one."""
    where = cache or releases.default_cache()
    top = commits.repository(folder)
    root, commit = commits.take(ref, top, where)
    beside = None if python else _interpreter_beside(top, top)
    found = _folder(str(root), python or (str(beside) if beside else None), cache, say)
    return replace(found, commit=commit)


def _folder(hermes: str, python: str | None, cache: Path | None, say: releases.Say) -> Installation:
    """The hermes-agent in a folder that was named: a checkout, an unpacked wheel, an environment.

    Its own .venv, or the --python that is named, goes first; else its dependencies get an environment.
    """
    path = expanded(hermes).absolute()
    if is_file(path):
        raise UsageError(f"--hermes {hermes}: is a file; unpack it and name the folder")
    if not is_dir(path):
        raise UsageError(f"--hermes {hermes}: neither a release (0.19.0) nor a folder")
    roots = (path, *_site_packages_of(path))
    root = next((folder for folder in roots if (folder / probe_script.HERMES).is_dir()), None)
    if root is None:
        raise SubjectError(f"--hermes {hermes}: no hermes-agent there (no {probe_script.HERMES} package)")
    layouts.drivable(root)  # before any other Python is started
    interpreter = interpreters.named(python).path if python else _interpreter_beside(path, root)
    if interpreter is None:
        needs = checkouts.wanted(root)
        chosen = checkouts.python_for(needs)
        interpreter = checkouts.obtain(needs, chosen, cache or releases.default_cache(), say).interpreter
    return describe("path", root, interpreter, probe(interpreter, root))


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
