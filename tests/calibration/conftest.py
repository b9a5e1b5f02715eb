"""One bench for all calibration tests of a process, and what the saboteurs did on it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import pytest

from tests.calibration.bench import Bench


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("calibration"))
    with made.supervisor:
        yield made


def chosen(request: pytest.FixtureRequest, names: Collection[str]) -> Sequence[str]:
    """Those of `names` that a test of this module is about and that this session was asked for."""
    here = (item for item in request.session.items if item.path == request.path)
    asked = {item.callspec.params.get("name") for item in here if hasattr(item, "callspec")}
    return [name for name in names if name in asked]
