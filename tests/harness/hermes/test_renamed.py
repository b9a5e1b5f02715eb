"""A fork by another name is given what it needs under its own names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.hermes import renamed
from harness.hermes.environments import resolve
from tests.harness.hermes.fake_index import make_venv

OWN = {
    "FABRIC_HOME": "$HERMES_HOME",
    "FABRIC_GATEWAY_LOCK_DIR": "$HERMES_GATEWAY_LOCK_DIR",
    "FABRIC_DISABLE_LAZY_INSTALLS": "1",
}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('home = os.environ.get("FABRIC_HOME", "").strip()', OWN),
        ("home = os.environ['FABRIC_HOME']", OWN),
        ('home = os.getenv("FABRIC_HOME")', OWN),
        ('home = environ.get(\n    "XDG_CONFIG_HOME") or os.environ.get("FABRIC_HOME")', OWN),
        ('home = os.environ.get("HERMES_HOME", "")', {}),
        ('home = os.environ.get("FABRIC_HOME") or os.environ.get("HERMES_HOME")', {}),
        ('"""FABRIC_HOME is the home."""', {}),
        ('home = os.environ.get("HOME")', {}),
    ],
)
def test_the_prefix_is_that_of_the_home_that_its_constants_read(
    source: str, found: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "fabric_constants.py").write_text(source, encoding="utf-8")
    assert renamed.variables(tmp_path) == found


def test_a_tree_without_constants_is_given_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder_constants.py").mkdir()
    assert renamed.variables(tmp_path) == {}


def test_a_fork_in_a_folder_is_told_by_its_own_name_and_given_its_variables(
    tmp_path: Path, tree: Callable[..., Path]
) -> None:
    root = tree(tmp_path / "fork", version=None)
    (root / "pyproject.toml").write_text('[project]\nname = "fabric-agent"\nversion = "0.22.0"\n')
    (root / "fabric_constants.py").write_text('import os\n\nhome = os.environ.get("FABRIC_HOME")\n')
    make_venv(root / ".venv", "aiohttp", "httpx")
    found = resolve(str(root))
    assert (found.name, found.version, found.environment) == ("fabric-agent", "0.22.0", OWN)
    assert found.description.startswith("fabric-agent 0.22.0 (path, ")
    assert "with FABRIC_HOME=$HERMES_HOME" in found.description
