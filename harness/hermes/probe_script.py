"""Run by a candidate interpreter, as a script: what would be imported from where.

    python probe_script.py [ROOT]

Prints one JSON object. With ROOT, ROOT stands first on `sys.path`, as it would for a worker; without,
the installed hermes-agent is looked for. Nothing of hermes is imported. Standard library only, and
written so that an interpreter too old for the harness can still say its own version.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

HERMES = "gateway"
DEPENDENCIES = ("aiohttp", "httpx")


def main(arguments: list[str]) -> None:
    """Print what this interpreter is and, where it is new enough, what it finds."""
    answer: dict[str, object] = {"python": ".".join(map(str, sys.version_info[:3]))}
    if sys.version_info >= (3, 11):  # noqa: UP036  (any Python may be asked)
        del sys.path[0]  # this script's folder: nothing of the harness is a candidate
        answer.update(find(arguments[0] if arguments else None))
    json.dump(answer, sys.stdout)


def find(root: str | None) -> dict[str, object]:
    """The root, whether it is on this path anyway, and which hermes packages come from elsewhere."""
    native = root is not None and _real(root) in {_real(entry) for entry in sys.path}
    if root is None:
        places = _places(find_spec(HERMES))
        if not places:
            return {"root": None}
        root, native = str(Path(places[0]).parent), True
    else:
        sys.path.insert(0, root)
    inside = _real(root) + os.sep
    foreign: dict[str, str] = {}
    for name in sorted(_names([root, *sys.path])):
        elsewhere = [place for place in _places(find_spec(name)) if not _real(place).startswith(inside)]
        if elsewhere:
            foreign[name] = elsewhere[0]
    versions = {name: _version(name) for name in DEPENDENCIES}
    return {"root": root, "native": native, "foreign": foreign, **versions}


def _names(entries: Iterable[str]) -> set[str]:
    """hermes' packages and modules: by name, wherever this interpreter looks, and by hermes' own list."""
    names = {HERMES, "plugins"}
    for entry in entries:
        try:
            items = os.listdir(entry or ".")  # noqa: PTH208  (names are all that is needed)
        except OSError:  # a zip, or nothing at all
            continue
        for item in items:
            stem = item.removesuffix(".py")
            if stem.startswith("hermes_") and stem.isidentifier():
                names.add(stem)
            elif item.startswith("hermes_agent-") and item.endswith(".dist-info"):
                names.update(top_level(Path(entry, item)))
    return names


def top_level(dist_info: Path) -> list[str]:
    """The packages and modules that an installed distribution says are its own."""
    try:
        return (dist_info / "top_level.txt").read_text(encoding="utf-8").split()
    except OSError:
        return []


def _places(spec: ModuleSpec | None) -> list[str]:
    """Every place a module's code would come from; two for a namespace package spread over two folders."""
    if spec is None:
        return []
    if spec.submodule_search_locations is not None:
        return list(spec.submodule_search_locations)
    return [spec.origin] if spec.has_location and spec.origin else []


def _real(path: str) -> str:
    return os.path.realpath(path or ".")


def _version(name: str) -> str | None:
    """The installed version, "?" where the module is there without metadata, None where it is not there."""
    if find_spec(name) is None:
        return None
    try:
        return version(name)
    except PackageNotFoundError:
        return "?"


if __name__ == "__main__":
    main(sys.argv[1:])
