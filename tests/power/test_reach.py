"""Lines that runs report at the same time are told apart by the folders of the runs."""

from __future__ import annotations

from pathlib import Path

from tests.power.reach import Reached


def test_each_run_has_its_own_lines_whenever_they_are_read(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    reached = Reached(file)
    assert reached.by(Path("/runs/r1")) == frozenset()
    file.write_text("7 /runs/r1/hermes\n9 /runs/r2/hermes\n")
    assert reached.by(Path("/runs/r1")) == {7}
    with file.open("a") as more:
        more.write("8 /runs/r1/hermes\n7 /runs/r2/hermes\n5 /runs/r10/hermes\n")
    assert reached.by(Path("/runs/r2")) == {7, 9}
    assert reached.by(Path("/runs/r1")) == {7, 8}


def test_a_line_that_is_being_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    reached = Reached(file)
    file.write_text("7 /runs/r1/hermes\n8 /runs/r")
    assert reached.by(Path("/runs/r1")) == {7}
    with file.open("a") as more:
        more.write("1/hermes\n")
    assert reached.by(Path("/runs/r1")) == {7, 8}
