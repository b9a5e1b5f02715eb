"""What is written where, with and without a terminal."""

from __future__ import annotations

import io

import pytest

from harness.commands.report.terminal import Terminal, styled


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_a_file_gets_plain_lines_however_long() -> None:
    out = io.StringIO()
    terminal = Terminal(out)
    terminal.print_lines(["FAIL [bold] " + "x" * 300, "", "two"])
    assert out.getvalue() == "FAIL [bold] " + "x" * 300 + "\n\ntwo\n"


def test_a_terminal_gets_colours() -> None:
    out = Tty()
    Terminal(out).print_lines(["a FAIL"])
    assert "\x1b[1;31mFAIL" in out.getvalue()


def test_progress_in_a_file_has_no_bar() -> None:
    out = io.StringIO()
    with Terminal(out).progress(2) as steps:
        steps.done("one")
        steps.done("two")
    assert out.getvalue() == "one\ntwo\n"


def test_progress_at_a_terminal_has_a_bar_that_moves() -> None:
    out = Tty()
    with Terminal(out).progress(2) as steps:
        steps.done("one")
        assert steps.bar is not None and steps.bar.tasks[0].completed == 1
    assert "one" in out.getvalue()


def test_there_is_no_bar_where_a_debugger_uses_the_terminal() -> None:
    out = Tty()
    with Terminal(out).progress(2, bar=False) as steps:
        assert steps.bar is None


def test_a_reader_that_has_gone_raises_broken_pipe_error() -> None:
    with pytest.raises(BrokenPipeError):
        Terminal(Closed()).print_lines(["x"])


def test_verdicts_are_coloured_as_words_only() -> None:
    assert [str(span.style) for span in styled("FAIL PASSED UNKNOWN").spans] == ["bold red", "yellow"]
