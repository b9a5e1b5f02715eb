"""A restarted adapter is another one: what ends with the first, what stays, and what is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_qq_server.events import EventSent, LinkClose, RuleAct, Session, WsIn
from harness.journal.record import Record, digest
from harness.journal.run_kinds import (
    Left,
    SubjAnswer,
    SubjConnect,
    SubjDisconnect,
    SubjLife,
    SubjListener,
    SubjState,
)
from harness.judging.outcome import judge
from tests.harness import bot
from tests.harness.worker.runs import of, records

ASKED = "{at: ready + 60s, do: {dispatch: C2C_MESSAGE_CREATE}}"
SLOW = "answers: {after: 10s}"


def restarted(folder: Path, do: str, *, end: str = "10m", at: str = "ready + 62s") -> tuple[Record, ...]:
    rules = f"[{ASKED}, {{id: again, at: {at}, do: {do}}}]"
    return records(bot.CORRECT, folder, rules=rules, end=end, more=SLOW)


def test_a_stopped_adapter_is_disconnected_and_another_connects(tmp_path: Path) -> None:
    found = restarted(tmp_path, "{restart: disconnect, down: 10s}")
    assert [(event.what, event.number) for _, event in of(found, SubjLife)] == [
        ("stopping", 1),
        ("started", 2),
    ]
    assert [event.phase for _, event in of(found, SubjDisconnect)] == ["begin", "end"] * 2
    assert [event.phase for _, event in of(found, SubjConnect)] == ["begin", "end"] * 2
    assert len([1 for _, event in of(found, Session) if event.what == "new"]) == 2
    assert judge(found).ending.name == "recovered"


def test_a_killed_adapter_says_nothing_and_what_it_was_at_is_never_done(tmp_path: Path) -> None:
    found = restarted(tmp_path, "{restart: kill}")
    (killed, _), (started, _) = of(found, SubjLife)
    assert started - killed == 5_000_000
    assert [time for time, event in of(found, WsIn) if event.op == "close" and time < started] == []
    assert of(found, SubjDisconnect)[0][0] > started
    ends = [event for time, event in of(found, SubjAnswer) if event.phase == "end" and time <= killed]
    assert [event.how for event in ends] == ["cancelled"]
    assert [event.by for time, event in of(found, LinkClose) if event.host == "ws" and time < started] == [
        "subject"
    ]


def test_a_killed_adapter_did_not_give_up_and_the_next_one_is_probed(tmp_path: Path) -> None:
    found = restarted(tmp_path, "{restart: kill}")
    assert len([1 for _, event in of(found, SubjListener) if event.phase == "end"]) == 2
    outcome = judge(found)
    assert outcome.ending.name == "recovered" and outcome.verdict == "pass"
    assert [event.id for _, event in of(found, EventSent) if event.probe] == ["probe-1"]


def test_the_status_file_of_a_killed_adapter_says_what_it_said(tmp_path: Path) -> None:
    found = restarted(tmp_path, "{restart: kill, down: 1m}")
    (killed, _), (started, _) = of(found, SubjLife)
    assert {event.status for time, event in of(found, SubjState) if killed < time < started} <= {"connected"}


def test_an_adapter_that_is_down_at_the_end_is_not_disconnected(tmp_path: Path) -> None:
    found = restarted(tmp_path, "{restart: kill, down: 2m}", at="9m")
    assert [event.what for _, event in of(found, SubjLife)] == ["killed"]
    ((_, left),) = of(found, Left)
    assert of(found, SubjDisconnect) == [] and not [*left.tasks, *left.sockets, *left.warnings]


def test_a_restart_while_another_is_under_way_has_not_acted(tmp_path: Path) -> None:
    found = restarted(tmp_path, "[{restart: kill}, {restart: disconnect}]")
    assert [event.verb for _, event in of(found, RuleAct) if event.verb == "restart"] == ["restart"]
    assert judge(found).verdict == "unknown"


def test_two_lives_are_the_same_in_every_run(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    assert digest(restarted(one, "{restart: kill}")) == digest(restarted(two, "{restart: kill}"))


@pytest.mark.parametrize("how", ["disconnect", "kill"])
def test_a_bot_that_gave_up_is_restarted_and_serves_again(tmp_path: Path, how: str) -> None:
    rules = f"[{{at: ready + 60s, do: {{close: 4915}}}}, {{at: 20m, do: {{restart: {how}}}}}]"
    found = records(bot.CORRECT, tmp_path, rules=rules, end="1h")
    assert [time for time, event in of(found, EventSent) if event.probe and event.id == "probe-1"]
    assert judge(found).ending.name == "recovered"


def test_the_http_clients_of_a_killed_adapter_are_nobody_s_to_close(tmp_path: Path) -> None:
    found = restarted(tmp_path, "{restart: kill}")
    stops = next(check for check in judge(found).checks if check.name == "stops")
    assert stops.state == "pass", stops.because
