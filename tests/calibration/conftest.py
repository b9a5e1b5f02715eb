"""One bench for all calibration tests of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.calibration.bench import Bench


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("calibration"))
    with made.supervisor:
        yield made
