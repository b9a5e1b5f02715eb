"""Whatever is typed, a refusal is one sentence on one line."""

from __future__ import annotations

import pytest

from fake_qq_server.serving.command_line import WRONG_USAGE, Parser, on_one_line


def parser() -> Parser:
    made = Parser(prog="prog")
    made.add_argument("-n", "--number", type=int)
    made.add_argument("words", nargs="*")
    return made


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--number=--"], "prog: argument --number: -- is no value; see `prog --help`\n"),
        (["-n--"], "prog: argument -n: -- is no value; see `prog --help`\n"),
        (
            ["-n", "a\nb\x1b"],
            "prog: argument -n/--number: invalid int value: 'a\\nb\\x1b'; see `prog --help`\n",
        ),
        (["--a\nb"], "prog: unrecognized arguments: --a\\nb; see `prog --help`\n"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(words)
    assert ended.value.code == WRONG_USAGE
    assert capsys.readouterr().err == sentence


def test_two_dashes_end_the_options() -> None:
    assert parser().parse_args(["-n", "1", "--", "--number=--"]).words == ["--number=--"]


def test_words_of_the_process_are_read_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["prog", "--number=--"])
    with pytest.raises(SystemExit):
        parser().parse_args()
    assert "-- is no value" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "shown"), [("a b", "a b"), ("路\t\udcff", "路\\t\\udcff"), ("", "")])
def test_what_cannot_be_printed_is_shown_as_its_escape(text: str, shown: str) -> None:
    assert on_one_line(text) == shown
