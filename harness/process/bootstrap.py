"""The script that a subject's interpreter is started with; it becomes a fork server, or one worker.

    PYTHON -P -s bootstrap.py serve BOOT FD      the fork server on the socket FD, and in each fork a worker
    PYTHON -P -s bootstrap.py run BOOT SPEC      that one worker (a fresh interpreter, or the foreground)

BOOT is a JSON file: `ours` and `lent` (see `lent_imports`), `preload` (modules to import, third-party only: a
subject reads its homes on import), `folder` (removed when the parent dies).

-P: this folder has modules of its own and must not stand on `sys.path` of a subject.

Stdlib only at the top: nothing of ours can be imported before `prepare_interpreter` has run.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import socket
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.process.child_setup import SpawnRequest
    from harness.process.worker_spec import WorkerSpec


def prepare_interpreter(boot: Mapping[str, Any]) -> dict[str, str]:
    """Make the harness importable, install the clock's hooks, import what can be imported beforehand.

    Returns what could not be imported: {module: why}. The hooks come first: a lock made before them is a real
    one for ever.
    """
    found = importlib.util.spec_from_file_location(
        "_qqchaos_lent_imports", Path(__file__).with_name("lent_imports.py")
    )
    assert found is not None and found.loader is not None
    lent_imports = importlib.util.module_from_spec(found)
    sys.modules[found.name] = lent_imports  # a dataclass looks its module up
    found.loader.exec_module(lent_imports)
    lent_imports.install(lent_imports.PackageFolders(boot["ours"], boot["lent"]))

    from harness import clock

    clock.install()
    missing: dict[str, str] = {}
    for name in boot["preload"]:
        try:
            importlib.import_module(name)
        except Exception as problem:  # whatever a broken package raises: the worker will meet it in its turn
            missing[name] = f"{type(problem).__name__}: {problem}"
    gc.collect()
    gc.freeze()
    return missing


def main(mode: str, boot_path: str, rest: str) -> None:
    """See the module. Never returns in a worker."""
    boot = json.loads(Path(boot_path).read_text(encoding="utf-8"))
    missing = prepare_interpreter(boot)
    from harness.process import child_setup, walls
    from harness.process.fork_server import ForkServer
    from harness.process.worker_spec import WorkerSpec

    if mode == "run":
        child_setup.die_with_parent(os.getppid())  # in the foreground no `detach` has done it
        child_setup.run_entry(WorkerSpec.from_json(Path(rest).read_text(encoding="utf-8")))
    child_setup.become_subreaper()
    walls.possible()  # tried once, for all workers
    server_pid = os.getpid()
    server = ForkServer(socket.socket(fileno=int(rest)), boot["folder"])
    server.report("ready", missing=missing)
    request = server.serve()
    if request is not None:
        try:
            spec = _become_worker(request, server_pid, boot_path)
        except BaseException:
            traceback.print_exc()
            os._exit(child_setup.PROBLEM_STATUS)
        child_setup.run_entry(spec)


def _become_worker(request: SpawnRequest, parent: int, boot_path: str) -> WorkerSpec:
    """In a child. Does not return where a fresh interpreter is wanted: that replaces this one."""
    from harness.process import child_setup

    spec = child_setup.detach(request, parent)
    if request.fresh:
        this_script = [sys.executable, "-P", "-s", str(Path(__file__).absolute())]
        os.execve(sys.executable, [*this_script, "run", boot_path, request.spec], dict(spec.env))
    return spec


if __name__ == "__main__":
    main(*sys.argv[1:])
