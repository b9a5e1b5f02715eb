"""Worker entries that misbehave, each in one way: what workers run in the tests of this folder."""

from __future__ import annotations

import ctypes
import fcntl
import json
import mmap
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from fake_qq_server.events import Event
from harness.journal.record import Record
from harness.journal.run_kinds import RunClose, RunTeardown
from harness.process import procfs
from harness.process.child_setup import exit_with_problem
from harness.process.heartbeat_page import HeartbeatPage, Phase
from harness.process.worker_spec import WorkerSpec

LIBC = ctypes.CDLL(None)


@contextmanager
def running(spec: WorkerSpec) -> Iterator[HeartbeatPage]:
    """A run that has begun and made one turn, at 1 ms; its journal holds one record."""
    page = HeartbeatPage(spec.heartbeat_file)
    page.enter(Phase.RUNNING)
    page.write_turn(1, 1_000)
    write(spec, 1, RunTeardown("end"))
    yield page
    page.enter(Phase.DONE)


def write(spec: WorkerSpec, n: int, event: Event) -> None:
    with Path(spec.journal).open("a", encoding="utf-8") as journal:
        journal.write(Record(n, 1_000, "loop", event).as_json() + "\n")


def ends_normally(spec: WorkerSpec) -> None:
    with running(spec):
        write(spec, 2, RunClose("end"))


def reports_itself(spec: WorkerSpec) -> None:
    """Writes what it sees of its process into a file of the journal's folder."""
    with running(spec):
        line = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        seen: dict[str, Any] = {
            "env": dict(os.environ),
            "cwd": str(Path.cwd()),
            "folder": spec.folder,
            "pid": os.getpid(),
            "session": int(line[3]),
            "cores": sorted(os.sched_getaffinity(0)),
            "path": sys.path,
            "modules": sorted(sys.modules),
            "stdin": os.read(0, 10).decode(),
            "hash": hash("qqchaos"),
            "descriptors": descriptors(),
            "argv": sys.argv,
            "depth": depth(),
            "oom": Path("/proc/self/oom_score_adj").read_text().strip(),
        }
        Path(spec.journal).with_suffix(".seen").write_text(json.dumps(seen))
        write(spec, 2, RunClose("end"))


def descriptors() -> list[str]:
    found = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the one that lists the folder
            found.append(str(link.readlink()))
    return found


def depth() -> int:
    frame, count = sys._getframe(), 0
    while frame.f_back is not None:
        frame, count = frame.f_back, count + 1
    return count


def exits_with_3(spec: WorkerSpec) -> None:
    with running(spec):
        os._exit(3)


def raises_system_exit_4(spec: WorkerSpec) -> None:
    with running(spec):
        raise SystemExit(4)


def segfaults(spec: WorkerSpec) -> None:
    with running(spec):
        os.kill(os.getpid(), signal.SIGSEGV)


def burn() -> None:
    while True:
        pass


def spins(spec: WorkerSpec) -> None:
    with running(spec):
        burn()


def spins_in_a_thread(spec: WorkerSpec) -> None:
    with running(spec):
        thread = threading.Thread(target=burn)
        thread.start()
        thread.join()


def _beside_the_platforms_thread(
    spec: WorkerSpec, it: Callable[[], object], main: Callable[[], object]
) -> None:
    """A thread that the page names as the fake platform's does `it`, and the main thread `main`."""
    with running(spec) as page:
        thread = threading.Thread(target=it, daemon=True)
        thread.start()
        page.write_platform_thread(thread.native_id or 0)
        main()
        thread.join()


def spins_in_the_platforms_thread(spec: WorkerSpec) -> None:
    _beside_the_platforms_thread(spec, burn, lambda: None)


def spins_beside_the_platforms_thread(spec: WorkerSpec) -> None:
    _beside_the_platforms_thread(spec, LIBC.pause, burn)


def sleeps_in_c(spec: WorkerSpec) -> None:
    with running(spec):
        while True:
            LIBC.pause()


def _goes_on_after(spec: WorkerSpec, waits: Callable[[], object]) -> None:
    """Blocked in a call that a signal ends; then the run goes on to its end as if nothing had been."""
    with running(spec):
        waits()
        write(spec, 2, RunTeardown("end"))
        write(spec, 3, RunClose("end"))


def sleeps_until_a_signal(spec: WorkerSpec) -> None:
    _goes_on_after(spec, lambda: LIBC.sleep(60))


def selects_until_a_signal(spec: WorkerSpec) -> None:
    _goes_on_after(spec, lambda: LIBC.select(0, None, None, None, None))


def accepts_until_a_signal(spec: WorkerSpec) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        _goes_on_after(spec, lambda: LIBC.accept(server.fileno(), None, None))


