"""The last record of a journal whose worker could not write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.journal import record as journal
from harness.journal.record import Record
from harness.journal.repair import Closed, close
from harness.journal.run_kinds import RunClose, RunTeardown

CUT = RunClose("cpu", "2 s of CPU without a turn of the clock", counts={"turns": 7})


def line(n: int, t: int = 1_000, event: RunClose | None = None) -> str:
    return Record(n, t, "loop", event or RunTeardown("end")).as_json() + "\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def test_the_close_follows_the_last_record(path: Path) -> None:
    path.write_text(line(1) + line(2, 5_000))
    assert close(path, CUT, x={"wall_s": 1.5}) == Closed(2, False)
    *_, last = journal.parse(path.read_text())
    assert (last.n, last.t, last.src, last.event, last.x) == (3, 5_000, "parent", CUT, {"wall_s": 1.5})


@pytest.mark.parametrize(("clock_us", "at"), [(0, 1_000), (60_000_000, 60_000_000)])
def test_the_close_is_never_earlier_than_the_last_record(path: Path, clock_us: int, at: int) -> None:
    path.write_text(line(1))
    close(path, CUT, at_us=clock_us)
    assert journal.parse(path.read_text())[-1].t == at


@pytest.mark.parametrize("torn", ['{"n":3', '{"n":3}\n', "\x00" * 100, line(3)[:-1], "ü" * 100_000])
def test_a_torn_last_line_is_dropped(path: Path, torn: str) -> None:
    path.write_text(line(1) + line(2) + torn)
    assert close(path, CUT) == Closed(2, False)
    assert [record.n for record in journal.parse(path.read_text())] == [1, 2, 3]


def test_a_closed_journal_stays_as_it_is_but_for_what_is_torn(path: Path) -> None:
    whole = line(1) + line(2, event=RunClose("end"))
    path.write_text(whole + '{"n":')
    assert close(path, CUT) == Closed(1, True)
    assert path.read_text() == whole


@pytest.mark.parametrize("text", ["", '{"n":1', "nonsense\n", "a\nb\nc\n"])
def test_a_journal_without_a_whole_record_gets_no_close(path: Path, text: str) -> None:
    path.write_text(text)
    assert close(path, CUT) == Closed(0, False)
    assert path.read_text() == text


def test_a_journal_that_does_not_exist_is_not_made(path: Path) -> None:
    assert close(path, CUT) == Closed(0, False)
    assert not path.exists()


def test_a_long_journal_is_read_from_its_end(path: Path) -> None:
    long = Record(200_001, 1_000, "loop", RunTeardown("end"), x={"stack": "s" * 300_000}).as_json() + "\n"
    path.write_text("".join(line(n) for n in range(1, 1000)) + long)
    assert close(path, CUT) == Closed(200_001, False)
