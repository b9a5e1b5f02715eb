"""Make a few of the parent's packages importable in another interpreter, and nothing else of the parent's.

A worker runs under the subject's interpreter, with the subject's own packages. It also needs this project and
three pure-Python packages. Were their folder put on `sys.path`, all of the parent's site-packages
would come along and a subject could import what its users do not have. So a finder serves single names:

* what is *lent* (websockets, h11, freezegun and what that needs) stands at the END of `sys.meta_path`: the
  subject's own version of each wins;
* what is *ours* (harness, fake_qq_server) stands at its beginning: those names mean this project.

One trace cannot be avoided: a subject that tests whether a lent package can be imported finds that it can.

Stdlib only: runs under the subject's interpreter. `bootstrap` loads this file by its path, before anything of
ours can be imported.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

OURS = ("harness", "fake_qq_server")
"""Packages that a worker takes from the parent, whatever the subject has."""

LENT = ("websockets", "h11", "freezegun", "dateutil", "six")
"""Packages that a worker takes from the parent where the subject has none of that name."""

_OPTIONAL = frozenset({"dateutil", "six"})  # freezegun's own needs; newer versions have fewer


@dataclass(frozen=True)
class PackageFolders:
    """Where the parent has each package: {top-level name: the folder that holds it}."""

    ours: Mapping[str, str]
    lent: Mapping[str, str]


class PackageFinder:
    """A meta-path finder for the top-level names in `folders`, each from its one folder and nowhere else.

    Their submodules need no help: a package's own `__path__` finds them.
    """

    def __init__(self, folders: Mapping[str, str]) -> None:
        self.folders = dict(folders)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's spec, or None for every name that is not in `folders`."""
        folder = self.folders.get(fullname)
        return None if folder is None else PathFinder.find_spec(fullname, [folder], target)

    def invalidate_caches(self) -> None:
        """Does nothing: the only cache is that of `PathFinder`, which is on `sys.meta_path` itself."""


def install(folders: PackageFolders) -> None:
    """Put both finders into `sys.meta_path`; a second call changes nothing."""
    if any(isinstance(finder, PackageFinder) for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, PackageFinder(folders.ours))
    sys.meta_path.append(PackageFinder(folders.lent))


def find_package_folders() -> PackageFolders:
    """Where this interpreter has the packages. For the parent; raises HarnessError if one is missing."""
    return PackageFolders(_folders_of(OURS), _folders_of(LENT))


def _folders_of(names: Sequence[str]) -> dict[str, str]:
    found = {name: folder for name in names if (folder := _folder_of(name)) is not None}
    for name in names:
        if name not in found and name not in _OPTIONAL:
            # Not above: harness may not be importable yet where this file is loaded by its path.
            from harness.errors import HarnessError

            raise HarnessError(f"the package {name}, which qqchaos needs, cannot be found: install it again")
    return found


def _folder_of(name: str) -> str | None:
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return str(Path(next(iter(spec.submodule_search_locations))).absolute().parent)
    return str(Path(spec.origin).absolute().parent) if spec.origin else None