def locks_until_a_signal(spec: WorkerSpec) -> None:
    path = Path(spec.folder) / "lock"
    with path.open("w") as held, path.open("w") as wanted:
        fcntl.flock(held, fcntl.LOCK_EX)
        _goes_on_after(spec, lambda: LIBC.flock(wanted.fileno(), fcntl.LOCK_EX))


def reports_a_problem_once_woken(spec: WorkerSpec) -> None:
    with running(spec):
        LIBC.sleep(60)
        exit_with_problem(spec, "harness", "woken by a signal")


def polls_in_c(spec: WorkerSpec) -> None:
    """Blocked, with next to no CPU."""
    with running(spec):
        while True:
            LIBC.usleep(10_000)


def stops_itself(spec: WorkerSpec) -> None:
    with running(spec):
        os.kill(os.getpid(), signal.SIGSTOP)


def uses_all_memory(spec: WorkerSpec) -> None:
    """Takes memory without end, and swallows MemoryError as `except Exception` does."""
    with running(spec) as page:
        taken: list[Any] = []
        turns = 1
        while True:
            try:
                taken.append(bytearray(b"x" * (8 << 20)))
            except Exception:
                time.sleep(0.01)
            turns += 1
            page.write_turn(turns, 1_000)


def maps_a_tebibyte(spec: WorkerSpec) -> None:
    with running(spec):
        try:
            mmap.mmap(-1, 1 << 40)
        except (MemoryError, OSError):
            os._exit(9)


def turns_without_end(spec: WorkerSpec) -> None:
    with running(spec) as page:
        turns = 1
        while True:
            LIBC.usleep(1_000)
            turns += 1
            page.write_turn(turns, 1_000 * turns)


def leaves_processes_and_a_port(spec: WorkerSpec) -> None:
    """Leaves a child in its group, one with a session of its own, a daemon, and a listening port."""
    with running(spec):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.set_inheritable(True)
        pids = [subprocess.Popen(["/bin/sleep", "600"]).pid]
        pids.append(subprocess.Popen(["/bin/sleep", "600"], start_new_session=True, close_fds=False).pid)
        here, there = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                os.write(there, str(os.getpid()).encode())
                while True:
                    LIBC.pause()
            os._exit(0)
        pids.append(int(os.read(here, 20)))
        seen = {"pids": pids, "listener": os.fstat(listener.fileno()).st_ino}
        Path(spec.journal).with_suffix(".seen").write_text(json.dumps(seen))
        if spec.extra.get("then") == "spin":
            burn()
        os._exit(0)


def dies_in_the_middle_of_a_line(spec: WorkerSpec) -> None:
    with running(spec):
        with Path(spec.journal).open("a", encoding="utf-8") as journal:
            journal.write('{"n":2,"t":1000,"src":"lo')
        os.kill(os.getpid(), signal.SIGKILL)


def closes_its_journal_then_spins(spec: WorkerSpec) -> None:
    with running(spec):
        write(spec, 2, RunClose("end"))
    burn()


def locks_its_folder(spec: WorkerSpec) -> None:
    with running(spec):
        inner = Path(spec.folder) / "home" / "inner"
        inner.mkdir()
        (inner / "file").write_text("x")
        inner.chmod(0o500)
        write(spec, 2, RunClose("end"))


def kills_its_parent(spec: WorkerSpec) -> None:
    with running(spec):
        os.kill(os.getppid(), signal.SIGKILL)
        while True:
            LIBC.pause()


def never_makes_a_turn(spec: WorkerSpec) -> None:
    while True:
        LIBC.pause()


def exits_before_the_first_turn(spec: WorkerSpec) -> None:
    print("no such thing as a subject", file=sys.stderr)
    os._exit(5)


def reports_a_problem_of_the_subject(spec: WorkerSpec) -> None:
    exit_with_problem(spec, "subject", "there is no QQ adapter in this release")


def raises_before_the_first_turn(spec: WorkerSpec) -> None:
    raise LookupError("a bug of ours")


def writes_nothing(spec: WorkerSpec) -> None:
    HeartbeatPage(spec.heartbeat_file).enter(Phase.DONE)


def enters_the_debugger(spec: WorkerSpec) -> None:
    with running(spec):
        breakpoint()
        write(spec, 2, RunClose("end"))


def keeps_a_child(spec: WorkerSpec) -> None:
    with running(spec):
        child = subprocess.Popen(["/bin/sleep", "600"])
        Path(spec.journal).with_suffix(".seen").write_text(json.dumps({"pids": [child.pid]}))
        burn()


def closes_its_journal_while_importing(spec: WorkerSpec) -> None:
    write(spec, 1, RunClose("spin"))
    os._exit(0)


