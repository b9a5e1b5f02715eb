"""A journal for the parts of a worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.worker.runs import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path)
