"""A program that is restarted is another process: what ends with the first, what stays, what is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_qq_server.events import EventSent, LinkClose, RuleAct, Session, WsIn
from harness.journal.record import Record, digest
from harness.journal.run_kinds import (
    Left,
    ProcExit,
    RunClose,
    RunnerStop,
    SubjConnect,
    SubjHandler,
    SubjLife,
    SubjListener,
)
from harness.judging.outcome import judge
from tests.harness import bot
from tests.harness.worker.runs import of, records

ASKED = "{at: ready + 60s, do: {dispatch: C2C_MESSAGE_CREATE}}"


def restarted(
    folder: Path, do: str, *, root: Path = bot.CORRECT, end: str = "10m", at: str = "ready + 62s"
) -> tuple[Record, ...]:
    rules = f"[{ASKED}, {{id: again, at: {at}, do: {do}}}]"
    return records(root, folder, rules=rules, end=end, level="runner")


def lives(found: tuple[Record, ...]) -> list[tuple[str, int, int | None]]:
    return [(event.what, event.number, event.code) for _, event in of(found, SubjLife)]


def test_a_stopped_program_ends_by_itself_and_another_comes_into_service(tmp_path: Path) -> None:
    found = restarted(tmp_path, "{restart: disconnect, down: 10s}")
    assert lives(found) == [("stopping", 1, None), ("ended", 1, 1), ("started", 2, None)]
    _, (ended, _), (started, _) = of(found, SubjLife)
    assert started - ended == 10_000_000
    assert [event.phase for _, event in of(found, RunnerStop)] == ["begin", "end"] * 2
    assert [event.code for _, event in of(found, ProcExit)] == [0]  # of the run's tear-down
    assert len([1 for _, event in of(found, Session) if event.what == "new"]) == 2
    assert judge(found).ending.name == "recovered"


def test_a_killed_program_runs_nothing_more(tmp_path: Path) -> None:
    found = restarted(tmp_path, "{restart: kill}")
    (killed, _), (started, _) = of(found, SubjLife)
    assert lives(found) == [("killed", 1, None), ("started", 2, None)]
    assert started - killed == 5_000_000
    assert [time for time, event in of(found, WsIn) if event.op == "close" and time < started] == []
    assert [time for time, _ in of(found, RunnerStop) if time <= started] == []
    ends = [event for time, event in of(found, LinkClose) if event.host == "ws" and time < started]
    assert [event.by for event in ends] == ["subject"]


def test_a_call_that_the_kill_cut_off_has_an_end(tmp_path: Path) -> None:
    found = restarted(tmp_path, "{restart: kill}")
    (killed, _), _ = of(found, SubjLife)
    ends = [(time, event.how) for time, event in of(found, SubjListener) if event.phase == "end"]
    assert ends[0] == (killed, "cancelled")


def test_a_killed_program_did_not_give_up_and_the_next_one_is_probed(tmp_path: Path) -> None:
    found = restarted(tmp_path, "{restart: kill}")
    outcome = judge(found)
    assert outcome.ending.name == "recovered" and outcome.verdict == "pass"
    assert [event.id for _, event in of(found, EventSent) if event.probe] == ["probe-1"]


def test_the_next_life_has_nothing_of_the_one_before_but_its_files(tmp_path: Path) -> None:
    """Marks are left in the standard library and in the environment; the pid file is the program's own."""
    leave = (
        "import asyncio, os, pathlib\n"
        "pid_file = pathlib.Path(os.environ['HERMES_HOME'], 'gateway.pid')\n"
        "marks = [hasattr(asyncio, 'marked'), 'MARKED' in os.environ, pid_file.exists()]\n"
        f"pathlib.Path({str(tmp_path)!r}, f'life-{{os.getpid()}}').write_text(repr(marks))\n"
        "asyncio.marked = os.environ['MARKED'] = 'yes'\n"
    )
    restarted(tmp_path, "{restart: kill}", root=bot.copy(tmp_path, on_import=leave))
    marks = [one.read_text(encoding="utf-8") for one in tmp_path.glob("life-*")]
    assert sorted(marks) == ["[False, False, False]", "[False, False, True]"]


def test_a_stopped_program_has_taken_its_files_away(tmp_path: Path) -> None:
    look = "import os, pathlib\nassert not pathlib.Path(os.environ['HERMES_HOME'], 'gateway.pid').exists()\n"
    found = restarted(tmp_path, "{restart: disconnect}", root=bot.copy(tmp_path, on_import=look))
    assert judge(found).ending.name == "recovered"


