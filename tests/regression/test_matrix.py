"""The table of the matrix: what a cell says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.comparing.test_outcomes import outcome, written
from tests.regression import matrix


def test_a_cell_counts_verdicts_and_what_is_as_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fine = {"verdict": "pass", "ending": "undisturbed", "attempts": 0, "checks": []}
    known = outcome(scenario="healthy", **fine)
    better = outcome(scenario="dead-peer/heals", subject={"version": "0.19.0", "python": "3.13.1"}, **fine)
    written(tmp_path / "py312-hermes0190", known)
    written(tmp_path / "py313-hermes0190", better)
    assert matrix.main([str(tmp_path)]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0] == "| release | Python 3.11 | Python 3.12 | Python 3.13 |"
    assert rows[-1] == "| 0.19.0 | - | 1 PASS; 1 as known | 1 PASS; 1 better |"
    assert len(rows) == 2 + 11


def test_a_folder_without_cells_is_no_table_of_anything(tmp_path: Path) -> None:
    assert matrix.main([str(tmp_path)]) == 1
