"""Whatever a worker does costs one run, has its right name, and leaves no process, port or folder."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError, SubjectError
from harness.journal import record as journal
from harness.journal.run_kinds import RunClose
from harness.process import procfs
from harness.process.result import RunResult
from harness.process.supervisor import Supervisor
from harness.process.watchdog import GIB, Limits
from harness.process.worker_spec import WorkerSpec

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

SOON = Limits(importing_s=20.0, cpu_s=0.5, blocked_s=1.0, resident=0.5 * GIB, wall_s=30.0)


class Here:
    """The interpreter of these tests, as a subject's."""

    python = Path(os.environ.get("QQCHAOS_TEST_PYTHON", sys.executable))


class Field:
    """A supervisor, what it ran, and what is left of it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "private"
        self.root.mkdir()
        self.out = folder / "out"
        self.supervisor = Supervisor(Here(), jobs=2, limits=SOON, private_root=self.root, preload=())

    def spec(self, entry: str, name: str = "run", **more: Any) -> WorkerSpec:
        extra = {"entry": f"misbehaving:{entry}", **more.pop("extra", {})}
        journal_path = str(self.out / f"{name}.jsonl")
        return WorkerSpec(name, "adapter", 0, journal_path, path_entries=(str(HERE),), extra=extra, **more)

    def run(self, entry: str, **more: Any) -> RunResult:
        return self.supervisor.run(self.spec(entry, **more))

    def close(self, entry: str, **more: Any) -> RunClose:
        """The end of a run that got as far as a journal; nothing but the nursery may be left after it."""
        result = self.run(entry, **more)
        assert result.problem is None, result.problem
        assert len(self.processes()) == 1, "only the nursery goes on"
        return last(result)

    def processes(self) -> list[int]:
        """Every process that works in the private folder; whatever a worker starts begins there."""
        found = []
        for one in procfs.everyone():
            try:
                cwd = str(Path(f"/proc/{one.pid}/cwd").readlink())
            except OSError:
                continue
            if cwd.startswith(str(self.root)) and one.state != "Z":
                found.append(one.pid)
        return found

    def seen(self, name: str = "run") -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self.out / f"{name}.seen").read_text())
        return told


def last(result: RunResult) -> RunClose:
    """The last record: dense, closed exactly once."""
    assert result.journal is not None
    records = journal.parse(result.journal.read_text())
    assert [record.n for record in records] == list(range(1, len(records) + 1))
    assert [record.t for record in records] == sorted(record.t for record in records)
    closes = [record.event for record in records if isinstance(record.event, RunClose)]
    assert closes == [records[-1].event]
    return closes[0]


def extras(result: RunResult) -> dict[str, Any]:
    assert result.journal is not None
    return dict(journal.parse(result.journal.read_text())[-1].x)


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    here = Field(tmp_path)
    try:
        yield here
    finally:
        here.supervisor.close()
    assert here.processes() == []
    assert list(here.root.iterdir()) == []


def test_a_run_that_ends_by_itself_is_left_as_it_is(field: Field) -> None:
    assert field.close("well") == RunClose("end")


def test_a_hundred_runs_two_at_a_time_in_order(field: Field) -> None:
    done: list[str] = []
    specs = [field.spec("well", name=f"run{i:03}") for i in range(100)]
    results = field.supervisor.run_all(specs, lambda result: done.append(result.spec.run))
    assert [result.spec.run for result in results] == [spec.run for spec in specs]
    assert sorted(done) == [spec.run for spec in specs]
    assert {last(result).why for result in results} == {"end"}


def test_on_done_can_stop_what_has_not_begun(field: Field) -> None:
    specs = [field.spec("well", name=f"run{i:03}") for i in range(100)]
    assert len(field.supervisor.run_all(specs, lambda result: True)) < 10


@pytest.mark.parametrize(
    ("entry", "why", "status"),
    [
        ("exits", "exited", 3),
        ("leaves", "exited", 4),
        ("eats_at_once", "exited", 9),
        ("kills_itself", "killed", -signal.SIGSEGV),
        ("tears", "killed", -signal.SIGKILL),
        ("spins", "cpu", None),
        ("spins_in_a_thread", "cpu", None),
        ("sleeps_in_c", "blocked", None),
        ("polls_in_c", "blocked", None),
        ("stops_itself", "blocked", None),
        ("eats", "memory", None),
    ],
)
@pytest.mark.parametrize("fresh", [False, True], ids=["fork", "fresh"])
def test_misbehaviour_has_its_name(
    field: Field, entry: str, why: str, status: int | None, fresh: bool
) -> None:
    close = field.close(entry, fresh=fresh)
    assert (close.why, close.status) == (why, status)
    assert field.close("well", name="next") == RunClose("end"), "it cost one run"


def test_an_import_in_a_turn_may_take_longer(field: Field) -> None:
    assert field.close("imports_slowly") == RunClose("end")


def test_but_not_for_ever(field: Field) -> None:
    result = field.run("imports_without_end", limits={"cpu_s": 0.05})
    assert last(result).why == "cpu"
    assert "importlib" in extras(result)["stack"]


def test_no_end_in_sight(field: Field) -> None:
    assert field.close("turns_for_ever", limits={"wall_s": 1.0}).why == "wall"


def test_the_close_takes_the_clock_from_the_pulse(field: Field) -> None:
    result = field.run("turns_for_ever", limits={"wall_s": 1.0})
    assert result.journal is not None
    *_, before, close = journal.parse(result.journal.read_text())
    assert close.t > before.t
    assert close.src == "parent"
    assert isinstance(close.event, RunClose)
    assert 1_000 * close.event.counts["turns"] == close.t


@pytest.mark.parametrize(("entry", "line"), [("spins", "in burn"), ("sleeps_in_c", "in sleeps_in_c")])
def test_a_doomed_worker_says_where_it_was(field: Field, entry: str, line: str) -> None:
    result = field.run(entry)
    assert line in extras(result)["stack"]
    assert set(extras(result)) >= {"wall_s", "cpu_s", "rss"}


def test_cpu_is_counted_and_not_guessed(field: Field) -> None:
    result = field.run("spins")
    assert 0.5 <= result.cpu_s <= 2.0


@pytest.mark.parametrize("then", ["exit", "spin"])
def test_what_it_started_goes_with_it(field: Field, then: str) -> None:
    close = field.close("forks", extra={"then": then})
    assert close.why == ("exited" if then == "exit" else "cpu")
    seen = field.seen()
    assert [found for found in map(procfs.stat, seen["pids"]) if found] == []
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", seen["port"]))


def test_daemons_of_one_run_do_not_cost_another(field: Field) -> None:
    specs = [field.spec("forks" if i % 2 else "well", name=f"run{i}") for i in range(20)]
    why = [last(result).why for result in field.supervisor.run_all(specs)]
    assert why == ["end", "exited"] * 10
    assert len(field.processes()) == 1


def test_a_closed_journal_is_not_closed_again(field: Field) -> None:
    assert field.close("closes_then_hangs") == RunClose("end")


def test_an_end_of_its_own_needs_no_phase(field: Field) -> None:
    assert field.close("ends_while_importing") == RunClose("spin")


def test_a_locked_folder_is_removed(field: Field) -> None:
    assert field.close("locks_its_folder") == RunClose("end")


def test_an_old_journal_is_no_part_of_the_new_one(field: Field) -> None:
    field.out.mkdir()
    (field.out / "run.jsonl").write_text("old\n")
    assert field.close("exits").status == 3


@pytest.mark.parametrize(
    ("entry", "whose", "words"),
    [
        ("has_no_subject", SubjectError, "there is no QQ adapter in this release"),
        ("exits_on_import", SubjectError, r"could not be imported \(status 5\): no such thing as a subject"),
        ("raises", HarnessError, r"misbehaving.py:\d+: LookupError: a bug of ours"),
        ("nowhere", HarnessError, "AttributeError"),
        ("writes_nothing", HarnessError, "wrote no journal"),
    ],
)
def test_no_run_is_a_sentence_and_no_ending(field: Field, entry: str, whose: type, words: str) -> None:
    result = field.run(entry)
    assert result.journal is None
    error = result.error()
    assert type(error) is whose
    assert re.search(words, str(error))
    assert "\n" not in str(error)


def test_importing_has_a_limit_of_its_own(field: Field) -> None:
    result = field.run("imports_for_ever", limits={"importing_s": 1.0})
    assert result.whose == "subject"
    assert "no first turn within 1 s" in str(result.problem)


def test_a_nursery_that_is_killed_costs_its_runs_only(field: Field) -> None:
    result = field.run("kills_its_parent")
    assert result.whose == "harness"
    assert "the nursery ended by itself (status -9)" in str(result.problem)
    assert field.close("well", name="next") == RunClose("end")


def test_no_interpreter(tmp_path: Path) -> None:
    class Nowhere:
        python = tmp_path / "python"

    root = tmp_path / "private"
    root.mkdir()
    with (
        Supervisor(Nowhere(), private_root=root) as supervisor,
        pytest.raises(HarnessError, match="cannot be started"),
    ):
        supervisor.run(WorkerSpec("run", "adapter", 0, str(tmp_path / "out" / "run.jsonl")))
    assert list(root.iterdir()) == []


def test_an_interpreter_that_says_why(tmp_path: Path) -> None:
    class Broken:
        python = tmp_path / "python"

    Broken.python.write_text("#!/bin/sh\necho unknown option -P >&2\nexit 2\n")
    Broken.python.chmod(0o700)
    spec = WorkerSpec("run", "adapter", 0, str(tmp_path / "out" / "run.jsonl"))
    with Supervisor(Broken()) as here, pytest.raises(HarnessError, match=r"status 2.*unknown option -P"):
        here.run(spec)


DRIVER = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
from pathlib import Path
sys.path[:0] = [{root!r}, {here!r}]
from test_supervisor import Field
field = Field(Path({folder!r}))
specs = [field.spec("turns_for_ever", name=f"run{{i}}") for i in range(4)]
try:
    with field.supervisor as supervisor:
        supervisor.run_all(specs)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def drive() -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts a driver in a session of its own; none is left, however the test ends."""
    started: list[subprocess.Popen[bytes]] = []

    def start(text: str) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-c", text], start_new_session=True))
        return started[-1]

    yield start
    for driver in started:
        driver.kill()
        driver.wait()


