"""`judge` and `explain`: what they print, and their exit status."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from fake_qq_server.rules.verbs.registry import VERBS
from harness import cli
from harness.journal.record import Record
from harness.judging.checks import CHECKS
from harness.judging.endings import ENDINGS
from tests.harness.journals import J


def write(path: Path, records: list[Record]) -> str:
    path.write_text("".join(record.as_json() + "\n" for record in records))
    return str(path)


@pytest.fixture
def dies(tmp_path: Path) -> str:
    j = J(asks=["notified"]).up().acts(t=60).loses(t=60).says("retrying").tries(t=62)
    return write(tmp_path / "dies.jsonl", j.gives_up(t=5868).done(6468, "gaveup"))


@pytest.fixture
def serves(tmp_path: Path) -> str:
    return write(tmp_path / "serves.jsonl", J(asks=["connects"]).up().says("connected").probed().done(3600))


class TestJudgeCommand:
    def test_a_stored_journal_is_printed_with_its_story(
        self, dies: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["judge", dies]) == 1
        said = capsys.readouterr().out
        assert "  ending   silent-death: gave up and told nobody\n  means    its users get no " in said
        assert "\n  verdict  FAIL\n" in said
        assert f"  journal  {dies}\n" in said

    def test_json_has_the_outcomes_of_all_journals(
        self, dies: str, serves: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["judge", serves, dies, "--json"]) == 1
        outcomes = json.loads(capsys.readouterr().out)["outcomes"]
        assert [(one["verdict"], one["journal"]) for one in outcomes] == [("pass", serves), ("fail", dies)]

    def test_strict_counts_failed_checks_that_no_scenario_asks(self, tmp_path: Path) -> None:
        j = J(asks=["connects"]).up().loses(t=60).tries(t=62).gives_up(t=6000)
        path = write(tmp_path / "dies.jsonl", j.done(7000))
        assert cli.main(["judge", path]) == 0
        assert cli.main(["judge", path, "--strict"]) == 1

    def test_a_journal_that_was_not_closed_is_not_judged(
        self, dies: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = Path(dies)
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
        assert cli.main(["judge", dies]) == 125
        assert "instrument-failed" in capsys.readouterr().out

    def test_a_journal_of_an_interrupted_run_is_unknown(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        records = J(asks=["connects"]).up().closed("killed", t=60, detail="interrupted")
        assert cli.main(["judge", write(tmp_path / "stopped.jsonl", records)]) == 125
        said = capsys.readouterr().out
        assert "the harness ended the worker, because the command was interrupted\n" in said
        assert "  ending   interrupted: the run was stopped from outside" in said
        assert "  verdict  UNKNOWN\n" in said

    @pytest.mark.parametrize(
        ("make", "why"),
        [
            (lambda text: text[: len(text) // 2], r"line \d+ is no journal record \(cut short, or not of"),
            (lambda text: text.replace("run.close", "run.closed"), "line 1[0-9] is no journal record"),
            (lambda text: "", "is empty: a journal begins with run.open"),
            (lambda text: "scenario: x\n", r"line 1 is no journal record \(cut"),
            (lambda text: "[1, 2]\n", "line 1 is no journal record"),
            (lambda text: text.partition("\n")[2], "does not begin with run.open"),
        ],
    )  # fmt: skip
    def test_a_torn_or_foreign_file_is_wrong_usage_in_one_sentence(
        self, dies: str, capsys: pytest.CaptureFixture[str], make: object, why: str
    ) -> None:
        assert callable(make)
        Path(dies).write_text(make(Path(dies).read_text()))
        assert cli.main(["judge", dies]) == 2
        said = capsys.readouterr()
        assert said.out == "" and said.err.count("\n") == 1
        assert said.err.startswith(f"qqchaos: {dies}") and re.search(why, said.err)

    def test_a_file_that_cannot_be_read_is_wrong_usage(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
        for name, why in (("none", "No such file"), (".", "it is a folder"), ("binary", "it is not UTF-8")):
            assert cli.main(["judge", str(tmp_path / name)]) == 2
            assert why in capsys.readouterr().err


class TestExplainCommand:
    @pytest.mark.parametrize("word", sorted({*ENDINGS, *CHECKS, *VERBS}))
    def test_every_ending_check_and_verb_is_explained(
        self, word: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["explain", word]) == 0
        said = capsys.readouterr().out
        assert said.startswith(word) and said.count("\n") >= 2

    def test_an_ending_is_explained_with_when_it_holds(self, capsys: pytest.CaptureFixture[str]) -> None:
        cli.main(["explain", "zombie"])
        told = capsys.readouterr().out.splitlines()
        assert told[0] == "zombie (ending): says connected and serves nobody"
        assert told[1].startswith("  holds    it has not given up, says connected")
        assert told[2] == "  means    its users get no answer, while its status says that all is well"

    def test_an_unknown_word_suggests_close_ones(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["explain", "zombi"]) == 2
        assert "did you mean zombie?" in capsys.readouterr().err
        assert cli.main(["explain", "xyzzy"]) == 2
        assert "endings: instrument-failed" in capsys.readouterr().err