def test_a_program_has_no_descriptor_of_the_platform_s(tmp_path: Path) -> None:
    look = (
        "import os\n"
        "def sockets():\n"
        "    links = (f'/proc/self/fd/{one}' for one in os.listdir('/proc/self/fd'))\n"
        "    return [one for one in links if os.path.islink(one) and 'socket:' in os.readlink(one)]\n"
    )
    only_its_loop_s = "assert len(sockets()) == 2, sockets()"
    root = bot.copy(tmp_path, on_import=look, in_connect=only_its_loop_s)
    found = restarted(tmp_path, "{restart: kill}", root=root)
    assert [event.how for _, event in of(found, SubjConnect) if event.phase == "end"] == ["ok", "ok"]


def test_a_run_that_ends_while_the_program_is_down_proves_nothing(tmp_path: Path) -> None:
    found = restarted(tmp_path, "{restart: kill, down: 2m}", at="9m")
    ((_, closed),) = of(found, RunClose)
    assert closed.why == "harness" and "kept the program down" in str(closed.detail)
    assert judge(found).verdict == "unknown" and of(found, Left) == []


def test_a_restart_while_another_is_under_way_has_not_acted(tmp_path: Path) -> None:
    found = restarted(tmp_path, "[{restart: kill}, {restart: disconnect}]")
    assert len([1 for _, event in of(found, RuleAct) if event.verb == "restart"]) == 1
    assert [what for what, _, _ in lives(found)] == ["killed", "started"]


def test_a_program_that_does_not_end_is_killed_as_a_service_manager_does(tmp_path: Path) -> None:
    root = _deaf_to_sigterm(bot.copy(tmp_path))
    found = restarted(tmp_path, "{restart: disconnect}", root=root)
    (stopping, _), (killed, _), (started, _) = of(found, SubjLife)
    assert lives(found) == [("stopping", 1, None), ("killed", 1, None), ("started", 2, None)]
    assert (killed - stopping, started - killed) == (90_000_000, 5_000_000)


def _deaf_to_sigterm(root: Path) -> Path:
    gateway = root / "gateway" / "run.py"
    text = gateway.read_text(encoding="utf-8")
    assert text.count("if number == signal.SIGTERM:") == 1
    deaf = "if number == signal.SIGTERM:\n            return\n        if number == signal.SIGTERM:"
    gateway.write_text(text.replace("if number == signal.SIGTERM:", deaf), encoding="utf-8")
    return root


def test_a_program_that_ends_without_a_word_ends_the_run_as_it_ended(tmp_path: Path) -> None:
    root = bot.copy(tmp_path, in_connect="__import__('os')._exit(3)")
    ((_, closed),) = of(restarted(tmp_path, "{restart: kill}", root=root), RunClose)
    assert (closed.why, closed.status) == ("exited", 3)


def test_a_program_that_cannot_go_on_after_its_own_death_has_ended_itself(tmp_path: Path) -> None:
    once = f"open({str(tmp_path / 'was here')!r}, 'x').close()"
    found = restarted(tmp_path, "{restart: kill}", root=bot.copy(tmp_path, in_connect=once))
    assert [event.code for _, event in of(found, ProcExit)] == [1]
    outcome = judge(found)
    assert outcome.ending.name == "exited" and outcome.verdict == "pass"  # of what it asks: connects
    assert next(one for one in outcome.checks if one.name == "stays").state == "fail"


def test_a_life_that_computes_for_ever_is_ended_as_a_worker_is(tmp_path: Path) -> None:
    found = restarted(tmp_path, "{restart: kill}", root=_broken(tmp_path, "while True: pass"))
    ((_, closed),) = of(found, RunClose)
    assert closed.why == "cpu"
    assert judge(found).ending.name == "busy-spin"


def _broken(folder: Path, does: str) -> Path:
    """The second life does this when it connects."""
    once = folder / "was here"
    return bot.copy(
        folder,
        on_import=f"def broken():\n    {does}\nimport pathlib\nonce = pathlib.Path({str(once)!r})\n",
        in_connect="broken() if once.exists() else once.touch()",
    )


def test_calls_are_counted_over_all_lives_and_rules_hear_of_each(tmp_path: Path) -> None:
    rules = "[{at: ready + 30s, do: {close: 4915}}, {id: told, when: runner.handler, do: {restart: kill}}]"
    found = records(bot.CORRECT, tmp_path, rules=rules, level="runner")
    assert [what for what, _, _ in lives(found)] == ["killed", "started"]
    calls = [(event.phase, event.how, event.number) for _, event in of(found, SubjHandler)]
    assert calls[:2] == [("begin", None, 1), ("end", "cancelled", 1)]


@pytest.mark.parametrize("how", ["disconnect", "kill"])
def test_a_restarted_run_has_one_digest(tmp_path: Path, how: str) -> None:
    digests = set()
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        digests.add(digest(restarted(folder, f"{{restart: {how}}}")))
    assert len(digests) == 1
