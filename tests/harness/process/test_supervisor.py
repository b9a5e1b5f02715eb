"""Many runs: in order, two at a time, ended as a whole, and one run's trouble is never another's."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from harness.errors import HarnessError, SubjectError
from harness.journal import record as journal
from harness.journal.run_kinds import RunClose
from harness.process import procfs, walls, worker_monitor
from harness.process.child_setup import SpawnRequest
from harness.process.fork_client import ForkServerClient, WorkerProcess
from harness.process.result import RunResult
from harness.process.supervisor import Supervisor
from harness.process.worker_spec import WorkerSpec
from tests.harness.process.supervised import (
    PATIENT,
    Start,
    Supervised,
    close_record,
    driver,
    processes_in,
    wait_until,
)


def test_a_run_that_ends_by_itself_keeps_its_journal_unchanged(supervised: Supervised) -> None:
    assert supervised.close_of("ends_normally") == RunClose("end")


def test_results_of_runs_two_at_a_time_are_in_the_order_of_the_specs(supervised: Supervised) -> None:
    done: list[str] = []
    specs = [supervised.spec("ends_normally", name=f"run{i:02}") for i in range(40)]
    results = supervised.supervisor.run_all(specs, lambda result: done.append(result.spec.run))
    assert [result.spec.run for result in results] == [spec.run for spec in specs]
    assert sorted(done) == [spec.run for spec in specs]
    assert {close_record(result).why for result in results} == {"end"}


def test_on_done_can_prevent_runs_that_have_not_begun(supervised: Supervised) -> None:
    specs = [supervised.spec("ends_normally", name=f"run{i:02}") for i in range(40)]
    assert len(supervised.supervisor.run_all(specs, lambda result: True)) < 10


def test_an_exception_of_on_done_ends_all_runs_and_closes_their_journals(supervised: Supervised) -> None:
    other = supervised.out / "other.jsonl"

    def fails(result: RunResult) -> None:
        wait_until(lambda: other.exists() and other.read_text())
        raise ZeroDivisionError

    specs = [supervised.spec("ends_normally"), supervised.spec("turns_without_end", name="other")]
    with pytest.raises(ZeroDivisionError):
        supervised.supervisor.run_all(specs, fails)
    assert supervised.processes() == []
    close = journal.parse(other.read_text())[-1].event
    assert isinstance(close, RunClose)
    assert (close.why, close.detail) == ("killed", "interrupted")


@pytest.mark.parametrize("then", ["exit", "spin"])
def test_all_processes_that_a_run_started_are_killed_with_it(supervised: Supervised, then: str) -> None:
    close = supervised.close_of("leaves_processes_and_a_port", extra={"then": then}, limits=PATIENT)
    assert close.why == ("exited" if then == "exit" else "cpu")
    seen = supervised.seen()
    assert [found for found in map(procfs.stat, seen["pids"]) if found] == []
    assert not open_somewhere(seen["listener"])


def open_somewhere(inode: int) -> bool:
    """Whether a process has this socket. Its port would not tell: once free, anybody may be given it."""
    for held in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if str(held.readlink()) == f"socket:[{inode}]":
                return True
    return False


def test_a_socket_that_a_process_has_is_seen() -> None:
    with socket.socket() as here:
        assert open_somewhere(os.fstat(here.fileno()).st_ino)


def test_daemons_of_one_run_are_killed_and_other_runs_are_not(supervised: Supervised) -> None:
    entries = ["ends_normally", "leaves_processes_and_a_port"] * 6
    specs = [supervised.spec(entry, name=f"run{i}", limits=PATIENT) for i, entry in enumerate(entries)]
    why = [close_record(result).why for result in supervised.supervisor.run_all(specs)]
    assert why == ["end", "exited"] * 6
    assert len(supervised.processes()) == 1


@pytest.mark.parametrize(
    ("entry", "kind", "words"),
    [
        ("reports_a_problem_of_the_subject", SubjectError, "there is no QQ adapter in this release"),
        (
            "exits_before_the_first_turn",
            SubjectError,
            r"could not be imported \(status 5\): no such thing as a subject",
        ),
        ("raises_before_the_first_turn", HarnessError, r"misbehaving.py:\d+: LookupError: a bug of ours"),
        ("no_such_function", HarnessError, "AttributeError"),
        ("writes_nothing", HarnessError, "wrote no journal"),
    ],
)
def test_a_worker_that_did_no_run_leaves_one_sentence_and_no_journal(
    supervised: Supervised, entry: str, kind: type, words: str
) -> None:
    result = supervised.run(entry)
    assert result.journal is None
    error = result.error()
    assert type(error) is kind
    assert re.search(words, str(error))
    assert "\n" not in str(error)


def _runs_while(supervised: Supervised, do: Callable[[int, Callable[[], None]], None]) -> Sequence[RunResult]:
    """Two runs that do not end before `do`, which is given the fork server's pid and what lets them end."""
    specs = [supervised.spec("turns_until_it_may_end", name=name) for name in ("one", "two")]
    journals = [Path(spec.journal) for spec in specs]

    def let_them_end() -> None:
        for path in journals:
            path.with_suffix(".end").touch()

    def act() -> None:
        wait_until(lambda: all(path.exists() and path.read_text() for path in journals))
        do(supervised.supervisor._resources.fork_server()._process.pid, let_them_end)

    thread = threading.Thread(target=act)
    thread.start()
    try:
        return supervised.supervisor.run_all(specs)
    finally:
        thread.join()


