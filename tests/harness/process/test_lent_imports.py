"""What a subject's interpreter can import of the parent's packages, and that it can import nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.process import lent_imports

MODULE = Path(lent_imports.__file__)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with nothing but its standard library, and its site-packages."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False, symlinks=True)
    return folder


def ask(bare: Path, code: str) -> Any:
    """What `code` puts into `result`, in the bare interpreter with everything lent."""
    whole = f"""
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("_lent_imports", {str(MODULE)!r})
lent_imports = sys.modules["_lent_imports"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lent_imports)
before = list(sys.path)
lent_imports.install(lent_imports.PackageFolders(**json.loads({json.dumps(asdict(lent_imports.find_package_folders()))!r})))
lent_imports.install(lent_imports.PackageFolders({{}}, {{}}))
assert sys.path == before
{code}
print(json.dumps(result))
"""
    command = [str(bare / "bin" / "python"), "-P", "-s", "-c", whole]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def packages(bare: Path) -> Path:
    return next(bare.glob("lib/python*/site-packages"))


def test_each_package_is_in_the_folder_that_is_found_for_it() -> None:
    found = lent_imports.find_package_folders()
    assert set(found.ours) == set(lent_imports.OURS)
    assert set(found.lent) >= {"websockets", "h11", "freezegun"}
    for name, folder in {**found.ours, **found.lent}.items():
        assert (Path(folder) / name).is_dir() or (Path(folder) / f"{name}.py").is_file()


def test_a_package_that_is_not_installed_is_named_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lent_imports, "LENT", ("no_such_package",))
    with pytest.raises(HarnessError, match=r"package no_such_package.*cannot be found"):
        lent_imports.find_package_folders()


def test_everything_that_a_worker_needs_can_be_imported(bare: Path) -> None:
    code = """
import harness.clock, harness.process.heartbeat_page, harness.journal.record, fake_qq_server.server
import freezegun.api, h11
import websockets.http11, websockets.server
result = [harness.__file__, websockets.__file__]
"""
    ours, lent = ask(bare, code)
    assert ours == str(MODULE.parents[1] / "__init__.py")
    assert lent.startswith(lent_imports.find_package_folders().lent["websockets"])


@pytest.mark.parametrize("name", ["pytest", "yaml", "rich", "aiohttp", "pluggy"])
def test_no_other_package_of_the_parent_can_be_imported(bare: Path, name: str) -> None:
    code = f"import websockets, freezegun\nresult = importlib.util.find_spec({name!r}) is None"
    assert ask(bare, code) is True


def test_the_subjects_own_version_of_a_lent_package_wins(bare: Path) -> None:
    own = packages(bare) / "h11"
    own.mkdir()
    (own / "__init__.py").write_text("__version__ = 'its own'\n")
    try:
        assert ask(bare, "import h11\nresult = h11.__version__") == "its own"
    finally:
        shutil.rmtree(own)


def test_our_packages_win_over_others_of_the_same_name(bare: Path) -> None:
    other = packages(bare) / "harness.py"
    other.write_text("raise RuntimeError('another harness')\n")
    try:
        assert ask(bare, "import harness\nresult = harness.__file__") == str(
            MODULE.parents[1] / "__init__.py"
        )
    finally:
        other.unlink()


def test_modules_of_our_folders_are_no_top_level_modules(bare: Path) -> None:
    """`-P`: the folder of the bootstrap script is not on sys.path."""
    assert ask(bare, "result = importlib.util.find_spec('supervisor') is None") is True


def test_the_finder_finds_a_module_that_is_one_file_and_no_other_name(tmp_path: Path) -> None:
    (tmp_path / "qqchaos_one.py").write_text("HERE = True\n")
    finder = lent_imports.PackageFinder({"qqchaos_one": str(tmp_path)})
    found = finder.find_spec("qqchaos_one")
    assert found is not None and found.origin == str(tmp_path / "qqchaos_one.py")
    assert finder.find_spec("qqchaos_two") is None
    assert finder.find_spec("qqchaos_one.inner", [str(tmp_path)]) is None


def test_the_module_itself_needs_the_standard_library_only() -> None:
    command = [sys.executable, "-I", "-S", str(MODULE)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
