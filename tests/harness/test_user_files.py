"""Files that a person names: whatever stands there, what is wrong is told in words, and nothing hangs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.user_files import CannotRead, expanded, is_dir, is_file, read_bytes, read_text

TOO_LONG = Path("a" * 5000)
NUL = Path("a\0b")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with an ordinary file, one that is not UTF-8, and a pipe that nobody writes to."""
    (tmp_path / "text").write_text("ü", encoding="utf-8")
    (tmp_path / "bytes").write_bytes(b"\xff")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing", "No such file or directory"),
        (".", "it is a folder"),
        ("pipe", "it is no ordinary file"),
        ("/dev/zero", "it is no ordinary file"),
        (str(TOO_LONG), "File name too long"),
        (str(NUL), "that is no name of a file"),
        ("bytes", "it is not UTF-8"),
        ("text/below", "Not a directory"),
    ],
)
def test_what_cannot_be_read_is_told_in_words(place: Path, name: str, why: str) -> None:
    with pytest.raises(CannotRead, match=why):
        read_text(place / name)


def test_a_file_that_is_too_large_is_not_read(place: Path) -> None:
    with (place / "large").open("wb") as file:
        file.truncate((3 << 20) + 1)
    with pytest.raises(CannotRead, match="it has more than 3 MiB"):
        read_bytes(place / "large", 3 << 20)


def test_an_ordinary_file_is_read(place: Path) -> None:
    assert read_text(place / "text") == "ü"
    assert is_file(place / "text") and not is_file(place) and is_dir(place)


@pytest.mark.parametrize("path", [TOO_LONG, NUL, Path("pipe"), Path("missing")])
def test_no_name_is_too_odd_to_ask_for(place: Path, path: Path) -> None:
    assert not is_file(place / path) and not is_dir(place / path)


def test_the_home_of_nobody_is_wrong_usage() -> None:
    assert expanded("~") == Path.home()
    with pytest.raises(UsageError, match="~nobody-of-that-name/x: there is no such user"):
        expanded("~nobody-of-that-name/x")
