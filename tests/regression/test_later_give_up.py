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
+MAX_RECONNECT_ATTEMPTS = 1000
"""


@pytest.mark.release
def test_a_tenfold_budget_of_attempts_does_not_fix_the_issue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patch = tmp_path / "later.patch"
    patch.write_text(LATER, encoding="utf-8")
    words = ["repro", "14539", "-k", "exhausted-for-days", "--level", "adapter", "--hermes", "0.19.0"]
    assert main([*words, "--with-fix", str(patch), "--out", str(tmp_path / "out")]) == 1
    (outcome,) = json.loads((tmp_path / "out" / "outcome.json").read_text(encoding="utf-8"))["outcomes"]
    assert (outcome["ending"], outcome["attempts"]) == ("silent-death", 1000)
    assert "REPRODUCED: issue 14539: 1 of 1 runs fail" in capsys.readouterr().out
