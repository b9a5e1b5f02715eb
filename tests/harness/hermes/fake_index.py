"""Stand-ins for pip and for virtual environments with other people's packages; nothing of the network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

INSTALLER = '''\
"""Stands for pip: puts what is asked for into the environment of the interpreter that runs it."""
import pathlib, sys, time
here = pathlib.Path(__file__).parent
site = next(pathlib.Path(sys.prefix).glob("lib/python*/site-packages"))
name, _, version = sys.argv[1].partition("==")
with (here / "log").open("a") as log:
    log.write(sys.argv[1] + "\\n")
if (here / "slow").exists():
    time.sleep(1.0)
if (here / "broken").exists():
    sys.exit("resolving...\\nERROR: cannot reach the index\\n")
if name == "hermes-agent" and version != "0.19.0":
    sys.exit("ERROR: No matching distribution found for " + sys.argv[1])
if name == "hermes-agent":
    import shutil
    shutil.copytree(here / "tree", site, dirs_exist_ok=True)
    names = {"httpx": "0.28.1"}
else:
    names = {name: version}
for name, version in names.items():
    (site / (name + ".py")).write_text("")
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {name}\\nVersion: {version}\\n")
(here / "log").open("a").write("done\\n")
'''


def package(folder: Path, name: str, version: str = "1.0") -> None:
    """A module with metadata, as pip leaves it."""
    (folder / f"{name}.py").write_text("")
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")


def make_venv(folder: Path, *names: str) -> Path:
    """A virtual environment with those modules; gives its site-packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for name in names:
        package(site, name)
    return site


def installed(index: Path) -> list[str]:
    """What the stand-in for pip was asked for, and "done" after each."""
    return (index / "log").read_text().split() if (index / "log").exists() else []


def forbid_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, starting a process fails the test: what a finished environment costs is reading files."""
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a process was started"))


def shim(folder: Path, name: str, text: str) -> None:
    """A shell script on PATH that stands for a program."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)