def test_runs_that_a_killed_fork_server_had_are_done_again(supervised: Supervised) -> None:
    def kill(server: int, let_them_end: Callable[[], None]) -> None:
        os.kill(server, signal.SIGKILL)
        let_them_end()

    assert [close_record(result) for result in _runs_while(supervised, kill)] == [RunClose("end")] * 2


def test_a_fork_server_that_somebody_stops_goes_on(supervised: Supervised) -> None:
    stopped: list[int] = []

    def stop(server: int, let_them_end: Callable[[], None]) -> None:
        os.kill(server, signal.SIGSTOP)
        stopped.append(server)
        let_them_end()

    assert [close_record(result) for result in _runs_while(supervised, stop)] == [RunClose("end")] * 2
    assert supervised.processes() == stopped


def test_a_run_whose_fork_server_ends_each_time_is_lost_and_says_so(
    supervised: Supervised, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawn = ForkServerClient.spawn

    def spawn_and_kill(client: ForkServerClient, request: SpawnRequest) -> WorkerProcess:
        worker = spawn(client, request)
        client._process.kill()
        return worker

    monkeypatch.setattr(ForkServerClient, "spawn", spawn_and_kill)
    result = supervised.run("sleeps_in_c")
    assert result.whose == "harness"
    lost = "the worker was killed because its fork server ended: the fork server ended by itself (status -9)"
    assert lost in str(result.problem)
    monkeypatch.undo()
    assert supervised.close_of("ends_normally", name="next") == RunClose("end")


def test_a_fork_server_that_does_not_do_its_work_is_given_up(
    supervised: Supervised, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never hears of kills, and never reports an end."""
    monkeypatch.setattr(worker_monitor, "KILL_S", 0.2)
    monkeypatch.setattr(ForkServerClient, "kill", lambda client, worker: None)
    result = supervised.run("sleeps_in_c")
    assert result.whose == "harness"
    monkeypatch.undo()
    assert supervised.close_of("ends_normally", name="next") == RunClose("end")


def test_a_command_without_a_terminal_that_is_stopped_goes_on(tmp_path: Path, start: Start) -> None:
    process = start(driver(tmp_path, "supervisor.run_all(specs[:1])"))
    journal = tmp_path / "out" / "run0.jsonl"
    wait_until(lambda: journal.exists() and bool(journal.read_text()))
    process.send_signal(signal.SIGSTOP)
    process.send_signal(signal.SIGINT)  # is delivered once it goes on
    assert process.wait(30) == 130


@pytest.mark.skipif("signals" not in walls.possible(), reason="the kernel has no such wall")
def test_a_worker_cannot_stop_the_processes_above_it(supervised: Supervised) -> None:
    assert supervised.close_of("signals_whoever_it_can") == RunClose("end")
    assert supervised.seen()["answers"] == [-1, -1]
    assert "signals" in supervised.seen()["walls"]


def test_an_interpreter_that_does_not_exist_is_an_error_and_leaves_no_folder(tmp_path: Path) -> None:
    root = tmp_path / "private"
    root.mkdir()
    with (
        Supervisor(tmp_path / "python", private_root=root) as supervisor,
        pytest.raises(HarnessError, match="cannot be started"),
    ):
        supervisor.run(WorkerSpec("run", "adapter", 0, str(tmp_path / "out" / "run.jsonl")))
    assert list(root.iterdir()) == []


def test_an_interpreter_that_cannot_start_the_fork_server_is_quoted(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho unknown option -P >&2\nexit 2\n")
    broken.chmod(0o700)
    spec = WorkerSpec("run", "adapter", 0, str(tmp_path / "out" / "run.jsonl"))
    with Supervisor(broken) as here, pytest.raises(HarnessError, match=r"status 2.*unknown option -P"):
        here.run(spec)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_ctrl_c_and_sigterm_end_all_runs_and_close_their_journals(
    tmp_path: Path, start: Start, number: signal.Signals
) -> None:
    process = start(driver(tmp_path, "supervisor.run_all(specs)"))
    journals = [tmp_path / "out" / f"run{i}.jsonl" for i in range(4)]
    wait_until(lambda: all(path.exists() and path.read_text() for path in journals[:2]))
    process.send_signal(number)
    assert process.wait(30) == 130
    assert processes_in(tmp_path / "private") == []
    assert list((tmp_path / "private").iterdir()) == []
    for path in journals[:2]:
        close = journal.parse(path.read_text())[-1].event
        assert isinstance(close, RunClose)
        assert (close.why, close.detail) == ("killed", "interrupted")
    assert not journals[2].exists() and not journals[3].exists()


def test_a_killed_supervisor_leaves_no_process_and_no_folder(tmp_path: Path, start: Start) -> None:
    process = start(driver(tmp_path, "supervisor.run_all(specs)"))
    journals = [tmp_path / "out" / f"run{i}.jsonl" for i in range(2)]
    wait_until(lambda: all(path.exists() and path.read_text() for path in journals))
    process.kill()
    private = tmp_path / "private"
    wait_until(lambda: processes_in(private) == [] and list(private.iterdir()) == [])