Drive = Callable[[str], "subprocess.Popen[bytes]"]


def wait_until(test: Callable[[], Any], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not test():
        assert time.monotonic() < until, "not within time"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda n: n.name)
def test_ended_from_outside(tmp_path: Path, drive: Drive, number: signal.Signals) -> None:
    text = textwrap.dedent(DRIVER).format(root=str(ROOT), here=str(HERE), folder=str(tmp_path))
    driver = drive(text)
    field = Field.__new__(Field)
    field.root, field.out = tmp_path / "private", tmp_path / "out"
    journals = [field.out / f"run{i}.jsonl" for i in range(4)]
    wait_until(lambda: all(path.exists() and path.read_text() for path in journals[:2]))
    driver.send_signal(number)
    status = driver.wait(30)
    if number == signal.SIGKILL:
        wait_until(lambda: field.processes() == [] and list(field.root.iterdir()) == [])
        return
    assert status == 130
    assert field.processes() == []
    assert list(field.root.iterdir()) == []
    for path in journals[:2]:
        close = journal.parse(path.read_text())[-1].event
        assert isinstance(close, RunClose)
        assert (close.why, close.detail) == ("killed", "interrupted")
    assert not journals[2].exists() and not journals[3].exists()


def test_ctrl_c_in_the_foreground_goes_to_the_worker(tmp_path: Path, drive: Drive) -> None:
    text = textwrap.dedent(DRIVER).format(root=str(ROOT), here=str(HERE), folder=str(tmp_path))
    text = text.replace("run_all(specs)", "run_foreground(specs[0])")
    driver = drive(text)
    field = Field.__new__(Field)
    field.root, path = tmp_path / "private", tmp_path / "out" / "run0.jsonl"
    wait_until(lambda: path.exists() and path.read_text())
    os.killpg(driver.pid, signal.SIGINT)  # as a terminal does
    assert driver.wait(30) == 130
    assert field.processes() == []
    assert list(field.root.iterdir()) == []
    close = journal.parse(path.read_text())[-1].event
    assert isinstance(close, RunClose)
    assert (close.why, close.detail) == ("killed", "interrupted")


