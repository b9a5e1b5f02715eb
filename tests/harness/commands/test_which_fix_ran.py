"""A run says which fix was laid over its subject, and that is the one that was read."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.commands.results import Judged, document
from harness.commands.series import Series
from harness.hermes import environments, fixes
from harness.hermes.fixes import Fix
from harness.hermes.installation import Installation
from harness.journal.run_kinds import FixRef, RunOpen
from harness.scenario import selection
from tests.harness import bot

PATCH = """\
--- /dev/null
+++ b/gateway/which.py
@@ -0,0 +1 @@
+WHICH = {!r}
"""


@pytest.fixture
def installation() -> Installation:
    return environments.resolve(str(bot.CORRECT), sys.executable)


def patch(folder: Path, which: str) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / "change.patch"
    file.write_text(PATCH.format(which))
    return file


def ran(installation: Installation, out: Path, fix: Fix) -> Judged:
    runs = selection.by_names(["healthy"], "adapter")
    (judged,) = Series(installation, out, fix=fix).run(runs, lambda judged: None)
    return judged


def test_a_patch_that_is_edited_after_it_was_read_runs_as_it_was_read(
    installation: Installation, tmp_path: Path
) -> None:
    file = patch(tmp_path, "as read")
    fix = fixes.choose(str(file), installation)
    file.write_text(PATCH.format("as edited"))
    laid = fixes.lay_over(fix, installation, tmp_path / "copy")
    assert "as read" in (laid.path_entries[0] / "gateway/which.py").read_text()


def test_two_patches_of_one_name_are_told_apart_in_the_journal_and_in_outcome_json(
    installation: Installation, tmp_path: Path
) -> None:
    fixed = [fixes.choose(str(patch(tmp_path / each, each)), installation) for each in ("one", "two")]
    assert fixed[0].description == f"fix change.patch (sha256 {fixed[0].sha256[:12]})"
    runs = [ran(installation, tmp_path / f"out{n}", fix) for n, fix in enumerate(fixed)]
    opened = [run.records[0].event for run in runs]
    told = [event.fix for event in opened if isinstance(event, RunOpen)]
    assert told == [FixRef("change.patch", "patch", fix.sha256) for fix in fixed]
    written = [document([run])["outcomes"][0]["fix"] for run in runs]
    assert written == [{"name": "change.patch", "kind": "patch", "sha256": fix.sha256} for fix in fixed]
    assert runs[0].outcome and runs[1].outcome and runs[0].outcome.digest != runs[1].outcome.digest


def test_a_journal_that_has_only_the_fixs_name_is_read() -> None:
    assert FixRef.read("detached") == FixRef("detached", None, None)
