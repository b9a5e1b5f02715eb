"""Known results: their files, which of them is meant, and what is no such file."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.comparing import baseline
from harness.comparing.baseline import Baseline
from harness.comparing.rows import Row
from harness.errors import UsageError

ROWS = {"healthy": Row("pass", "undisturbed", 0), "bad": Row("fail", "silent-death", 100, ("flag",))}


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of known results: two releases, one of them also with a fix."""
    monkeypatch.setattr(baseline, "shipped_folder", lambda: tmp_path)
    for release, fix in (("0.9.0", None), ("0.13.0", None), ("0.13.0", "reference")):
        put(baseline.shipped_file(release, "adapter", fix), release, fix)
    return tmp_path


def put(file: Path, release: str, fix: str | None = None, level: str = "adapter") -> None:
    file.write_text(Baseline(f"hermes-agent {release}", level, fix, ROWS).as_text(), encoding="utf-8")


def test_what_is_written_is_what_is_read_a_line_a_run(tmp_path: Path) -> None:
    put(tmp_path / "mine.json", "0.19.0", "reference", "runner")
    assert baseline.read(tmp_path / "mine.json") == Baseline(
        "hermes-agent 0.19.0", "runner", "reference", ROWS
    )
    assert len((tmp_path / "mine.json").read_text(encoding="utf-8").splitlines()) == len(ROWS) + 2


@pytest.mark.parametrize(
    ("named", "fix", "subject", "with_fix", "note"),
    [
        ("0.13.0", None, "0.13.0", None, ""),
        ("0.13.0", "reference", "0.13.0", "reference", ""),
        ("0.12.9", None, "0.9.0", None, "no known results of 0.12.9: compared with 0.9.0"),
        ("0.20.0", None, "0.13.0", None, "no known results of 0.20.0"),
        ("0.9.0", "reference", "0.9.0", None, "none with the fix reference: compared with it as shipped"),
    ],
)
def test_a_release_means_its_own_results_or_the_nearest_older_and_says_so(
    shipped: Path, named: str, fix: str | None, subject: str, with_fix: str | None, note: str
) -> None:
    found = baseline.find(named, "adapter", fix)
    assert (found.baseline.subject, found.baseline.fix) == (f"hermes-agent {subject}", with_fix)
    assert note in found.note and bool(note) == bool(found.note)


def test_a_file_of_the_users_own_is_read_as_it_is(shipped: Path) -> None:
    put(shipped / "mine.json", "fork")
    assert baseline.find(str(shipped / "mine.json"), "adapter", None).baseline.subject == "hermes-agent fork"


@pytest.mark.parametrize(
    ("named", "level", "why"),
    [
        ("0.8.0", "adapter", "no results of it or an older one at level adapter; there are 0.9.0, 0.13.0"),
        ("0.13.0", "runner", "there are none"),
        ("mine", "adapter", "neither a file nor a release"),
        ("", "adapter", "neither a file nor a release"),
    ],
)
def test_what_there_is_nothing_of_is_one_sentence(shipped: Path, named: str, level: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        baseline.find(named, level, None)


def test_a_file_of_another_level_is_refused(shipped: Path) -> None:
    put(shipped / "mine.json", "fork", level="runner")
    with pytest.raises(UsageError, match="has results at level runner, not adapter"):
        baseline.find(str(shipped / "mine.json"), "adapter", None)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"subject": "x", "level": "adapter", "runs": []}', "[" * 100_000,
     '{"subject": "x", "level": "adapter", "runs": {"healthy": {"verdict": "good"}}}',
     '{"subject": "x", "level": "adapter", "runs": {"healthy": 3}}'],
)  # fmt: skip
def test_what_is_no_baseline_is_one_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mine.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"mine.json is not (JSON|a baseline)"):
        baseline.read(file)
