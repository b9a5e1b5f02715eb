"""One run of the issue, the whole way: the command, a real release, its journal, the verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main
from harness.comparing.outcomes import read_outcomes
from tests.regression import known


@pytest.mark.release
@pytest.mark.smoke
def test_the_repro_of_the_issue_exits_with_1_and_its_runs_end_as_known(tmp_path: Path) -> None:
    words = ["repro", "14539", "-k", "gateway-500", "--level", "adapter", "--hermes", "0.19.0"]
    assert main([*words, "--out", str(tmp_path)]) == 1
    runs = read_outcomes(tmp_path)
    assert "exhausted/gateway-500" in {ran.name for ran in runs}
    assert known.differences(runs) == []
