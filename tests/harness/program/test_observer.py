"""What the log and the status file tell of a program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fake_qq_server.events import Event
from harness.journal.process_kinds import SubjGaveUp
from harness.journal.run_kinds import Left, SubjAttempt, SubjLog, SubjState
from harness.journal.runner_kinds import RunnerState
from harness.program.observer import Log, Status, left_by

LINE = "2026-11-27 06:53:22,125 {level} {logger}: {said}\n"
ADAPTER = "gateway.platforms.qqbot.adapter"


def line(said: str, level: str = "INFO", logger: str = ADAPTER) -> str:
    return LINE.format(level=level, logger=logger, said=said)


class Home:
    """A home with a log, and what was recorded of it."""

    def __init__(self, folder: Path) -> None:
        self.records: list[Event] = []
        self.path = folder / "agent.log"
        secrets = lambda text: ["secret"] if "canary" in text else []  # noqa: E731
        self.log = Log(self.path, self.records.append, secrets)

    def writes(self, text: str) -> list[Event]:
        """What is recorded of this text at the log's end."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text)
        before = len(self.records)
        self.log.look()
        return self.records[before:]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_log_that_is_not_there_yet_says_nothing(home: Home) -> None:
    home.log.look()
    assert home.records == []


def test_each_line_is_recorded_once_and_without_the_bot_s_tag(home: Home) -> None:
    assert home.writes(line("[QQBot:102000001] Connected")) == [SubjLog("INFO", ADAPTER, "Connected", [])]
    assert home.writes("") == []


def test_half_a_line_waits_for_its_other_half(home: Home) -> None:
    whole = line("Connected")
    assert home.writes(whole[:40]) == []
    assert home.writes(whole[40:]) == [SubjLog("INFO", ADAPTER, "Connected", [])]


def test_attempts_are_told_from_the_log_and_numbered_over_the_run(home: Home) -> None:
    said = home.writes(
        line("[QQBot:1] Reconnecting in 2s (attempt 1)...")
        + line("[QQBot:1] Reconnect failed: no", "WARNING")
        + line("[QQBot:1] Reconnecting in 2s (attempt 1)...")
        + line("[QQBot:1] Reconnected")
    )
    assert [one for one in said if isinstance(one, SubjAttempt)] == [
        SubjAttempt("begin", number=1),
        SubjAttempt("end", "failed", number=1),
        SubjAttempt("begin", number=2),
        SubjAttempt("end", "ok", number=2),
    ]


def test_a_give_up_is_told_from_the_log(home: Home) -> None:
    said = home.writes(line("[QQBot:1] Max reconnect attempts reached (QQCloseError)", "ERROR"))
    assert said[-1] == SubjGaveUp()


def test_a_secret_is_seen_in_a_traceback_too(home: Home) -> None:
    assert home.writes("  File canary\n  File other\n") == [
        SubjLog("INFO", "log", "a line that belongs to the one before", ["secret"])
    ]


class Recorder:
    """A recorder that keeps what it is told, and knows no secrets."""

    def __init__(self) -> None:
        self.records: list[Event] = []

    def secrets_in(self, text: str) -> list[str]:
        return []


def status_of(folder: Path, *contents: dict[str, object]) -> list[Event]:
    """What is recorded of a status file that has these contents, one after the other."""
    recorder = Recorder()
    status = Status(folder, recorder.records.append, recorder)  # type: ignore[arg-type]
    status.look()
    for number, content in enumerate(contents):
        draft = folder / f"draft-{number}"
        draft.write_text(json.dumps(content), encoding="utf-8")
        draft.replace(folder / "gateway_state.json")
        status.look()
        status.look()
    return recorder.records


def test_what_the_status_file_says_is_recorded_where_it_changes(tmp_path: Path) -> None:
    found = status_of(
        tmp_path,
        {"gateway_state": "running", "platforms": {"qqbot": {"state": "connected"}}},
        {"gateway_state": "running", "platforms": {"qqbot": {"state": "fatal", "error_code": "gone"}}},
    )
    assert found == [
        SubjState(None, None, "connected"),
        RunnerState("running"),
        SubjState(None, {"code": "gone", "retryable": None}, "fatal"),
    ]


def test_what_stands_in_the_way_of_the_next_life_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "gateway.pid").touch()
    (tmp_path / "bot.lock").touch()
    left = left_by(tmp_path, tmp_path, ["ffmpeg"])
    assert left == Left(locks=["bot.lock"], files=["gateway.pid"], processes=["ffmpeg"])
