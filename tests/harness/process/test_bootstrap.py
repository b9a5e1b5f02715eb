"""The script that a subject's interpreter is started with, on its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from harness.process import lent_imports
from harness.process.fork_client import BOOTSTRAP
from harness.process.heartbeat_page import HeartbeatPage, Phase
from tests.harness.process.supervised import INTERPRETER, Supervised


def test_run_mode_becomes_the_one_worker_of_a_spec(tmp_path: Path) -> None:
    spec = Supervised(tmp_path).spec("exits_with_3", folder=str(tmp_path))
    Path(spec.journal).parent.mkdir()
    page = HeartbeatPage.create(spec.heartbeat_file)
    spec.spec_file.write_text(spec.to_json())
    found = lent_imports.find_package_folders()
    boot = tmp_path / "boot.json"
    boot.write_text(json.dumps({"ours": found.ours, "lent": found.lent, "preload": [], "folder": ""}))
    command = [str(INTERPRETER), "-P", "-s", BOOTSTRAP, "run", str(boot), str(spec.spec_file)]
    assert subprocess.run(command, cwd=tmp_path, check=False, timeout=60).returncode == 3
    assert page.read().phase is Phase.RUNNING


def test_a_package_that_fails_on_import_does_not_keep_the_fork_server_from_starting(tmp_path: Path) -> None:
    found = lent_imports.find_package_folders()
    boot = {"ours": found.ours, "lent": found.lent, "preload": ["json", "broken", "no_such_module"]}
    code = f"""
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("bootstrap", {BOOTSTRAP!r})
bootstrap = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bootstrap)
sys.path.append({str(tmp_path)!r})
print(json.dumps(bootstrap.prepare_interpreter({boot!r})))
"""
    (tmp_path / "broken.py").write_text("raise RuntimeError('half a release')\n")
    command = [str(INTERPRETER), "-P", "-s", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    missing = json.loads(done.stdout)
    assert missing["broken"] == "RuntimeError: half a release"
    assert missing["no_such_module"].startswith("ModuleNotFoundError")
    assert set(missing) == {"broken", "no_such_module"}
