"""What a worker sees of its process: nothing of the user's, nothing of another run's."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from harness.process import child_setup
from harness.process.child_setup import SpawnRequest
from tests.harness.process.supervised import HERE, ROOT, Supervised, is_gone, wait_until

HOMES = {
    "HOME", "HERMES_HOME", "HERMES_GATEWAY_LOCK_DIR", "TMPDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
    "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
}  # fmt: skip

FIXED = {
    "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0", "USER": "qqchaos",
    "LOGNAME": "qqchaos", "SHELL": "/bin/sh",
}  # fmt: skip


def test_a_worker_is_separated_from_its_user_and_its_parent(
    supervised: Supervised, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "PYTHONPATH", "HERMES_HOME", "QQ_APP_ID"):
        monkeypatch.setenv(name, "/nonsense")
    supervised.close_of("reports_itself", env={"MORE": "1"})
    seen = supervised.seen()
    folder = seen["folder"]
    assert folder.startswith(str(supervised.private)) and seen["cwd"] == folder
    homes = {key: value for key, value in seen["env"].items() if value.startswith(folder)}
    assert set(homes) == HOMES
    plain = {key: value for key, value in seen["env"].items() if key not in homes}
    plain.pop("LD_LIBRARY_PATH", None)
    assert plain == {**FIXED, "MORE": "1"}
    assert seen["session"] == seen["pid"]
    assert len(seen["cores"]) == 1
    assert seen["path"][0] == str(HERE) and str(ROOT / "harness") not in seen["path"]
    assert seen["stdin"] == ""
    assert seen["oom"] == "1000"
    assert not any(target.startswith("socket:") for target in seen["descriptors"])
    strangers = ("gateway", "hermes_cli", "pytest", "yaml")
    assert not any(name.split(".")[0] in strangers for name in seen["modules"])


def test_a_fork_and_a_fresh_interpreter_are_equal_for_a_subject(supervised: Supervised) -> None:
    supervised.close_of("reports_itself", name="fork")
    supervised.close_of("reports_itself", name="fresh", fresh=True)
    fork, fresh = supervised.seen("fork"), supervised.seen("fresh")
    for key in ("hash", "path", "argv", "depth", "oom", "stdin"):
        assert fork[key] == fresh[key], key
    assert set(fork["env"]) == set(fresh["env"])
    assert set(fresh["modules"]) <= set(fork["modules"])


def test_a_fresh_interpreter_may_have_a_hash_seed_of_its_own(supervised: Supervised) -> None:
    supervised.close_of("reports_itself", name="zero", fresh=True)
    supervised.close_of("reports_itself", name="seven", fresh=True, env={"PYTHONHASHSEED": "7"})
    assert supervised.seen("zero")["hash"] != supervised.seen("seven")["hash"]


def test_a_spawn_request_is_read_from_json_and_other_keys_are_ignored() -> None:
    request = SpawnRequest(7, "/spec.json", True, 3, 1 << 33, 1 << 29)
    data = asdict(request)
    assert SpawnRequest.from_json({"request": "spawn", **data}) == request


@pytest.mark.parametrize(("code", "status"), [(None, 0), (0, 0), (3, 3), (256, 0), (-1, 255), ("no", 1)])
def test_an_exit_code_becomes_the_status_that_sys_exit_would_make_of_it(code: object, status: int) -> None:
    assert child_setup._status(code) == status
    command = [sys.executable, "-c", f"raise SystemExit({code!r})"]
    assert subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == status


def test_a_process_that_dies_with_its_parent_is_killed_when_that_is_killed(tmp_path: Path) -> None:
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(ROOT)!r})
from harness.process import child_setup
if os.fork() == 0:
    child_setup.die_with_parent(os.getppid())
    open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
signal.pause()
"""
    parent = subprocess.Popen([sys.executable, "-c", code])
    pid_file = tmp_path / "pid"
    wait_until(lambda: pid_file.exists() and pid_file.read_text())
    child = int(pid_file.read_text())
    parent.kill()
    assert parent.wait() == -signal.SIGKILL
    wait_until(lambda: is_gone(child))


def test_a_process_whose_parent_has_ended_already_exits_at_once() -> None:
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from harness.process import child_setup
child_setup.die_with_parent(1 << 30)
"""
    status = subprocess.run([sys.executable, "-c", code], check=False).returncode
    assert status == child_setup.PROBLEM_STATUS
