"""Files are written whole, and a pipe that nobody reads holds nothing up."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from harness.commands.written import opened, write, write_file
from harness.errors import HarnessError


def test_a_file_has_its_text_and_the_folders_above_it_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a/b"
    write_file(path, "the first, and longer")
    write_file(path, "路 \udcff")
    assert path.read_text(encoding="utf-8") == "路 \\udcff\n"
    write(path, b"\xff")
    assert path.read_bytes() == b"\xff"


def test_a_pipe_that_nobody_reads_is_refused_in_a_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(HarnessError, match="pipe cannot be written: it is a pipe that nobody reads"):
        write(tmp_path / "pipe", "text")


def test_a_pipe_with_a_reader_gets_all_of_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDWR)  # has a writer, too: no end before the file is opened
    got = bytearray()

    def read() -> None:
        while len(got) < 300_000:
            got.extend(os.read(reading, 65_536))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    write(pipe, "x" * 300_000)
    reader.join(timeout=60)
    os.close(reading)
    assert got == b"x" * 300_000


def test_a_file_is_made_with_the_rights_that_are_asked(tmp_path: Path) -> None:
    os.close(opened(tmp_path / "file", 0o600))
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["folder", "folder/.", "a\0b"])
def test_where_nothing_can_be_written_a_sentence_says_so(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(HarnessError, match="cannot be written"):
        write(tmp_path / name, "text")
