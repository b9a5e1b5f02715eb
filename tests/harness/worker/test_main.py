"""One run from inside its process: what the subject does while it is imported, and to the run."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from fake_qq_server.events import RuleAct
from fake_qq_server.unprompted import UNPROMPTED_IN_AN_INSTANT
from harness.clock.participant import Participant
from harness.journal.record import Record
from harness.journal.run_kinds import RunOpen, RunTeardown, SubjEgress
from harness.judging.outcome import judge
from harness.scenario.vocabulary import LEVELS_DRIVEN
from harness.worker.main import DRIVERS, _on_spin
from harness.worker.world import PEER
from tests.harness import bot
from tests.harness.worker.runs import of, records


def test_there_is_a_driver_for_each_level_that_this_version_runs() -> None:
    assert tuple(DRIVERS) == LEVELS_DRIVEN
    assert all(importlib.util.find_spec(module) for module in DRIVERS.values())


def test_a_run_records_the_versions_it_ran_with_and_no_path(tmp_path: Path) -> None:
    (judged,) = bot.run(bot.CORRECT, tmp_path, ["healthy"])
    assert judged.outcome is not None and judged.outcome.verdict == "pass"
    opened = judged.records[0].event
    assert isinstance(opened, RunOpen)
    assert {"python", "aiohttp"} <= set(opened.versions)
    assert "path" not in opened.subject  # it differs between machines


def test_what_would_leave_the_machine_during_the_import_is_refused_and_recorded(tmp_path: Path) -> None:
    tries = """
import socket, subprocess
for call in (
    lambda: socket.getaddrinfo("example.org", 443),
    lambda: socket.create_connection(("192.0.2.1", 9)),
    lambda: subprocess.run(["true"]),
):
    try:
        call()
    except OSError:
        continue
    raise SystemExit("that went through")
