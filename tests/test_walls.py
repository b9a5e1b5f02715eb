"""The walls between the rooms of the two packages: who may import whom, and that nobody imports in a circle.

The table is docs/design.md's. A new arrow is a decision: add it there, or move the code to where it belongs.
"""

from __future__ import annotations

import ast
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.import_graph import PACKAGES, ROOT, Module, circles, imported, reachable, read

FAKE = "fake_qq_server"
"""As a room: the modules that stand in no folder of it and have no row of their own; they build and connect
the rest. In the last column of a row of harness: any of its rooms."""


def table(page: str) -> dict[str, frozenset[str]]:
    """Each room of the page's table, and the rooms that it may import from besides itself."""
    rooms: dict[str, frozenset[str]] = {}
    for room, others in re.findall(r"^\| `([\w.]+)` \|.*\|([^|]*)\|$", page, re.MULTILINE):
        package = room.partition(".")[0]
        names = re.findall(r"`(\w+)`", others)
        rooms[room] = frozenset(name if name == FAKE else f"{package}.{name}" for name in names)
    return rooms


MAY_IMPORT = table((ROOT / "docs/design.md").read_text(encoding="utf-8").partition("## The rooms")[2])

BESIDE_THE_SUBJECT = ("harness.clock", "harness.journal", "harness.worker", FAKE)
"""Rooms whose every module runs under the subject's interpreter."""

STARTS = ("harness.process.bootstrap", "harness.worker.main", "harness.worker.levels.adapter",
          "harness.worker.levels.runner")  # fmt: skip
"""Where that interpreter begins to import; what else of ours runs there is reached from these."""

LENT = {"websockets", "h11", "freezegun", "dateutil", "six"}
"""What is lent to it besides the standard library; see harness/process/lent_imports.py."""

SUBJECTS = {"aiohttp", "httpx", "gateway", "plugins"}
"""What only a subject has; only the modules that drive it may import that."""

DRIVERS = ("harness.worker.levels.", "harness.worker.subjects.", "harness.worker.seam")


def room_of(module: str) -> str | None:
    """The room a module stands in; None for the two packages' own `__init__`, which import nothing."""
    parts = module.split(".")
    if len(parts) == 1:
        return None
    room = ".".join(parts[:2])
    return FAKE if room.startswith(FAKE) and room not in MAY_IMPORT else room


def crossings(graph: Mapping[str, Module]) -> list[str]:
    """Every import that goes through a wall: `harness.clock.loop imports harness.errors`."""
    return sorted(
        f"{name} imports {other}"
        for name, module in graph.items()
        for other in module.ours
        if other not in PACKAGES and not _allowed(room_of(name), room_of(other))
    )


def _allowed(room: str | None, other: str | None) -> bool:
    if room is None or other is None:
        return other is None
    if room == other:
        return True
    allowed = MAY_IMPORT.get(room, frozenset())
    any_of_it = FAKE in allowed and not room.startswith(FAKE)
    return other in allowed or (any_of_it and other.startswith(FAKE))


OWN_PROCESS = ("fake_qq_server.serving", "fake_qq_server.client", "fake_qq_server.__main__")
"""Rooms of the fake that run beside no subject, unless they are reached from STARTS."""


def beside_the_subject(graph: Mapping[str, Module]) -> set[str]:
    """Every module that runs, or may run, under the subject's interpreter."""
    beside = {name for name in graph if name.startswith(BESIDE_THE_SUBJECT)}
    rooms = {name for name in beside if not name.startswith(OWN_PROCESS)}
    return rooms | reachable(STARTS, graph)


def strangers(graph: Mapping[str, Module]) -> list[str]:
    """Every import beside the subject of what is neither the standard library's, nor lent, nor ours."""
    return sorted(
        f"{name} imports {other}"
        for name in beside_the_subject(graph)
        for other in graph[name].others - set(sys.stdlib_module_names) - LENT
        if not (other in SUBJECTS and name.startswith(DRIVERS))
    )


@pytest.fixture(scope="module")
def graph() -> dict[str, Module]:
    return read()


def test_every_import_keeps_to_the_walls(graph: dict[str, Module]) -> None:
    assert crossings(graph) == []