def test_what_on_done_raises_ends_everything(field: Field) -> None:
    def fails(result: RunResult) -> None:
        raise ZeroDivisionError

    specs = [field.spec("well"), field.spec("turns_for_ever", name="other")]
    with pytest.raises(ZeroDivisionError):
        field.supervisor.run_all(specs, fails)
    assert field.processes() == []


def test_a_worker_is_alone(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "PYTHONPATH", "HERMES_HOME", "QQ_APP_ID"):
        monkeypatch.setenv(name, "/nonsense")
    field.supervisor._preload = ("asyncio", "no_such_module")
    field.close("tells", env={"MORE": "1"})
    seen = field.seen()
    folder = seen["folder"]
    assert folder.startswith(str(field.root)) and seen["cwd"] == folder
    homes = {key: value for key, value in seen["env"].items() if value.startswith(folder)}
    assert set(homes) == {
        "HOME", "HERMES_HOME", "HERMES_GATEWAY_LOCK_DIR", "TMPDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
        "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
    }  # fmt: skip
    plain = {key: value for key, value in seen["env"].items() if key not in homes}
    plain.pop("LD_LIBRARY_PATH", None)
    assert plain == {
        "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0", "USER": "qqchaos",
        "LOGNAME": "qqchaos", "SHELL": "/bin/sh", "MORE": "1",
    }  # fmt: skip
    assert seen["session"] == seen["pid"]
    assert len(seen["cores"]) == 1
    assert seen["path"][0] == str(HERE) and str(ROOT / "harness") not in seen["path"]
    assert seen["stdin"] == ""
    assert seen["oom"] == "1000"
    assert not any(target.startswith("socket:") for target in seen["descriptors"])
    assert not any(
        name.split(".")[0] in ("gateway", "hermes_cli", "pytest", "yaml") for name in seen["modules"]
    )


