"""A slice of what `python -m tests.hardening` tries, and that a defect would be seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import PASSED
from harness.scenario import loading
from tests.hardening import command_lines, journal_files, scenario_files
from tests.hardening.trial import Tried

SEED = 14539


def test_wrong_scenario_files_are_refused_in_a_sentence(tmp_path: Path) -> None:
    found = [scenario_files.attempt(SEED, number, tmp_path) for number in range(100)]
    assert [one for one in found if one] == []


@pytest.fixture(scope="module")
def journals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    journal_files.record_runs(folder)
    return folder


def test_wrong_journals_are_judged_or_refused(journals: Path, tmp_path: Path) -> None:
    found = [journal_files.attempt(SEED, number, tmp_path, journals) for number in range(60)]
    assert [one for one in found if one] == []


@pytest.mark.sweep
def test_command_lines_of_any_mixture_end_with_the_right_status(tmp_path: Path) -> None:
    place = command_lines.prepared(tmp_path)
    found = [command_lines.attempt(SEED, number, place) for number in range(20)]
    assert [one for one in found if one] == []


def test_a_mutant_is_made_from_the_seed_and_its_number() -> None:
    assert command_lines.made_of(SEED, 7) == command_lines.made_of(SEED, 7) != command_lines.made_of(SEED, 8)


def test_a_defect_in_reading_scenarios_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*about: object) -> None:
        raise TypeError("unhashable")

    monkeypatch.setattr(loading, "_of_text", broken)
    assert "a traceback" in (scenario_files.attempt(SEED, 0, tmp_path) or "")


def test_half_a_journal_may_not_pass() -> None:
    whole = '{"k":"run.open"}\n{"k":"run.close"}\n'
    assert PASSED in journal_files.allowed(whole)
    assert PASSED not in journal_files.allowed(whole.splitlines()[0])


@pytest.mark.parametrize(
    ("tried", "wrong"),
    [
        (Tried(0, "ok\n", ""), None),
        (Tried(2, "", "qqchaos: no such file\n"), None),
        (Tried(2, "", "qqchaos: no such\nfile\n"), "not one sentence"),
        (Tried(2, "", f"qqchaos: {'x' * 2000}\n"), "not one sentence"),
        (Tried(1, "", ""), "status 1, not one of"),
        (Tried(2, "", "Traceback (most recent call last):\nqqchaos: \n"), "a traceback"),
        (Tried(None, "", "no end within 60 s"), "no end within 60 s"),
    ],
)
def test_what_is_wrong_with_an_end_is_told(tried: Tried, wrong: str | None) -> None:
    found = tried.complaint((0, 2))
    assert found is None if wrong is None else wrong in (found or "")
