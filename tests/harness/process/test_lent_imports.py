"""What is lent to the subject's interpreter, and that nothing else is."""

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

BESIDE = Path(lent_imports.__file__)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with nothing but its standard library, and its site-packages."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False, symlinks=True)
    return folder


def ask(bare: Path, code: str) -> Any:
    """What `code` puts into `told`, in the bare interpreter with everything lent."""
    whole = f"""
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("_beside", {str(BESIDE)!r})
beside = sys.modules["_beside"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(beside)
before = list(sys.path)
beside.install(beside.Places(**json.loads({json.dumps(asdict(lent_imports.places()))!r})))
beside.install(beside.Places({{}}, {{}}))
assert sys.path == before
{code}
print(json.dumps(told))
"""
    command = [str(bare / "bin" / "python"), "-P", "-s", "-c", whole]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def packages(bare: Path) -> Path:
    return next(bare.glob("lib/python*/site-packages"))


def test_places_hold_the_packages() -> None:
    found = lent_imports.places()
    assert set(found.ours) == set(lent_imports.OURS)
    assert set(found.lent) >= {"websockets", "h11", "freezegun"}
    for name, folder in {**found.ours, **found.lent}.items():
        assert (Path(folder) / name).is_dir() or (Path(folder) / f"{name}.py").is_file()


def test_a_missing_package_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lent_imports, "LENT", ("no_such_package",))
    with pytest.raises(HarnessError, match="no_such_package cannot be found"):
        lent_imports.places()


def test_everything_needed_imports(bare: Path) -> None:
    code = """
import harness.clock, harness.pulse, harness.journal, fake_qq_server.protocol, freezegun.api, h11
import websockets.http11, websockets.server
told = [harness.__file__, websockets.__file__]
"""
    ours, lent = ask(bare, code)
    assert ours == str(BESIDE.parents[1] / "__init__.py")
    assert lent.startswith(lent_imports.places().lent["websockets"])


@pytest.mark.parametrize("name", ["pytest", "yaml", "rich", "aiohttp", "pluggy"])
def test_nothing_else_comes_along(bare: Path, name: str) -> None:
    code = f"import websockets, freezegun\ntold = importlib.util.find_spec({name!r}) is None"
    assert ask(bare, code) is True


def test_the_subjects_own_version_wins(bare: Path) -> None:
    own = packages(bare) / "h11"
    own.mkdir()
    (own / "__init__.py").write_text("__version__ = 'its own'\n")
    try:
        assert ask(bare, "import h11\ntold = h11.__version__") == "its own"
    finally:
        shutil.rmtree(own)


def test_ours_win_over_a_namesake(bare: Path) -> None:
    other = packages(bare) / "harness.py"
    other.write_text("raise RuntimeError('another harness')\n")
    try:
        assert ask(bare, "import harness\ntold = harness.__file__") == str(BESIDE.parents[1] / "__init__.py")
    finally:
        other.unlink()


def test_a_package_of_a_subject_named_like_a_module_of_ours(bare: Path) -> None:
    """`-P`: the folder of the nursery's script is not on sys.path."""
    assert ask(bare, "told = importlib.util.find_spec('supervisor') is None") is True


def test_a_module_that_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "qqchaos_one.py").write_text("HERE = True\n")
    finder = lent_imports.Beside({"qqchaos_one": str(tmp_path)})
    found = finder.find_spec("qqchaos_one")
    assert found is not None and found.origin == str(tmp_path / "qqchaos_one.py")
    assert finder.find_spec("qqchaos_two") is None
    assert finder.find_spec("qqchaos_one.inner", [str(tmp_path)]) is None


def test_it_needs_the_standard_library_only() -> None:
    command = [sys.executable, "-I", "-S", str(BESIDE)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