"""
    (judged,) = bot.run(bot.copy(tmp_path, on_import=tries), tmp_path / "out", ["healthy"])
    assert judged.outcome is not None, judged.problem
    egress = [(r.t, r.event.what, r.event.target) for r in judged.records if isinstance(r.event, SubjEgress)]
    assert egress == [(0, "lookup", "example.org"), (0, "connect", "192.0.2.1"), (0, "subprocess", "true")]
    assert judged.outcome.verdict == "pass"


@pytest.mark.parametrize(
    ("on_import", "problem"),
    [
        ("raise RuntimeError('half a merge')", "adapter cannot be imported: RuntimeError: half a merge"),
        ("import no_such_package", "No module named 'no_such_package'"),
        ("raise SystemExit('not today')", "the subject could not be imported .status 1.: not today"),
        ("import os; os._exit(3)", "the subject could not be imported .status 3."),
        ("import os; os.kill(os.getpid(), 9)", "the subject could not be imported .signal 9."),
    ],
)
def test_a_subject_that_cannot_be_imported_is_reported_in_one_sentence_and_tried_once(
    tmp_path: Path, on_import: str, problem: str
) -> None:
    root = bot.copy(tmp_path, on_import=on_import)
    runs = bot.run(root, tmp_path / "out", ["healthy", "one-failed-reconnect", "endless-4008"], jobs=1)
    assert len(runs) > 3
    assert {run.outcome for run in runs} == {None}
    assert {run.problem for run in runs} == {runs[0].problem}
    assert runs[0].problem is not None
    assert re.search(problem, runs[0].problem)
    assert sum(run.journal is not None for run in runs) <= 2  # the next had begun already


def test_a_flood_of_records_in_one_instant_is_a_spin(tmp_path: Path) -> None:
    root = bot.copy(tmp_path, in_connect="[logger.info('again') for _ in range(5000)]")
    (judged,) = bot.run(root, tmp_path / "out", ["healthy"])
    assert judged.outcome is not None
    assert (judged.outcome.verdict, judged.outcome.ending.name) == ("fail", "busy-spin")


HELLO = "when: ws.out.hello, do: {frame: {op: 10, d: {heartbeat_interval: 41250}}}"
RULES = f"[{{id: a, which: ..9000, {HELLO}}}, {{id: b, which: ..9000, {HELLO}}}]"


def judged_as(found: tuple[Record, ...]) -> tuple[str, str, str]:
    outcome = judge(found)
    return outcome.verdict, outcome.ending.name, outcome.ending.half


def test_rules_that_set_each_other_off_are_named_and_say_nothing_about_the_bot(tmp_path: Path) -> None:
    verdict, ending, half = judged_as(records(bot.CORRECT, tmp_path, rules=RULES))
    assert (verdict, ending) == ("unknown", "instrument-failed")
    assert half.endswith("whose rules set each other off or did too much within one instant (a; b)")


LATER = """[{id: begin, at: ready + 60s, do: {frame: {op: 11}}},
  {id: a, when: ws.out.ack, from: begin, do: {frame: {op: 20}, after: 1ms}},
  {id: b, when: ws.out.any, from: begin, do: {frame: {op: 11}, after: 1ms}}]"""


def test_so_are_rules_that_do_so_a_millisecond_later_each_time(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, rules=LATER)
    verdict, ending, half = judged_as(found)
    assert (verdict, ending) == ("unknown", "instrument-failed")
    assert half.endswith("whose rules set each other off or did too much within one instant (a; b)")
    assert found[-1].t < 5 * 60_000_000


def test_rules_that_take_turns_slowly_may(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, rules=LATER.replace("1ms", "5s"), end="5m")
    assert judged_as(found)[:2] == ("pass", "tolerated")


def test_a_rule_on_the_frame_that_it_sends_acts_once_a_frame_of_another(tmp_path: Path) -> None:
    found = records(bot.CORRECT, tmp_path, rules=f"[{{id: a, which: ..9000, {HELLO}}}]")
    assert judged_as(found)[:2] == ("pass", "tolerated")
    assert [event.verb for _, event in of(found, RuleAct)] == ["frame"]


def test_as_many_messages_at_once_as_the_rules_may_send_are_no_spin_of_the_bots(tmp_path: Path) -> None:
    eight = ", ".join(["{dispatch: C2C_MESSAGE_CREATE}"] * 8)
    rules = ", ".join([f"{{at: ready + 60s, do: [{eight}]}}"] * (UNPROMPTED_IN_AN_INSTANT // 8))
    found = records(bot.CORRECT, tmp_path, rules=f"[{rules}]")
    assert judged_as(found)[:2] == ("pass", "tolerated")


def test_a_bot_that_computes_without_end_is_found_by_its_cpu(tmp_path: Path) -> None:
    root = bot.copy(tmp_path, in_connect="any(iter(int, 1))")
    (judged,) = bot.run(root, tmp_path / "out", ["healthy"])
    assert judged.outcome is not None
    assert (judged.outcome.verdict, judged.outcome.ending.name) == ("fail", "busy-spin")
    assert getattr(judged.records[-1].event, "why", None) == "cpu"


def test_conditions_that_do_too_much_at_once_say_nothing_about_the_bot(tmp_path: Path) -> None:
    eight = ", ".join(["{latency: 1ms}"] * 8)
    rules = ", ".join([f"{{link: any, do: [{eight}]}}"] * 300)
    verdict, ending, half = judged_as(records(bot.CORRECT, tmp_path, rules=f"[{rules}]"))
    assert (verdict, ending) == ("unknown", "instrument-failed")
    assert "link any" in half


def test_messages_without_a_pause_inside_the_client_say_nothing_about_the_bot(tmp_path: Path) -> None:
    rule = "{id: more, when: seam.receive, from: ready + 60s, do: {message: {type: text, data: x}}}"
    found = records(bot.CORRECT, tmp_path, rules=f"[{rule}]")
    verdict, _, half = judged_as(found)
    assert verdict == "unknown" and half.endswith("(more)")


class RunEnded(Exception):
    """Instead of the end of the process."""


def test_a_spin_of_the_fake_platforms_own_thread_is_the_harnesss_and_not_the_bots() -> None:
    recorded: list[Any] = []

    def end(why: str, detail: str) -> NoReturn:
        raise RunEnded(why, detail)

    run: Any = SimpleNamespace(end=end, record=lambda *what, **more: recorded.append(what))
    with pytest.raises(RunEnded) as ended:
        _on_spin(run, Participant(PEER, 2, ours=True), 20_001, "turns within one instant")
    why = "the fake platform spins: 20001 turns within one instant"
    assert (ended.value.args, recorded) == (("harness", why), [])


def test_what_is_forbidden_fails_the_run_where_it_happens(tmp_path: Path) -> None:
    rules = "[{id: drop, at: ready + 60s, do: {close: 4009}}]"
    more = "forbids: [{when: http.gateway, which: 2.., because: x}, {when: ws.in.any, which: 9, because: y}]"
    outcome = judge(records(bot.CORRECT, tmp_path, rules=rules, more=more))
    found = next(check for check in outcome.checks if check.name == "forbidden")
    assert (outcome.verdict, found.state) == ("fail", "fail")
    assert found.because == "http.gateway was seen, which is forbidden: x"
    assert len(found.lines) == 2


def test_what_is_forbidden_once_the_bot_gave_up_is_watched_from_then_to_the_end(tmp_path: Path) -> None:
    more = "forbids: [{when: ws.connect, from: gaveup, because: it may not come back}]"
    rules = "[{at: ready + 60s, do: {close: 4915}}]"
    found = records(bot.CORRECT, tmp_path, rules=rules, more=more, end="1h")
    state = next(check.state for check in judge(found).checks if check.name == "forbidden")
    assert state == "pass"
    assert [time for time, _ in of(found, RunTeardown)] == [3_600_000_000]


def test_the_same_run_twice_has_the_same_digest(tmp_path: Path) -> None:
    runs = [bot.run(bot.CORRECT, tmp_path / str(n), ["one-failed-reconnect/once"])[0] for n in range(2)]
    digests = {run.outcome.digest for run in runs if run.outcome}
    assert len(digests) == 1 and all(run.outcome for run in runs)
