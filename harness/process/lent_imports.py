"""Lend a few packages to an interpreter without lending it anything else.

A worker runs under the subject's interpreter, beside the subject's own packages. It needs this project and
three pure-Python packages more. Were their folder put on `sys.path`, all of the parent's site-packages
would come along and a subject could import what its users do not have. So a finder serves single names:

* what is *lent* (websockets, h11, freezegun and what that needs) stands at the END of `sys.meta_path`: the
  subject's own version of each wins;
* what is *ours* (harness, fake_qq_server) stands at its beginning: those names mean this project.

One trace remains and cannot be avoided: a subject that probes for a lent package finds it.

Stdlib only: runs under the subject's interpreter.
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
"""Packages that must be the parent's very own."""

LENT = ("websockets", "h11", "freezegun", "dateutil", "six")
"""Packages that the subject's own version of wins over."""

_OPTIONAL = frozenset({"dateutil", "six"})  # freezegun's own needs; newer versions have fewer


@dataclass(frozen=True)
class Places:
    """Where the parent has each package: {top-level name: the folder that holds it}."""

    ours: Mapping[str, str]
    lent: Mapping[str, str]


class Beside:
    """A meta-path finder for the top-level names in `places`, each from its one folder and nowhere else.

    Their submodules need no help: a package's own `__path__` finds them.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self.places = dict(places)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's spec, or None for every name that is not in `places`."""
        where = self.places.get(fullname)
        return None if where is None else PathFinder.find_spec(fullname, [where], target)

    def invalidate_caches(self) -> None:
        """Nothing is kept here; `PathFinder` keeps its own."""


def install(places: Places) -> None:
    """Put both finders in; a second call changes nothing."""
    if any(isinstance(finder, Beside) for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, Beside(places.ours))
    sys.meta_path.append(Beside(places.lent))


def places() -> Places:
    """Where this interpreter has the packages. For the parent; raises HarnessError if one is missing."""
    return Places(_look(OURS), _look(LENT))


def _look(names: Sequence[str]) -> dict[str, str]:
    found = {name: where for name in names if (where := _folder(name)) is not None}
    for name in names:
        if name not in found and name not in _OPTIONAL:
            # Not above: harness may not be importable yet where this file is loaded by its path.
            from harness.errors import HarnessError

            raise HarnessError(f"the package {name} cannot be found beside the harness: install it again")
    return found


def _folder(name: str) -> str | None:
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return str(Path(next(iter(spec.submodule_search_locations))).absolute().parent)
    return str(Path(spec.origin).absolute().parent) if spec.origin else None