def test_no_modules_import_each_other_in_a_circle(graph: dict[str, Module]) -> None:
    assert circles(graph) == []


def test_what_runs_beside_the_subject_needs_the_standard_library_and_what_is_lent(
    graph: dict[str, Module],
) -> None:
    assert {"harness.scenario.parse_run", "harness.process.child_setup"} <= beside_the_subject(graph)
    assert strangers(graph) == []


def test_the_bootstrap_script_begins_with_the_standard_library() -> None:
    """Run by its path: it must come up before anything of ours can be imported."""
    tree = ast.parse((ROOT / "harness/process/bootstrap.py").read_bytes())
    names = set(imported(tree.body))
    assert names and {name.partition(".")[0] for name in names} <= set(sys.stdlib_module_names)


def test_no_package_imports_the_tests(graph: dict[str, Module]) -> None:
    assert [name for name, module in graph.items() if "tests" in module.others] == []


def test_every_room_is_in_the_table(graph: dict[str, Module]) -> None:
    rooms = {room_of(name) for name in graph} - {None}
    assert rooms == set(MAY_IMPORT)


def test_the_rooms_themselves_form_no_circle() -> None:
    rooms = {
        room: Module(frozenset(one for one in MAY_IMPORT if one != room and _allowed(room, one)), frozenset())
        for room in MAY_IMPORT
    }
    assert circles(rooms) == []


def test_every_arrow_of_the_table_is_used(graph: dict[str, Module]) -> None:
    used = {(room_of(name), room_of(other)) for name, module in graph.items() for other in module.ours}
    in_harness = {(room, FAKE) for room, other in used if other and other.startswith(FAKE)}
    drawn = {(room, other) for room, others in MAY_IMPORT.items() for other in others}
    assert drawn - used - in_harness == set()


PLANTED = (
    ("harness.clock.loop", "harness.errors"),
    ("harness.commands.run", "harness.worker.world"),
    ("fake_qq_server.wire.link", "fake_qq_server.server"),
    ("fake_qq_server.rules.engine", "harness.journal.record"),
    ("harness.__init__", "harness.worker.world"),
    ("fake_qq_server.__init__", "harness.commands.run"),
)
"""A module, and an import planted in it that goes through a wall."""


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    for package in ("fake_qq_server", "harness"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def with_line(root: Path, module: str, line: str) -> dict[str, Module]:
    """The graph of the sources with one line more at the end of a module."""
    path = (root / module.replace(".", "/")).with_suffix(".py")
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        return read(root)
    finally:
        path.write_text(before, encoding="utf-8")


@pytest.mark.parametrize(("module", "other"), PLANTED, ids=[each[0] for each in PLANTED])
def test_an_import_through_a_wall_is_named(copied: Path, module: str, other: str) -> None:
    package, _, name = other.rpartition(".")
    graph = with_line(copied, module, f"from {package} import {name}")
    assert crossings(graph) == [f"{module.removesuffix('.__init__')} imports {other}"]


def test_an_import_by_a_call_is_named(copied: Path) -> None:
    graph = with_line(copied, "harness.commands.run", 'importlib.import_module("harness.worker.world")')
    assert crossings(graph) == ["harness.commands.run imports harness.worker.world"]


def test_what_a_packages_own_file_imports_runs_wherever_the_package_does(copied: Path) -> None:
    graph = with_line(copied, "harness.scenario.__init__", "from harness.scenario.loading import load_file")
    assert "harness.scenario.yaml_positions imports yaml" in strangers(graph)


def test_an_import_for_the_type_checker_only_closes_a_circle_too(copied: Path) -> None:
    line = "if TYPE_CHECKING:\n    from fake_qq_server.rules import engine"
    found = circles(with_line(copied, "fake_qq_server.rules.decisions", line))
    rules = "fake_qq_server.rules"
    assert found == [[f"{rules}.decisions", f"{rules}.engine", f"{rules}.rule_state"]]


def test_a_package_that_no_subject_has_is_named(copied: Path) -> None:
    graph = with_line(copied, "harness.journal.writer", "import yaml")
    assert strangers(graph) == ["harness.journal.writer imports yaml"]
