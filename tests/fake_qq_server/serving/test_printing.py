"""Lines that nobody waits for."""

from __future__ import annotations

import io
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from fake_qq_server.serving import printing
from fake_qq_server.serving.printing import Printer

MORE_THAN_A_PIPE_HOLDS = 5000
LONG_S = 30


class Pipe:
    """A pipe as stdout, which holds 64 KiB until somebody reads it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, encoding: str = "utf-8") -> None:
        reader, writer = os.pipe()
        self.reader = os.fdopen(reader, encoding=encoding)
        self.stream = io.TextIOWrapper(os.fdopen(writer, "wb"), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", self.stream)

    def rest(self, print_line: Printer) -> list[str]:
        """What it prints until it is closed."""
        with ThreadPoolExecutor() as pool, self.reader:
            lines = pool.submit(self.reader.read)
            print_line.close()
            self.stream.close()
            return lines.result(LONG_S).splitlines()


def a_printer(most: int = printing.MOST_LINES) -> Printer:
    return Printer(lambda lines: f"{lines} left out", pytest.fail, most)


def test_lines_come_out_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, print_line = Pipe(monkeypatch), a_printer()
    for number in range(MORE_THAN_A_PIPE_HOLDS):
        print_line(str(number))
    assert pipe.rest(print_line) == [str(number) for number in range(MORE_THAN_A_PIPE_HOLDS)]


def test_a_full_pipe_holds_nobody_up_and_what_is_left_out_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, print_line = Pipe(monkeypatch), a_printer(most=1000)
    for number in range(MORE_THAN_A_PIPE_HOLDS):
        print_line(f"{number:100}")
    printed = [line.split() for line in pipe.rest(print_line)]
    lines = [int(words[0]) for words in printed if len(words) == 1]
    gaps = [int(words[0]) for words in printed if words[1:] == ["left", "out"]]
    assert gaps and len(lines) + sum(gaps) == MORE_THAN_A_PIPE_HOLDS
    assert lines == sorted(lines)


def test_who_never_reads_does_not_keep_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "LAST_WAIT_S", 0.05)
    pipe, print_line = Pipe(monkeypatch), a_printer()
    for _ in range(MORE_THAN_A_PIPE_HOLDS):
        print_line("x" * 100)
    print_line.close()
    assert len(pipe.rest(print_line)) == MORE_THAN_A_PIPE_HOLDS


def test_it_is_told_when_nobody_can_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, closed = Pipe(monkeypatch), threading.Event()
    print_line = Printer(str, closed.set)
    pipe.reader.close()
    print_line("for nobody")
    assert closed.wait(LONG_S)
    pipe.stream.close()


def test_what_its_encoding_has_no_sign_for_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, print_line = Pipe(monkeypatch, "ascii"), a_printer()
    print_line("caf\xe9 \udcff")
    assert pipe.rest(print_line) == ["caf\\xe9 \\udcff"]


def test_a_stdout_that_takes_text_only_gets_text(monkeypatch: pytest.MonkeyPatch) -> None:
    text_only = io.StringIO()
    monkeypatch.setattr(sys, "stdout", text_only)
    print_line = a_printer()
    print_line("hello")
    print_line.close()
    assert text_only.getvalue() == "hello\n"
