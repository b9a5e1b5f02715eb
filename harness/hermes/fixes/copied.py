"""hermes-agent in a private copy of a whole environment, for a program that is started as it is: with a fix
in its files, or installed there though it is somebody's checkout. Runs in the parent.

An overlay does not do there: the `hermes` command finds its own packages first.
"""

from __future__ import annotations

import ast
import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path

from harness.errors import SubjectError
from harness.hermes import provenance
from harness.hermes.fixes import Fix, patch
from harness.hermes.fixes.patch import Plan
from harness.hermes.fixes.rewrite import rewrite
from harness.hermes.fixes.table import FIXES
from harness.hermes.installation import Installation

CHECKOUT = "checkout"
"""The folder beside the environment that holds a checkout with a fix."""

_ON_PATH = "00-hermes-agent.pth"
"""Sorts before whatever an editable installation has put there."""


def copy_of(installation: Installation, fix: Fix | None, into: Path) -> Installation:
    """The installation in a copy of its environment under `into`, with the fix in its files. 230 MB, and a
    second or two.

    What is not in the environment itself is added to it as `pip install -e` would: its folder on the path,
    and its command. Raises SubjectError where there is no virtual environment, and no command.
    """
    environment = installation.interpreter.parent.parent
    if not (environment / "pyvenv.cfg").is_file():
        raise SubjectError(f"{environment} is no virtual environment, which is what the process level copies")
    shutil.copytree(environment, into, symlinks=True, dirs_exist_ok=True)
    interpreter = into / installation.interpreter.relative_to(environment)
    contents = _contents(fix, installation) if fix else {}
    if installation.root.is_relative_to(environment):
        root = into / installation.root.relative_to(environment)
        patch.write(contents, root)
    else:
        root = installation.root
        if contents:
            root = into.with_name(CHECKOUT)
            patch.lay_over(Plan(contents, ()), installation.root, root)
        _add(root, command_of(installation), into)
    return dataclasses.replace(installation, root=root, interpreter=interpreter, path_entries=())


def command_of(installation: Installation) -> str:
    """What `hermes` calls, `module:function`. Raises SubjectError where this hermes-agent names no such
    command."""
    found = provenance.command(installation.root)
    if found is None:
        raise SubjectError(f"{installation.root} names no command `hermes`, which the process level starts")
    return found


def _add(root: Path, command: str, environment: Path) -> None:
    """Put `root` on the path of an environment, and its command beside the interpreter."""
    for packages in environment.glob("lib/python*/site-packages"):
        (packages / _ON_PATH).write_text(f"{root}\n", encoding="utf-8")
    module, _, function = command.partition(":")
    target = environment / "bin" / "hermes"
    target.unlink(missing_ok=True)
    target.write_text(
        f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n", encoding="utf-8"
    )


def _contents(fix: Fix, installation: Installation) -> Mapping[str, bytes | None]:
    """What the fix makes of files, by their path below the root; None where it takes one away."""
    if fix.plan is not None:
        return fix.plan.contents
    layout = installation.layout
    source = (installation.root / layout.file).read_bytes()
    tree = rewrite(source, layout.file, layout.class_name, FIXES[fix.name])
    return {layout.file: ast.unparse(tree).encode("utf-8")}
