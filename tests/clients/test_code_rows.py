"""What clients did after a close code: read from records, kept in a file, shown in docs/codes.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fake_qq_server.client.shapes import Record
from fake_qq_server.platform.protocol import CLOSE_CODES
from tests.clients import code_rows
from tests.clients.code_rows import Measured, back_at, cell, steps
from tests.clients.known import CLIENTS


def record(k: str, t: int = 0, **d: Any) -> Record:
    return Record(n=1, t=t, src="peer", k=k, conn=None, req=None, bot=1, cause=None, rule=None, d=d)


def test_the_steps_of_a_bot_are_its_frames_and_its_requests_for_a_token() -> None:
    records = [
        record("ws.in", op="close"),
        record("http.request", endpoint="token"),
        record("http.request", endpoint="token"),
        record("http.request", endpoint="gateway"),
        record("ws.in", op="resume"),
        record("ws.in", op="heartbeat"),
        record("ws.in", op="identify"),
    ]
    assert steps(records) == ("token", "resume", "identify")


@pytest.mark.parametrize(("what", "at"), [("ready", 7), ("resumed", 7), ("refused", None), ("dropped", None)])
def test_it_is_back_when_its_session_is_ready_or_resumed(what: str, at: int | None) -> None:
    assert back_at([record("session", 5, what="new"), record("session", 7, what=what)]) == at


@pytest.mark.parametrize(
    ("code", "row", "said"),
    [
        (4009, Measured(("resume",), 2.4), "Resume (2 s)"),
        (4006, Measured(("resume", "identify"), 10.2), "**Resume**, Identify (10 s)"),
        (4915, Measured(("identify",), 3.0), "**Identify** (3 s)"),
        (4004, Measured(("token", "resume"), 5.1), "new token, Resume (5 s)"),
        (4915, Measured(()), "stays away"),
        (4915, Measured((), exit=1), "exits with 1"),
        (4009, Measured(("identify",)), "Identify, not back"),
    ],
)
def test_a_cell_says_what_was_done_and_what_of_it_is_forbidden(code: int, row: Measured, said: str) -> None:
    assert cell(CLOSE_CODES[code], row) == said


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    rows = {"a 1.0": {4006: Measured(("resume", "identify"), 1.5), 4915: Measured((), exit=1)}}
    code_rows.write(rows, tmp_path / "rows.json")
    assert code_rows.read(tmp_path / "rows.json") == rows


def test_the_file_has_each_code_of_each_known_client_and_its_version() -> None:
    rows = code_rows.read()
    assert set(rows) == {f"{name} {known.version}" for name, known in CLIENTS.items()}
    assert all(list(codes) == list(CLOSE_CODES) for codes in rows.values())
