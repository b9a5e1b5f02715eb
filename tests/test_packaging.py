"""What is built and shipped, and what no file may say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.import_graph import PACKAGES, ROOT

OUR_TEXTS = (".py", ".md", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".json", ".txt")


# -- the distributions


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, built from a copy: the checkout stays as it is."""
    folder = tmp_path_factory.mktemp("built")
    copy = folder / "copy"
    copy.mkdir()
    for name in tracked():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    code = "from hatchling.build import *; import sys; build_wheel(sys.argv[1]), build_sdist(sys.argv[1])"
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    (path,) = built.glob("qqchaos-*.whl")
    return zipfile.ZipFile(path)


def tracked() -> list[str]:
    """Every file of the repository, also those that are not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-c", "-o", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_the_wheel_has_two_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_the_wheel_has_every_scenario_as_data(wheel: zipfile.ZipFile) -> None:
    inside = {name.removeprefix("harness/_scenarios/") for name in wheel.namelist() if "_scenarios/" in name}
    here = {str(path.relative_to(ROOT / "scenarios")) for path in (ROOT / "scenarios").rglob("*.yaml")}
    here &= {name.removeprefix("scenarios/") for name in tracked()}
    assert here and here <= inside
    assert not [name for name in inside if name.endswith(".py")]


def test_every_module_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    modules = {name for name in tracked() if name.endswith(".py") and name.startswith(PACKAGES)}
    assert modules <= set(wheel.namelist())


def test_the_program_works_where_it_is_installed(built: Path, wheel: zipfile.ZipFile) -> None:
    (entry,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert wheel.read(entry).decode().split() == [
        *("[console_scripts]", "qqchaos", "=", "harness.cli:main"),
        *("[pytest11]", "qqchaos", "=", "harness.pytest_plugin"),
    ]
    site = built / "site"
    wheel.extractall(site)
    code = f"import sys; sys.path.insert(0, {str(site)!r}); import harness.cli as c; sys.exit(c.main())"
    command = [sys.executable, "-I", "-c", code, "list"]
    done = subprocess.run(command, cwd=site, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "exhausted  #14539" in done.stdout


def test_the_sdist_can_be_built_and_tested(built: Path) -> None:
    (path,) = built.glob("qqchaos-*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "tox.ini", "scenarios/exhausted.yaml"} <= names
    assert {"tests/test_packaging.py", "docs/virtual-time.md", "harness/cli.py"} <= names


def test_the_dependencies_are_these() -> None:
    """The last two are for `--network toxiproxy`, and not imported without it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[<>=~!\[ ]", one)[0] for one in project["dependencies"]}
    everybody = {"websockets", "h11", "freezegun", "packaging", "pyyaml", "rich"}
    assert names == everybody | {"toxiproxy-python", "requests"}


@pytest.mark.release
def test_the_plugin_works_in_a_project_of_somebody_elses_by_its_documentation(
    built: Path, tmp_path: Path
) -> None:
    """The page's own files, in a new environment that has the wheel and what the wheel asks for."""
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    files = re.findall(r"```python\n# (\w+\.py)\n(.*?)```", page, re.DOTALL)
    (wheel,) = built.glob("qqchaos-*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    project = tmp_path / "project"
    project.mkdir()
    for name, text in files:
        (project / name).write_text(text, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    for command in (["pip", "install", "-q", f"{wheel}[pytest]"], ["pytest", "-q"]):
        done = subprocess.run(
            [python, "-m", *command],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed, 1 xfailed" in done.stdout


def test_what_is_declared_as_the_oldest_is_what_tox_tries() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    lines = (ROOT / "tests" / "oldest.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert set(pinned) == {Requirement(one).name for one in declared}
    for one in map(Requirement, declared):
        oldest = min(Version(each.version) for each in one.specifier if each.operator == ">=")
        assert Version(pinned[one.name]) == oldest, one
        assert any(each.operator == "<" for each in one.specifier), f"{one} has no end"


# -- what no file may say

HOMES = re.compile(r"/(?:root|home/[a-z_][\w-]*|Users/[A-Za-z][\w-]*)/(?![*<{])")
EXAMPLES = {"/home/x/", "/home/u/", "/home/user/", "/home/me/", "/home/you/"}


def test_no_file_names_the_machine_it_was_written_on() -> None:
    machine = os.uname().nodename
    found = []
    for name in tracked():
        if not name.endswith(OUR_TEXTS) or name == "tests/test_packaging.py":
            continue
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        said = {match.group() for match in HOMES.finditer(text)} - EXAMPLES
        if len(machine) > 5 and machine != "localhost" and machine in text:
            said.add(machine)
        if said:
            found.append((name, sorted(said)))
    assert found == []