def test_fork_and_fresh_are_twins(field: Field) -> None:
    field.close("tells", name="fork")
    field.close("tells", name="fresh", fresh=True)
    fork, fresh = field.seen("fork"), field.seen("fresh")
    for key in ("hash", "path", "argv", "depth", "oom", "stdin"):
        assert fork[key] == fresh[key], key
    assert set(fork["env"]) == set(fresh["env"])
    assert set(fresh["modules"]) <= set(fork["modules"])


def test_a_hash_seed_of_ones_own(field: Field) -> None:
    field.close("tells", name="zero", fresh=True)
    field.close("tells", name="seven", fresh=True, env={"PYTHONHASHSEED": "7"})
    assert field.seen("zero")["hash"] != field.seen("seven")["hash"]


def test_the_foreground_has_no_limits(field: Field) -> None:
    result = field.supervisor.run_foreground(replace(field.spec("exits"), limits={"wall_s": 0.0}))
    assert last(result).status == 3


def test_a_breakpoint_in_the_foreground(tmp_path: Path) -> None:
    text = textwrap.dedent(DRIVER).format(root=str(ROOT), here=str(HERE), folder=str(tmp_path))
    text = text.replace(
        "supervisor.run_all(specs)", 'print(supervisor.run_foreground(field.spec("breaks")).problem)'
    )
    told = subprocess.run(
        [sys.executable, "-c", text],
        input="p 6 * 7\nc\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "(Pdb) 42" in told.stdout
    assert (tmp_path / "out" / "run.jsonl").read_text().count("\n") == 2
    assert list((tmp_path / "private").iterdir()) == []
