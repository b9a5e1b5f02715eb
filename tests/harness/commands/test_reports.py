"""`report` and `bundle`: what they write and print, and their exit status."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from harness import cli
from harness.commands import run as running
from harness.commands.reports import annotations_of
from harness.commands.request import RunRequest
from harness.reporting.stored import read_stored
from tests.harness.reporting.made import dies, passes, unknown, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "out", dies())


def test_a_report_is_written_as_every_file_that_is_named(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {kind: tmp_path / "new" / f"report.{kind}" for kind in ("html", "junit", "markdown", "svg")}
    options = [word for kind, path in files.items() for word in (f"--{kind}", str(path))]
    assert cli.main(["report", str(folder), *options]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "1 FAIL", *(f"written: {path}" for path in files.values()),
    ]  # fmt: skip
    assert files["html"].read_text().startswith("<!doctype html>")
    assert fromstring(files["junit"].read_text()).get("failures") == "1"
    assert files["markdown"].read_text().startswith("### qqchaos: 1 FAIL\n")
    assert fromstring(files["svg"].read_text()).tag.endswith("svg")


def test_several_folders_are_one_report(folder: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other", passes())
    assert cli.main(["report", str(folder), str(other), "--junit", str(tmp_path / "r.xml")]) == 0
    assert fromstring((tmp_path / "r.xml").read_text()).get("tests") == "2"


def test_annotations_for_github_are_lines_on_stdout(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["report", str(folder), "--annotations"]) == 0
    headline, line = capsys.readouterr().out.splitlines()
    assert headline == "1 FAIL" and line.startswith("::error title=FAIL story/a (")


def test_an_annotation_names_the_file_only_if_it_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = read_stored([write(tmp_path / "out", dies())])
    monkeypatch.chdir(tmp_path)
    (here,) = annotations_of(stored, {"story/a": "mine/a.yaml:3"})
    (elsewhere,) = annotations_of(stored, {"story/a": "/usr/lib/a.yaml:3"})
    assert here.startswith("::error file=mine/a.yaml,line=3,") and elsewhere.startswith("::error title=")


@pytest.mark.parametrize(
    ("words", "status", "why"),
    [
        (["out"], 2, "report: name a file to write, with --html, --junit, --markdown or --svg"),
        (["nowhere", "--html", "x.html"], 2, "nowhere cannot be read: No such file or directory"),
        (
            ["out", "--html", "out/runs"],
            125,
            "out/runs cannot be written: Is a directory",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    status: int,
    why: str,
) -> None:
    monkeypatch.chdir(folder.parent)
    assert cli.main(["report", *words]) == status
    assert capsys.readouterr().err == f"qqchaos: {why}\n"


def test_pictures_are_drawn_of_a_dozen_runs_at_most(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "out", dies())
    (folder / "runs/story.a.jsonl").unlink()
    assert cli.main(["report", str(folder), "--svg", str(tmp_path / "x.svg")]) == 2
    assert "--svg draws 1 to 12 runs with their journals; there are 0" in capsys.readouterr().err
    assert not (tmp_path / "x.svg").exists()


def test_run_writes_the_same_as_a_report_of_its_folder(folder: Path, tmp_path: Path) -> None:
    html = tmp_path / "run.html"
    running._write_reports(RunRequest(out=folder, html=html))
    assert cli.main(["report", str(folder), "--html", str(tmp_path / "report.html")]) == 0
    assert html.read_text() == (tmp_path / "report.html").read_text()


def test_a_bundle_is_judged_and_reported_elsewhere(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["bundle", "story/a", "--from", "out"]) == 0
    assert capsys.readouterr().out == "written: qqchaos-story.a.zip\n"
    assert cli.main(["judge", "qqchaos-story.a.zip"]) == 1
    assert "  ending   silent-death: gave up and told nobody\n" in capsys.readouterr().out
    assert cli.main(["report", "qqchaos-story.a.zip", "--markdown", "x.md"]) == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["story/x"], "out has no run story/x; it has story/a"),
        (["story/b"], "out has no journal of story/b, which was not run: no aiohttp"),
        (["story/a", "--level", "runner"], "out has story/a at the levels adapter; choose one with --level"),
        (["story/a", "--out", "x.tar"], "--out x.tar: a bundle's name ends in .zip"),
    ],
)
def test_a_run_that_cannot_be_packed_is_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    why: str,
) -> None:
    write(tmp_path / "out", unknown(), [{"scenario": "story/b", "level": "adapter", "problem": "no aiohttp"}])
    monkeypatch.chdir(tmp_path)
    assert cli.main(["bundle", *words, "--from", "out"]) == 2
    assert capsys.readouterr().err == f"qqchaos: {why}\n"


def test_a_run_without_its_journal_is_not_packed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "runs/story.a.jsonl").unlink()
    assert cli.main(["bundle", "story/a", "--from", str(folder), "--out", str(tmp_path / "x.zip")]) == 2
    assert "story/a cannot be packed: there is no journal beside this outcome" in capsys.readouterr().err
