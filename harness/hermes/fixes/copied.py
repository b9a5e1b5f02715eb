"""A fix in a private copy of a whole environment, for a program that is started as it is. Runs in the parent.

An overlay does not do there: the `hermes` command finds its own packages first.
"""

from __future__ import annotations

import ast
import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path

from harness.errors import SubjectError
from harness.hermes.fixes import Fix, patch
from harness.hermes.fixes.rewrite import rewrite
from harness.hermes.fixes.table import FIXES
from harness.hermes.installation import Installation


def copy_with(fix: Fix, installation: Installation, into: Path) -> Installation:
    """The installation in a copy of its environment under `into`, with the fix in its files. 230 MB in
    hard links, so a second or two. Raises SubjectError where the environment holds no hermes of its own."""
    environment = installation.interpreter.parent.parent
    if not installation.root.is_relative_to(environment):
        raise SubjectError(f"{installation.root} is in no environment that could be copied for a fix")
    shutil.copytree(environment, into, symlinks=True, dirs_exist_ok=True, copy_function=patch.link_or_copy)
    root = into / installation.root.relative_to(environment)
    patch.write(_contents(fix, installation), root)
    interpreter = into / installation.interpreter.relative_to(environment)
    return dataclasses.replace(installation, root=root, interpreter=interpreter)


def _contents(fix: Fix, installation: Installation) -> Mapping[str, bytes | None]:
    """What the fix makes of files, by their path below the root; None where it takes one away."""
    if fix.plan is not None:
        return fix.plan.contents
    layout = installation.layout
    source = (installation.root / layout.file).read_bytes()
    tree = rewrite(source, layout.file, layout.class_name, FIXES[fix.name])
    return {layout.file: ast.unparse(tree).encode("utf-8")}
