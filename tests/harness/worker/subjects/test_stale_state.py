"""What a killed gateway leaves: files in the release's own shape, with a process that cannot be alive."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from harness.errors import SubjectError
from harness.hermes.environments import resolve
from harness.worker.subjects.stale_state import PID_MAX, replace_pid, write_stale_state

ROOT = Path(__file__).parents[4]


def test_the_pid_in_a_json_object_is_replaced_and_nothing_else_of_it(tmp_path: Path) -> None:
    file = tmp_path / "gateway.pid"
    file.write_text(json.dumps({"pid": 12, "kind": "gateway"}))
    replace_pid(file, 99)
    assert json.loads(file.read_text()) == {"pid": 99, "kind": "gateway"}


@pytest.mark.parametrize("text", ["", '{"kind": "gateway"}', "[12]"])
def test_a_file_without_a_pid_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    file = tmp_path / "gateway.lock"
    file.write_text(text)
    replace_pid(file, 99)
    replace_pid(tmp_path / "none", 99)
    assert file.read_text() == text
    assert not (tmp_path / "none").exists()


def test_a_subject_that_keeps_no_such_files_cannot_have_been_killed() -> None:
    with pytest.raises(SubjectError, match="leaves no files that are known here: No module named"):
        write_stale_state("app")


@pytest.mark.release
def test_a_release_writes_its_own_files_which_name_a_process_that_cannot_be_alive(tmp_path: Path) -> None:
    found = resolve("0.19.0")
    locks = tmp_path / "locks"
    locks.mkdir()
    environment = {
        "HERMES_HOME": str(tmp_path),
        "HERMES_GATEWAY_LOCK_DIR": str(locks),
        "PYTHONPATH": str(ROOT),
        "PATH": os.environ["PATH"],
    }
    code = "from harness.worker.subjects.stale_state import write_stale_state as w; w('102000001')"
    subprocess.run([found.interpreter, "-c", code], check=True, cwd=tmp_path, env=environment)
    dead = int(PID_MAX.read_text())
    files = [tmp_path / "gateway.pid", tmp_path / "gateway_state.json", *locks.glob("*.lock")]
    assert len(files) == 3
    assert [json.loads(file.read_text())["pid"] for file in files] == [dead] * 3
    state = json.loads(files[1].read_text())
    assert (state["gateway_state"], state["platforms"]["qqbot"]["state"]) == ("running", "connected")
