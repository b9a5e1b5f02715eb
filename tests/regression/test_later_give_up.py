"""A fix that only postpones the silent give-up is not taken for a fix, from the command to the verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main

LATER = """\
--- a/gateway/platforms/qqbot/constants.py
+++ b/gateway/platforms/qqbot/constants.py
@@ -42 +42 @@
-MAX_RECONNECT_ATTEMPTS = 100
+MAX_RECONNECT_ATTEMPTS = {budget}
"""


def later(folder: Path, *, budget: int) -> Path:
    patch = folder / "later.patch"
    patch.write_text(LATER.format(budget=budget), encoding="utf-8")
    return patch


@pytest.mark.release
def test_an_outage_that_heals_after_the_give_up_does_so_where_that_comes_later(tmp_path: Path) -> None:
    patch = later(tmp_path, budget=130)
    words = ["run", "exhausted/gateway-500+heals-20m-after-gaveup-or-3h", "--hermes", "0.19.0"]
    assert main([*words, "--with-fix", str(patch), "--out", str(tmp_path / "out")]) == 1
    (outcome,) = json.loads((tmp_path / "out" / "outcome.json").read_text(encoding="utf-8"))["outcomes"]
    assert (outcome["ending"], outcome["attempts"]) == ("silent-death", 130)
    assert outcome["virtual_s"] > 7200
    (recovers,) = [check for check in outcome["checks"] if check["name"] == "recovers"]
    assert (recovers["state"], recovers["because"]) == ("fail", "it was not serving at the end")


@pytest.mark.release
def test_a_tenfold_budget_of_attempts_does_not_fix_the_issue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patch = later(tmp_path, budget=1000)
    words = ["repro", "14539", "-k", "exhausted-for-days", "--level", "adapter", "--hermes", "0.19.0"]
    assert main([*words, "--with-fix", str(patch), "--out", str(tmp_path / "out")]) == 1
    (outcome,) = json.loads((tmp_path / "out" / "outcome.json").read_text(encoding="utf-8"))["outcomes"]
    assert (outcome["ending"], outcome["attempts"]) == ("silent-death", 1000)
    assert "REPRODUCED: issue 14539: 1 of 1 runs fail" in capsys.readouterr().out
