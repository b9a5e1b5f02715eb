"""What `--hermes` and `--python` mean: a folder, what is installed, or a release. No network."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import SubjectError, UsageError
from harness.hermes.environments import release_to_install, resolve
from harness.hermes.installation import check_import
from tests.harness.hermes.fake_index import forbid_processes, make_venv

MakeTree = Callable[..., Path]


def test_a_checkout_runs_with_the_python_of_its_venv(tmp_path: Path, tree: MakeTree) -> None:
    root = tree(tmp_path / "hermes", version=None)
    (root / "pyproject.toml").write_text('[project]\nname = "hermes-agent"\nversion = "0.0.0"\n')
    make_venv(root / ".venv", "aiohttp", "httpx")
    found = resolve(str(root))
    assert (found.source, found.version, found.aiohttp) == ("path", "0.0.0", "1.0")
    assert found.path_entries == (root,)
    assert found.interpreter == root / ".venv/bin/python"
    assert found.commit is None
    check_import(found.layout, found.interpreter, found.path_entries)


@pytest.mark.parametrize("named", ["", "lib/python{}.{}/site-packages"])
def test_a_virtual_environment_may_be_named_by_its_folder_or_its_site_packages(
    tmp_path: Path, tree: MakeTree, named: str
) -> None:
    site = make_venv(tmp_path / "venv", "aiohttp", "httpx")
    tree(site)
    found = resolve(str(tmp_path / "venv" / named.format(*sys.version_info[:2])))
    assert (found.root, found.version) == (site, "0.19.0")
    assert found.path_entries == ()
    assert found.interpreter == tmp_path / "venv/bin/python"


def test_an_unpacked_wheel_needs_a_python_to_be_named(tmp_path: Path, tree: MakeTree) -> None:
    root = tree(tmp_path / "wheel")
    with pytest.raises(UsageError, match="say which Python has its dependencies with --python"):
        resolve(str(root))
    make_venv(tmp_path / "venv", "aiohttp", "httpx")
    found = resolve(str(root), str(tmp_path / "venv/bin/python"))
    assert (found.path_entries, found.source) == ((root,), "path")


def test_a_folder_that_cannot_be_driven_is_refused_before_any_python_is_started(
    tmp_path: Path, tree: MakeTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid_processes(monkeypatch)
    with pytest.raises(SubjectError, match="cannot be driven yet"):
        resolve(str(tree(tmp_path / "c", "C")))
    (tmp_path / "empty").mkdir()
    with pytest.raises(SubjectError, match="no hermes-agent there"):
        resolve(str(tmp_path / "empty"))
    with pytest.raises(UsageError, match="neither a release"):
        resolve(str(tmp_path / "none"))
    (tmp_path / "x.whl").touch()
    with pytest.raises(UsageError, match="unpack it"):
        resolve(str(tmp_path / "x.whl"))


def test_an_installed_hermes_is_taken_before_a_release(index: Path, tmp_path: Path, tree: MakeTree) -> None:
    site = make_venv(tmp_path / "venv", "aiohttp", "httpx")
    python = str(tmp_path / "venv/bin/python")
    assert resolve(None, python, tmp_path / "cache").source == "release"
    (site / "gateway").mkdir()
    (site / "gateway/__init__.py").write_text("somebody = 'else'\n")
    assert resolve(None, python, tmp_path / "cache").source == "release"
    tree(site)
    found = resolve(None, python, tmp_path / "cache")
    assert (found.source, found.root, found.path_entries) == ("installed", site, ())
    assert found.interpreter == Path(python)


def test_a_release_that_somebody_changed_in_the_cache_is_told_so(index: Path, tmp_path: Path) -> None:
    found = resolve("0.19.0", sys.executable, tmp_path / "cache")
    with (found.root / found.layout.file).open("a") as file:
        file.write("# tried out\n")
    changed = resolve("0.19.0", sys.executable, tmp_path / "cache")
    assert (found.changed, changed.changed, changed.sha256 == found.sha256) == (False, True, False)
    assert "(release, CHANGED since it was installed, " in changed.description


@pytest.mark.parametrize(
    ("named", "release"),
    [("0.19", "0.19.0"), ("v0.19.0", "0.19.0"), ("0.15.2", "0.15.2"), ("1", "1.0.0"), ("0.19rc1", "0.19rc1")],
)
def test_a_release_has_one_name_and_one_environment(tmp_path: Path, named: str, release: str) -> None:
    assert release_to_install(named, sys.executable, tmp_path) == release
