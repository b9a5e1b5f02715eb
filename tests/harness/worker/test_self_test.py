"""The self-test before a series: passes here, and tells a machine's trouble in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.process import supervisor as supervisor_module
from harness.process.supervisor import Supervisor

ROOT = Path(__file__).parents[3]

WITHOUT_LOOPBACK = """
import ctypes, os, sys
from pathlib import Path
uid, gid = os.geteuid(), os.getegid()
if ctypes.CDLL(None).unshare(0x10000000 | 0x40000000):  # a new user namespace, and a network without `lo`
    sys.exit(77)
for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
    Path("/proc/self", name).write_text(text)
for name in ("net", "user"):  # no further ones, so that the worker cannot have a loopback of its own
    Path(f"/proc/sys/user/max_{name}_namespaces").write_text("0")
from harness.errors import HarnessError
from harness.process.supervisor import Supervisor
with Supervisor(Path(sys.executable)) as supervisor:
    try:
        supervisor.self_test()
    except HarnessError as problem:
        print(problem)
"""


def test_it_passes_where_runs_can_be_done_and_leaves_nothing(tmp_path: Path) -> None:
    with Supervisor(Path(sys.executable), private_root=tmp_path) as supervisor:
        supervisor.self_test()
        (base,) = tmp_path.iterdir()
        assert [one.name for one in base.iterdir() if one.name.startswith(("r", "self"))] == []


def test_a_machine_without_a_loopback_is_told_so() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WITHOUT_LOOPBACK]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode == 77:
        pytest.skip("the kernel makes no user namespaces")
    assert done.stdout == "127.0.0.1 cannot be used on this machine: Network is unreachable\n", done.stderr


def test_what_goes_wrong_in_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(supervisor_module, "SELF_TEST_ENTRY", "os:abort")
    with (
        Supervisor(Path(sys.executable), private_root=tmp_path) as supervisor,
        pytest.raises(HarnessError) as raised,
    ):
        supervisor.self_test()
    assert "\n" not in str(raised.value)
