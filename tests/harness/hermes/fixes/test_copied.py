"""A private copy of an environment, and what is started in it."""

from __future__ import annotations

import subprocess
import sys
import venv
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import SubjectError
from harness.hermes import fixes
from harness.hermes.fixes import Fix
from harness.hermes.fixes.copied import copy_of
from harness.hermes.installation import Installation, program_of
from tests.harness.hermes.conftest import MakeTree
from tests.harness.hermes.fixes.subjects import ADAPTER, diff, installation

COMMAND = "from gateway.platforms.qqbot.adapter import LIMIT, __file__\ndef main(): print(LIMIT, __file__)\n"
PROJECT = '[project]\nname = "hermes-agent"\nversion = "0"\nscripts = {hermes = "hermes_cli.main:main"}\n'


@pytest.fixture
def checkout(tmp_path: Path, tree: MakeTree) -> Installation:
    """With an environment beside it, which does not know it."""
    root = tree(tmp_path / "checkout", version=None)
    (root / "hermes_cli/main.py").write_text(COMMAND)
    (root / "pyproject.toml").write_text(PROJECT)
    venv.create(tmp_path / "environment", with_pip=False, symlinks=True)
    return replace(installation(root), interpreter=tmp_path / "environment/bin/python")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Where the copy is made."""
    folder = tmp_path / "copies" / "environment"
    folder.mkdir(parents=True)
    return folder


def started(found: Installation) -> list[str]:
    """What its command prints."""
    program = program_of(found)[:2]
    return subprocess.run(program, capture_output=True, text=True, check=True, timeout=60).stdout.split()


def patched(found: Installation, folder: Path) -> Fix:
    adapter = (found.root / ADAPTER).read_text()
    change = folder / "change.patch"
    change.write_text(diff(ADAPTER, ADAPTER, adapter, adapter.replace("LIMIT = 100", "LIMIT = 7")))
    return fixes.choose(str(change), found)


def test_a_checkout_is_started_as_if_it_were_installed(checkout: Installation, copy: Path) -> None:
    laid = copy_of(checkout, None, copy)
    assert laid.interpreter.is_relative_to(copy) and laid.path_entries == ()
    assert started(laid) == ["100", str(checkout.root / ADAPTER)]
    assert not (checkout.interpreter.parent / "hermes").exists()


def test_a_checkout_with_a_fix_is_started_from_a_copy_of_its_own(
    checkout: Installation, copy: Path, tmp_path: Path
) -> None:
    before = {path: path.read_bytes() for path in checkout.root.rglob("*.py")}
    laid = copy_of(checkout, patched(checkout, tmp_path), copy)
    assert started(laid) == ["7", str(copy.with_name("checkout") / ADAPTER)]
    assert {path: path.read_bytes() for path in checkout.root.rglob("*.py")} == before


def test_a_fix_wins_over_an_editable_installation_of_the_same_checkout(
    checkout: Installation, copy: Path, tmp_path: Path
) -> None:
    (packages,) = (tmp_path / "environment").glob("lib/python*/site-packages")
    (packages / "__editable__.hermes_agent-0.pth").write_text(f"{checkout.root}\n")
    editable = replace(checkout, path_entries=())
    assert started(copy_of(editable, patched(editable, tmp_path), copy))[0] == "7"


def test_what_is_installed_gets_the_fix_in_the_copy(
    tmp_path: Path, copy: Path, tree: MakeTree, checkout: Installation
) -> None:
    (packages,) = (tmp_path / "environment").glob("lib/python*/site-packages")
    tree(packages)
    (packages / "hermes_cli/main.py").write_text(COMMAND)
    command = tmp_path / "environment/bin/hermes"
    command.write_text("from hermes_cli.main import main\nmain()\n")
    own = replace(installation(packages), interpreter=checkout.interpreter, path_entries=())
    laid = copy_of(own, patched(own, tmp_path), copy)
    assert (started(own)[0], started(laid)[0]) == ("100", "7")
    assert laid.root.is_relative_to(copy)


def test_a_checkout_without_the_command_is_refused(checkout: Installation, copy: Path) -> None:
    (checkout.root / "pyproject.toml").write_text('[project]\nname = "hermes-agent"\n')
    with pytest.raises(SubjectError, match=r"checkout names no command `hermes`"):
        copy_of(checkout, None, copy)


def test_a_python_that_is_in_no_environment_is_refused(checkout: Installation, copy: Path) -> None:
    real = Path(sys.executable).resolve()
    with pytest.raises(SubjectError, match=r"is no virtual environment"):
        copy_of(replace(checkout, interpreter=real), None, copy)
