"""`doctor` looks and installs nothing; it says per level what is lacking."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.commands import machine
from harness.commands.request import DoctorRequest
from harness.hermes import interpreters
from harness.process import walls
from harness.toxiproxy import program

MakeTree = Callable[..., Path]


@pytest.fixture
def checkout(tmp_path: Path, tree: MakeTree) -> Path:
    root = tree(tmp_path / "hermes")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / ".venv"], check=True)
    (site,) = (root / ".venv").glob("lib/python*/site-packages")
    for name in ("aiohttp", "httpx"):
        (site / f"{name}.py").write_text("")
    return root


def lacks(diagnosis: machine.Diagnosis) -> dict[str, tuple[str, ...]]:
    return dict(diagnosis.lacks)


def test_a_complete_checkout_lacks_nothing(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, **_: f"/bin/{name}")
    monkeypatch.setattr(walls, "possible", lambda: tuple(walls.WALLS))
    diagnosis = machine.examine(str(checkout))
    assert lacks(diagnosis) == {"adapter": (), "runner": (), "process": ()}
    assert diagnosis.exit_status == 0
    names = [fact.name for fact in diagnosis.facts]
    assert names == [
        "interpreter", "hermes-agent", "its content", "its layout", "its Python", "its aiohttp",
        "uv or pip", "tmpfs", "cores", "walls", "Toxiproxy", "libfaketime", "a C compiler", "systemd",
    ]  # fmt: skip
    assert machine.render(diagnosis)[-2].split() == ["ok", "runner", "can", "run"]
    assert machine.render(diagnosis)[-1].split() == ["ok", "process", "can", "run"]


def test_each_wall_that_does_not_stand_is_told_with_what_that_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walls, "possible", lambda: ("signals",))
    standing, without = machine._walls()
    assert (standing.state, standing.value) == ("ok", "around each run: signals")
    assert (without.state, without.value) == ("note", f"without {walls.WITHOUT['network']}")


def test_a_machine_without_a_loopback_can_run_where_each_run_has_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(walls, "loopback_trouble", lambda: "no loopback")
    for possible, lacking in (((), "no loopback"), (("network",), None)):
        monkeypatch.setattr(walls, "possible", lambda possible=possible: possible)
        assert machine._loopback(None) == lacking


def test_what_the_levels_above_lack_does_not_stop_the_adapter(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, **_: None)
    (checkout / "gateway/run.py").unlink()
    diagnosis = machine.examine(str(checkout))
    assert lacks(diagnosis)["adapter"] == ()
    assert lacks(diagnosis)["runner"] == ("this hermes-agent has no gateway/run.py",)
    assert lacks(diagnosis)["process"][:1] == ("this hermes-agent has no gateway/run.py",)
    assert diagnosis.exit_status == 0


def test_a_subject_that_cannot_be_imported_stops_every_level(checkout: Path) -> None:
    (checkout / "gateway/__init__.py").write_text("import nowhere_at_all\n")
    diagnosis = machine.examine(str(checkout))
    assert all("nowhere_at_all" in " ".join(what) for what in lacks(diagnosis).values())
    assert diagnosis.exit_status == 125


def test_a_release_is_not_installed_by_looking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = interpreters.Interpreter(Path(sys.executable), (3, 12, 0), Path(sys.executable))
    monkeypatch.setattr(interpreters, "current", lambda: here)
    diagnosis = machine.examine("0.16.0", cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
    assert diagnosis.to_install
    assert "0.16.0, not installed yet" in "\n".join(machine.render(diagnosis))
    assert "once hermes-agent is installed" in machine.render(diagnosis)[-3]


def test_without_uv_and_pip_a_release_cannot_be_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreters, "working_uv", lambda: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    diagnosis = machine.examine("0.16.0", cache=tmp_path / "cache")
    assert diagnosis.exit_status == 125
    assert "no uv that runs" in lacks(diagnosis)["adapter"][0]


@pytest.mark.parametrize("hermes", ["/does/not/exist", "no-such-thing"])
def test_a_subject_that_does_not_exist_is_a_fact_and_125(hermes: str) -> None:
    diagnosis = machine.examine(hermes)
    assert diagnosis.facts[1].state == "missing"
    assert diagnosis.exit_status == 125


@pytest.mark.parametrize(
    ("line", "found"), [("tmpfs {} tmpfs rw 0 0\n", True), ("/dev/sda {} ext4 rw 0 0\n", False)]
)
def test_a_tmpfs_is_found_in_the_mounts_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, found: bool
) -> None:
    (tmp_path / "mounts").write_text(line.format(tmp_path))
    monkeypatch.setattr(machine, "_MOUNTS", tmp_path / "mounts")
    monkeypatch.setattr(machine, "_SHARED_MEMORY", tmp_path)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert machine.tmpfs() == (tmp_path if found else None)


def test_the_command_prints_lines_or_json_and_ends_with_its_status(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "_MOUNTS", checkout / "no-such-file")  # how much is free changes meanwhile
    diagnosis = machine.examine(str(checkout))
    assert machine.doctor(DoctorRequest(hermes=str(checkout))) == diagnosis.exit_status
    assert capsys.readouterr().out.splitlines() == machine.render(diagnosis)
    assert machine.doctor(DoctorRequest(hermes=str(checkout), json=True)) == diagnosis.exit_status
    document = json.loads(capsys.readouterr().out)
    assert [fact["name"] for fact in document["facts"]] == [fact.name for fact in diagnosis.facts]
    assert [level for level, _ in document["lacks"]] == ["adapter", "runner", "process"]


def test_a_missing_toxiproxy_is_a_note_with_the_command_that_builds_it(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "find", lambda cache=None: None)
    (fact,) = [one for one in machine.examine(str(checkout)).facts if one.name == "Toxiproxy"]
    assert fact.state == "note" and "`qqchaos toxiproxy install` builds it" in fact.value
