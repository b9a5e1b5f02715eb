"""A package index that is a folder: what `releases` installs comes from there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.hermes import releases
from tests.harness.hermes.fake_index import INSTALLER

MakeTree = Callable[..., Path]


@pytest.fixture
def index(tmp_path: Path, tree: MakeTree, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a tool that stands for pip; its `log` says what was installed."""
    folder = tmp_path / "index"
    folder.mkdir()
    (folder / "install.py").write_text(INSTALLER)
    tree(folder / "tree")
    pip = releases.Tool(
        "pip",
        ("{python}", "-m", "venv", "--without-pip", "{folder}"),
        ("{inside}", str(folder / "install.py")),
    )
    monkeypatch.setattr(releases, "TOOLS", {"pip": pip})
    monkeypatch.setattr(releases, "working_uv", lambda: None)
    return folder