def imports_slowly(spec: WorkerSpec) -> None:
    """A turn with more CPU in it than one may take, all of it in an import."""
    with running(spec):
        _import(
            spec, "import time\nuntil = time.process_time() + 1.5\nwhile time.process_time() < until: pass\n"
        )
        write(spec, 2, RunClose("end"))


def imports_without_end(spec: WorkerSpec) -> None:
    with running(spec):
        _import(spec, "while True: pass\n")


def imports_and_spins(spec: WorkerSpec) -> None:
    with running(spec):
        _import(spec, "")
        while True:
            pass


def removes_its_folder_and_hangs(spec: WorkerSpec) -> None:
    with running(spec):
        shutil.rmtree(spec.folder)
        LIBC.sleep(60)


def cuts_its_page_short_and_hangs(spec: WorkerSpec) -> None:
    with running(spec):
        os.truncate(spec.heartbeat_file, 0)
        LIBC.sleep(60)


def fills_its_folder(spec: WorkerSpec) -> None:
    """With files that each are small."""
    with running(spec) as page:
        for n in range(2, 1_000_000):
            Path(spec.folder, "tmp", f"file{n}").write_bytes(b"x" * 500_000)
            page.write_turn(n, 1_000)


def writes_one_huge_file(spec: WorkerSpec) -> None:
    """Tries to; its status tells what stopped it."""
    with running(spec), Path(spec.folder, "tmp", "file").open("wb") as file:
        try:
            file.truncate(1 << 40)
        except OSError as problem:
            os._exit(problem.errno or 1)


def fills_its_journal(spec: WorkerSpec) -> None:
    with running(spec) as page:
        for n in range(2, 1_000_000):
            write(spec, n, RunTeardown("end"))
            page.write_turn(n, 1_000)


def nests_folders(spec: WorkerSpec) -> None:
    """Deeper than Python recurses, and than any path is long."""
    with running(spec):
        os.chdir(Path(spec.folder) / "home")
        for _ in range(3_000):
            Path("folder").mkdir()
            os.chdir("folder")
        write(spec, 2, RunClose("end"))


def puts_pipes_in_place_of_its_files_and_hangs(spec: WorkerSpec) -> None:
    with running(spec):
        for file in (spec.stderr_file, spec.stack_file, spec.problem_file):
            file.unlink(missing_ok=True)
            os.mkfifo(file)
        LIBC.sleep(60)


def puts_a_folder_in_place_of_its_journal(spec: WorkerSpec) -> None:
    with running(spec):
        Path(spec.journal).unlink()
        Path(spec.journal, "inner").mkdir(parents=True)
        os._exit(0)


def puts_a_pipe_in_place_of_its_journal(spec: WorkerSpec) -> None:
    with running(spec):
        Path(spec.journal).unlink()
        os.mkfifo(spec.journal)
        os._exit(0)


def ends_its_main_thread_only(spec: WorkerSpec) -> None:
    with running(spec):
        threading.Thread(target=LIBC.pause).start()
        LIBC.syscall(60, 0)  # exit, of this thread


def turns_until_it_may_end(spec: WorkerSpec) -> None:
    """Turns until a file beside its journal exists."""
    with running(spec) as page:
        turns = 1
        while not Path(spec.journal).with_suffix(".end").exists():
            LIBC.usleep(1_000)
            turns += 1
            page.write_turn(turns, 1_000 * turns)
        write(spec, 2, RunClose("end"))


def signals_whoever_it_can(spec: WorkerSpec) -> None:
    """Tries to stop its parent and its parent's parent, in C: that is how the kernel answers."""
    with running(spec):
        parent = procfs.stat(os.getppid())
        assert parent is not None
        answers = [LIBC.kill(pid, signal.SIGSTOP) for pid in (parent.pid, parent.ppid)]
        Path(spec.journal).with_suffix(".seen").write_text(
            json.dumps({"answers": answers, "walls": spec.walls})
        )
        write(spec, 2, RunClose("end"))


def takes_ctrl_c_as_a_stop(spec: WorkerSpec) -> None:
    """As a gateway does: it ends well, and its journal with it."""
    stopped: list[int] = []  # an Event may deadlock: its `wait` and a signal's `set` take one lock
    signal.signal(signal.SIGINT, lambda number, frame: stopped.append(number))
    with running(spec):
        write(spec, 2, RunTeardown("end"))
        while not stopped:
            time.sleep(0.01)
        time.sleep(0.3)
        write(spec, 3, RunClose("end"))


def exits_with_130(spec: WorkerSpec) -> None:
    with running(spec):
        os._exit(130)


def _import(spec: WorkerSpec, source: str) -> None:
    home = Path(spec.folder) / "tmp"
    (home / "slow_module.py").write_text(source)
    sys.path.append(str(home))
    __import__("slow_module")
