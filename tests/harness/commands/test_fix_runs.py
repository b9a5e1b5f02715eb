"""The runs behind a fix table, of the small correct bot: it is a checkout with nothing to mend."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from harness.commands.fix_runs import FixRuns
from harness.commands.fix_table import AS_IT_IS, Section, outages
from harness.commands.results import Judged
from harness.hermes import environments
from harness.reporting.stored import read_stored
from harness.scenario import selection
from tests.harness import bot

PATCH = f"--- a/{bot.ADAPTER}\n+++ b/{bot.ADAPTER}\n@@ -1 +1 @@\n-no such line\n+another\n"
NEW_FILE = "--- /dev/null\n+++ b/gateway/more.py\n@@ -0,0 +1 @@\n+MORE = 1\n"
ROWS = [(AS_IT_IS, level, ends) for level in ("adapter", "runner") for ends in (False, True)]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fix-runs")


@pytest.fixture(scope="module")
def patch(out: Path) -> str:
    file = out / "change.patch"
    file.write_text(PATCH)
    return str(file)


@pytest.fixture(scope="module")
def places() -> list[str]:
    """What was reported as the runs ended."""
    return []


LATE = "20m after the give-up, at 3h at the latest"


LATE_RUN = "exhausted/refused+heals-20m-after-gaveup-or-3h"


@pytest.fixture(scope="module")
def section(out: Path, patch: str, places: list[str]) -> Section:
    def on_done(place: str, judged: Judged) -> None:
        places.append(place)

    installation = environments.resolve(str(bot.CORRECT), sys.executable)
    shown = [one for one in outages(selection.by_issue("14539", "runner")) if one.name == "exhausted/refused"]
    with FixRuns(installation, out, jobs=2, on_done=on_done) as runs:
        return runs.measure(shown, [patch], "qqchaos fixes 14539")


def test_a_checkout_has_a_row_for_each_level_and_outage(section: Section) -> None:
    (block,) = section.blocks
    assert (block.story, block.until) == ("exhausted/refused", LATE)
    assert [(row.fix, row.level, row.ends) for row in block.rows] == ROWS
    assert {row.verdict for row in block.rows} == {"pass"}


def test_a_patch_that_does_not_apply_is_a_gap(section: Section, patch: str) -> None:
    (gap,) = section.gaps
    assert (gap.fix, gap.level, gap.run) == (patch, None, None)
    assert "the hunk does not apply" in gap.why


def test_each_run_is_reported_as_it_ends(section: Section, places: list[str]) -> None:
    assert sorted(places) == sorted(f"{fix}, {level}" for fix, level, _ in ROWS)


def test_outcome_json_names_every_runs_journal(section: Section, out: Path) -> None:
    document = json.loads((out / "outcome.json").read_text())
    journals = [out / outcome["journal"] for outcome in document["outcomes"]]
    assert len(set(journals)) == len(ROWS) and all(path.is_file() for path in journals)


def test_each_run_can_be_reported_with_its_picture(section: Section, out: Path) -> None:
    runs = read_stored([out]).runs
    assert sorted((run.level, run.name) for run in runs) == sorted(
        (level, LATE_RUN if ends else "exhausted/refused") for _, level, ends in ROWS
    )
    assert all(run.timeline and not run.notes for run in runs)


def test_two_patches_whose_paths_make_one_file_name_have_a_folder_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ["b/change.patch", "a/change.patch", "a.change.patch"]
    for name in names:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(NEW_FILE)
    installation = environments.resolve(str(bot.CORRECT), sys.executable)
    runs = FixRuns(installation, tmp_path / "out", jobs=1, on_done=lambda place, judged: None)
    candidates, gaps = runs._candidates(names)
    assert gaps == []
    assert len({one.folder for one in candidates}) == len(candidates) == 4
